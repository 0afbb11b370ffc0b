// Names as people say them, and what the contract wants in their place.
import { Complaint, misuse, notFound } from './complaint.ts';
import {
  ClusterNamesDocument,
  HostsDocument,
  type HostToldFragment,
  NodesDocument,
  WebhooksDocument,
  type WebhookToldFragment,
} from './generated/documents.ts';
import { allOf } from './pages.ts';
import type { Session } from './session.ts';

type NamedCluster = { id: string; name: string; state: string };

const listed = (names: readonly string[]): string => names.slice(0, 10).join(', ') || 'none';

/** One of several by full id, exact name, or the beginning of an id. */
const pick = <Thing extends { id: string }>(
  things: readonly Thing[],
  name: string,
  namesOf: (thing: Thing) => readonly (string | null)[],
  what: string,
  list: string,
): Thing => {
  const byId = things.filter(({ id }) => id === name);
  const byName = things.filter((thing) => namesOf(thing).includes(name));
  const byPrefix = name.length >= 4 ? things.filter(({ id }) => id.startsWith(name)) : [];
  const found = [byId, byName, byPrefix].find((some) => some.length > 0) ?? [];
  const [first, second] = found;
  if (!first) throw notFound(`there is no ${what} ${name}`, `list them: ${list}`);
  if (second) throw misuse(`${name} fits several: ${listed(found.map(({ id }) => id))}`, 'give the full id');
  return first;
};

/** The cluster that was chosen, or the only one. @throws Complaint when that is not clear */
export const theCluster = async (session: Session, given?: string): Promise<NamedCluster> => {
  const { clusters } = await session.ask(ClusterNamesDocument, {});
  const name = given ?? session.settings.cluster;
  if (name !== null) return pick(clusters, name, (one) => [one.name], 'cluster', 'skep cluster ls');
  const live = clusters.filter(({ state }) => state !== 'DISSOLVED');
  const [only, second] = live;
  if (!only) throw notFound('there is no cluster', 'make one: skep swarm init --advertise-addr ADDRESS');
  if (second)
    throw misuse(
      `there are several clusters: ${listed(live.map((one) => one.name))}`,
      'choose one: --cluster NAME, or SKEP_CLUSTER',
    );
  return only;
};

/** The cluster that was chosen, or the only one; null: there is none, or which of several is not said. */
export const theClusterIfAny = async (session: Session): Promise<NamedCluster | null> => {
  if (session.settings.cluster !== null) return theCluster(session);
  const { clusters } = await session.ask(ClusterNamesDocument, {});
  const [only, second] = clusters.filter(({ state }) => state !== 'DISSOLVED');
  return only && !second ? only : null;
};

export const webhookNamed = async (session: Session, name: string): Promise<WebhookToldFragment> =>
  pick(
    (await session.ask(WebhooksDocument, {})).webhooks,
    name,
    (one) => [one.name],
    'webhook',
    'skep webhook ls',
  );

/** For acts on nodes, which find their cluster by themselves when none was chosen. */
export const chosenCluster = async (session: Session): Promise<string | undefined> =>
  session.settings.cluster === null ? undefined : (await theCluster(session)).id;

export const allHosts = (session: Session): Promise<HostToldFragment[]> =>
  allOf(async (after) => (await session.ask(HostsDocument, { filter: null, after })).hosts);

const pickHost = (hosts: readonly HostToldFragment[], name: string): HostToldFragment =>
  pick(hosts, name, (host) => [host.name, host.hostname], 'host', 'skep host ls');

export const hostNamed = async (session: Session, name: string): Promise<HostToldFragment> =>
  pickHost(await allHosts(session), name);

export const hostsNamed = async (session: Session, names: readonly string[]): Promise<HostToldFragment[]> => {
  const hosts = await allHosts(session);
  return names.map((name) => pickHost(hosts, name));
};

/**
 * The host of `--on`, SKEP_ON or the context. Null: none was named, and `self` is the leader.
 */
export const namedHost = async (session: Session): Promise<HostToldFragment | null> =>
  session.settings.on === null ? null : hostNamed(session, session.settings.on);

/** The hosts that were named, or else the one of `--on`. @throws Complaint when there is none */
export const hostsMeant = async (
  session: Session,
  names: readonly string[] | undefined,
): Promise<HostToldFragment[]> => {
  if (names && names.length > 0) return hostsNamed(session, names);
  const host = await namedHost(session);
  if (!host) throw misuse('which host is meant is not said', 'name it: --host HOST, --on HOST or SKEP_ON');
  return [host];
};

/** The id of the node that is meant by `self`. @throws Complaint when there is none */
export const selfNode = async (session: Session): Promise<string> => {
  const host = await namedHost(session);
  if (host) {
    if (!host.node) throw notFound(`the host ${host.name} is not a node of a swarm`);
    return host.node.id;
  }
  const { id, name } = await theCluster(session);
  const { nodes } = await session.ask(NodesDocument, { filter: { clusters: [id] } });
  const leader = nodes.edges.find(({ node }) => node.managerStatus?.leader);
  if (!leader)
    throw new Complaint(
      'failed',
      'NO_LEADER',
      `the cluster ${name} has no leader, which self would mean`,
      'name a host: --on HOST, or SKEP_ON',
    );
  return leader.node.id;
};

/** @param cluster where it was looked for; undefined: a hostname is found only when there is one cluster */
export const noNode = (name: string, cluster: string | undefined): Complaint =>
  notFound(
    `there is no node ${name}`,
    cluster === undefined
      ? 'list them: skep node ls; where there are several clusters choose one: --cluster NAME, or give the full id'
      : 'list them: skep node ls',
  );

/** References to nodes, with `self` resolved. */
export const nodeRefs = async (session: Session, names: readonly string[]): Promise<string[]> => {
  if (!names.includes('self')) return [...names];
  const self = await selfNode(session);
  return names.map((name) => (name === 'self' ? self : name));
};

/** What an act on nodes names: them, and the cluster where one is chosen. */
export const namedNodes = async (session: Session, names: readonly string[]) => ({
  nodes: await nodeRefs(session, names),
  cluster: await chosenCluster(session),
});

// What can be done with hosts: one list for the menu of one host, of many, and for the host's page.
import {
  ForgetHostDocument,
  InitClusterDocument,
  type InitClusterInput,
  JoinHostsDocument,
  type JoinHostsInput,
  LeaveSwarmDocument,
  ReleaseHostDocument,
  RenameHostDocument,
  RevokeHostDocument,
} from '../../generated/documents.ts';
import { type Act, createAct } from '../acting/act.ts';
import type { LiveCluster, LiveHost } from '../live/store.ts';
import type { Ask } from '../live/transport.ts';
import { plural, words } from '../parts/words.ts';
import { ownAddresses } from './addresses.ts';

export const hostActNames = [
  'init',
  'join',
  'leave',
  'rename',
  'release',
  'revoke',
  'forget',
] as const satisfies readonly string[];
export type HostActName = (typeof hostActNames)[number];

/** Of each: what the menu says, and what permission it takes. */
export const hostActTitles: Record<HostActName, { title: string; permission: string }> = {
  init: { title: 'Make a swarm', permission: 'cluster:init' },
  join: { title: 'Join a swarm', permission: 'host:join' },
  leave: { title: 'Leave the swarm', permission: 'host:leave' },
  rename: { title: 'Rename', permission: 'host:update' },
  release: { title: 'Release from quarantine', permission: 'host:enrol' },
  revoke: { title: 'Revoke', permission: 'host:update' },
  forget: { title: 'Forget', permission: 'host:update' },
};

export const isDestructive = (name: HostActName): boolean => ['leave', 'revoke', 'forget'].includes(name);

export const subjectOf = (hosts: readonly LiveHost[]): string => {
  const [first] = hosts;
  return first && hosts.length === 1 ? first.name : plural(hosts.length, 'host');
};

/** What is typed to confirm: the hostname of one; many are counted, for nobody types forty names. */
const confirmOf = (hosts: readonly LiveHost[]): string | null =>
  hosts.length === 1 ? (hosts[0]?.hostname ?? hosts[0]?.name ?? null) : subjectOf(hosts);

const many: ReadonlySet<HostActName> = new Set(['join', 'leave']);

/** Why the act cannot be asked for at all; null: the server is to say. */
export const whyNotAsked = (
  name: HostActName,
  hosts: readonly LiveHost[],
  clusters: ReadonlyMap<string, LiveCluster>,
): string | null => {
  if (hosts.length > 1 && !many.has(name)) return 'One host at a time';
  if (name === 'join' && clusters.size === 0) return 'There is no swarm yet: make one of a host first';
  // The server takes what is done already as done; nobody means that.
  if (name === 'join' && hosts.every(({ swarm }) => swarm?.membership === 'MEMBER'))
    return hosts.length === 1 ? 'The host is a member already' : 'The hosts are members already';
  if (name === 'leave' && hosts.every(({ swarm }) => swarm?.localState === 'INACTIVE'))
    return hosts.length === 1 ? 'The host is in no swarm' : 'The hosts are in no swarm';
  if (name === 'release' && !hosts[0]?.quarantine) return 'The host is not in quarantine';
  if (name === 'revoke' && hosts[0]?.status === 'REVOKED') return 'It is revoked already';
  return null;
};

export const initAct = (ask: Ask, host: LiveHost, input: Omit<InitClusterInput, 'host'>): Act =>
  createAct(
    ask,
    InitClusterDocument,
    { ...input, host: host.id },
    {
      ...hostActTitles.init,
      subject: host.name,
      meaning: 'A new swarm begins on this host: its engine is the first manager, and others can join it.',
    },
  );

const joinMeaning = (asManager: boolean, isOne: boolean): string => {
  if (!asManager)
    return `${isOne ? 'It becomes a worker' : 'They become workers'}. Nobody sees the join token.`;
  return isOne
    ? 'It becomes a manager: it votes, and keeps the state of the swarm with its secrets.'
    : 'They become managers, one after the other: they vote, and keep the state of the swarm with its secrets.';
};

export const joinAct = (ask: Ask, hosts: readonly LiveHost[], input: JoinHostsInput): Act =>
  createAct(ask, JoinHostsDocument, input, {
    ...hostActTitles.join,
    subject: subjectOf(hosts),
    meaning: joinMeaning(input.role === 'MANAGER', hosts.length === 1),
  });

export const leaveAct = (ask: Ask, hosts: readonly LiveHost[], force: boolean): Act =>
  createAct(
    ask,
    LeaveSwarmDocument,
    { hosts: hosts.map(({ id }) => id), force },
    {
      ...hostActTitles.leave,
      subject: subjectOf(hosts),
      meaning: force
        ? 'The engine leaves as it is, without the consent of a cluster that does not list it.'
        : 'The engine leaves its swarm; a manager is demoted first. Its node stays listed as Down until it is removed.',
      confirm: confirmOf(hosts),
    },
  );

export const renameAct = (ask: Ask, host: LiveHost, name: string): Act =>
  createAct(
    ask,
    RenameHostDocument,
    { id: host.id, name },
    {
      ...hostActTitles.rename,
      subject: host.name,
      meaning: 'The name is of Skep alone: the machine keeps its hostname.',
    },
  );

/** @param engine what the host is bound to from now on; null: as before. */
export const releaseAct = (ask: Ask, host: LiveHost, engine: string | null): Act =>
  createAct(
    ask,
    ReleaseHostDocument,
    { id: host.id, engine },
    {
      ...hostActTitles.release,
      subject: host.name,
      meaning:
        host.quarantine?.reason === 'KEY_USED_TWICE'
          ? 'Its agent is listened to again. A key that was copied stays copied: better revoke the host and enrol it anew.'
          : 'Its agent is listened to again.',
    },
  );

export const revokeAct = (ask: Ask, host: LiveHost): Act =>
  createAct(
    ask,
    RevokeHostDocument,
    { id: host.id },
    {
      ...hostActTitles.revoke,
      subject: host.name,
      meaning:
        'Its agent is cut off at once and refused from now on; to come back it is enrolled anew. Its engine and its membership stay as they are.',
      confirm: confirmOf([host]),
    },
  );

export const forgetAct = (ask: Ask, host: LiveHost): Act =>
  createAct(
    ask,
    ForgetHostDocument,
    { id: host.id },
    {
      ...hostActTitles.forget,
      subject: host.name,
      meaning: 'It is taken out of the list; its history stays on record.',
      confirm: confirmOf([host]),
    },
  );

/** What leaving by force takes besides. */
export const forcePermission = 'cluster:force';

/** As the menu asks for it, before a dialog asks more: null where nothing can be judged yet. */
export const judgedAct = (
  name: HostActName,
  {
    ask,
    hosts,
    clusters,
    mayForce,
  }: {
    ask: Ask;
    hosts: readonly LiveHost[];
    clusters: ReadonlyMap<string, LiveCluster>;
    mayForce: boolean;
  },
): Act | null => {
  const [host] = hosts;
  if (!host) return null;
  switch (name) {
    case 'init':
      // Docker refuses to choose among several addresses: the dialog asks for one, so the menu takes the first.
      return initAct(ask, host, { advertiseAddr: ownAddresses(host)[0]?.address ?? null });
    case 'join': {
      const [cluster, ...others] = clusters.values();
      if (!cluster || others.length > 0) return null;
      return joinAct(ask, hosts, { cluster: cluster.id, hosts: hosts.map(({ id }) => ({ host: id })) });
    }
    case 'leave':
      return leaveAct(ask, hosts, mayForce && isOrphaned(hosts));
    case 'rename':
      return null;
    case 'release':
      return releaseAct(ask, host, null);
    case 'revoke':
      return revokeAct(ask, host);
    case 'forget':
      return forgetAct(ask, host);
  }
};

/** Only such hosts may leave by force here: no cluster lists them, so none can consent. */
export const isOrphaned = (hosts: readonly LiveHost[]): boolean =>
  hosts.every(({ swarm }) => swarm?.membership === 'ORPHANED');

export const allowsServices = ({ allow }: LiveHost): boolean => allow.includes('CreateService');

/** Of the agent's allow list, in a few words. */
export const allowWords = (host: LiveHost): string => {
  const count = host.allow.filter((each) => !each.includes(':')).length;
  if (host.allow.length === 0) return 'nothing was told';
  const privileged = host.allow.filter((each) => each.includes(':')).map(words);
  return [plural(count, 'command'), ...(allowsServices(host) ? privileged : ['no services'])].join(', ');
};

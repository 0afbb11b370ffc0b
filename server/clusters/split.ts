// Two live swarms with one id: a backup restored beside the original, or a cut-off manager that was begun anew.
// Told by asking every engine that claims to manage the cluster, and comparing what they say at the same time.
import { setTimeout as delay } from 'node:timers/promises';
import type { Commands } from '../hosts/commands.ts';
import type { Host } from '../hosts/host.ts';
import type { Links } from '../hosts/links.ts';
import type { Hosts } from '../hosts/registry.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Cluster, Side } from './cluster.ts';
import { observationOf } from './observation.ts';
import { isReachable, quorumNow } from './quorum.ts';
import type { ReadCluster } from './read.ts';
import type { Clusters } from './registry.ts';

/** What one engine says of its raft group. */
export type View = { hostId: string; nodeId: string; leader: string; managers: readonly string[] };

/** Between two comparisons, and while they contradict each other. */
const compareMs = 10_000;
const suspectMs = 3_000;
/**
 * A manager that has just been demoted, or lost its leader, says what it knew for up to 17 seconds (measured), but then
 * it does not count a majority as reachable. A contradiction that stands this long, this often, is no such moment.
 */
const standsMs = 10_000;
const standsTimes = 3;
const answerMs = 8_000;

/** Those that say the same; two hosts that claim to be one node never do. */
export const sidesOf = (views: readonly View[]): Side[] => {
  const sides = new Map<string, View[]>();
  for (const view of [...views].sort((a, b) => (a.hostId < b.hostId ? -1 : 1))) {
    const said = `${view.leader} ${view.managers.join(',')}`;
    const twins = [...sides.entries()].filter(
      ([key, side]) => key.startsWith(said) && side.some(({ nodeId }) => nodeId === view.nodeId),
    );
    const key = twins.length > 0 ? `${said} ${view.hostId}` : said;
    sides.set(key, [...(sides.get(key) ?? []), view]);
  }
  return [...sides.values()].flatMap(([first, ...others]) =>
    first
      ? [
          {
            leader: first.leader,
            managers: first.managers,
            hosts: [first, ...others].map(({ hostId }) => hostId),
          },
        ]
      : [],
  );
};

export type WatchSplit = { stop(): void };

export const createWatchSplit = ({
  clusters,
  hosts,
  links,
  commands,
  read,
  clock,
  log,
}: {
  clusters: Clusters;
  hosts: Hosts;
  links: Links;
  commands: Commands;
  read: ReadCluster;
  clock: Clock;
  log: Log;
}): WatchSplit => {
  const stopping = new AbortController();
  const suspicions = new Map<string, { key: string; times: number; since: number }>();

  const claims = (cluster: Cluster, host: Host): boolean => {
    const swarm = host.report?.swarm;
    return links.of(host.id) !== null && swarm?.controlAvailable === true && swarm.clusterId === cluster.id;
  };

  /** Null: it did not answer, or not as one that leads a majority or follows such a one. */
  const view = async (cluster: Cluster, host: Host): Promise<View | null> => {
    const result = await commands.read(host.id, { __typename: 'ReadCluster', fresh: true }, answerMs);
    const { swarm, nodes } = observationOf(result);
    const group = nodes.filter(({ managerStatus }) => managerStatus !== null);
    const leader = group.find((node) => node.managerStatus?.leader && isReachable(node));
    if (swarm.id !== cluster.id || !leader || quorumNow(group).tolerates < 0) return null;
    return {
      hostId: host.id,
      nodeId: host.report?.swarm?.nodeId ?? '',
      leader: leader.id,
      managers: group.map(({ id }) => id),
    };
  };

  /** It can no longer be of a second swarm: it is of none, of another one, or no manager. */
  const hasYielded = (cluster: Cluster, hostId: string): boolean => {
    const host = hosts.find(hostId);
    if (!host || host.revokedAt) return true;
    const swarm = links.of(hostId) ? host.report?.swarm : null;
    if (!swarm) return false;
    return !swarm.controlAvailable || (swarm.clusterId !== null && swarm.clusterId !== cluster.id);
  };

  /** The side that is left is the cluster from now on, whatever was seen of the other. */
  const heal = async (cluster: Cluster, side: Side): Promise<void> => {
    await clusters.change(cluster.id, ({ nodes }) => ({
      split: null,
      formerManagers: [],
      nodes: new Map([...nodes].map(([id, node]) => [id, { ...node, version: 0 }])),
    }));
    const host = hosts.find(side.hosts[0] ?? '');
    if (host) await read.through(cluster.id, host);
  };

  const judge = async (cluster: Cluster, sides: readonly Side[]): Promise<void> => {
    if (cluster.split) {
      const [only] = sides;
      const others = cluster.split.sides.flatMap((side) => side.hosts);
      const yielded = others.every((id) => only?.hosts.includes(id) || hasYielded(cluster, id));
      if (only && sides.length === 1 && yielded) await heal(cluster, only);
      return;
    }
    const key = sides.map((side) => side.hosts.join(',')).join(' | ');
    const before = suspicions.get(cluster.id);
    if (sides.length < 2) {
      suspicions.delete(cluster.id);
      return;
    }
    const now = performance.now();
    const suspicion =
      before?.key === key ? { ...before, times: before.times + 1 } : { key, times: 1, since: now };
    suspicions.set(cluster.id, suspicion);
    if (suspicion.times < standsTimes || now - suspicion.since < standsMs) return;
    suspicions.delete(cluster.id);
    log.error({ cluster: cluster.id, sides }, 'two live swarms have one id');
    await clusters.change(cluster.id, (now) => ({
      split: {
        since: clock.now().toISOString(),
        // What is shown of the cluster is of the first.
        sides: [...sides].sort(
          (a, b) =>
            Number(b.hosts.includes(now.watchedThrough ?? '')) -
            Number(a.hosts.includes(now.watchedThrough ?? '')),
        ),
      },
    }));
  };

  const compare = async (cluster: Cluster): Promise<void> => {
    const asked = hosts.controllers().filter((host) => !host.revokedAt && claims(cluster, host));
    if (asked.length < 2 && !cluster.split) {
      suspicions.delete(cluster.id);
      return;
    }
    const views = await Promise.all(asked.map((host) => view(cluster, host).catch(() => null)));
    const current = clusters.find(cluster.id);
    if (current && !current.dissolvedAt)
      await judge(current, sidesOf(views.filter((found) => found !== null)));
  };

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const all = clusters.list().filter(({ dissolvedAt }) => dissolvedAt === null);
      for (const id of suspicions.keys())
        if (!all.some((cluster) => cluster.id === id)) suspicions.delete(id);
      await Promise.all(
        all.map((cluster) =>
          compare(cluster).catch((error: unknown) =>
            log.warn({ err: error, cluster: cluster.id }, 'managers could not be compared'),
          ),
        ),
      );
      const isUrgent = suspicions.size > 0 || clusters.list().some(({ split }) => split !== null);
      await delay(isUrgent ? suspectMs : compareMs, undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
    }
  };
  void loop();
  return { stop: () => stopping.abort() };
};

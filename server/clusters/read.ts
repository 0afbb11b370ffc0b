// Reading a cluster afresh through a manager. One read at a time: their order is the order of what is published.
import type { Commands } from '../hosts/commands.ts';
import type { Host } from '../hosts/host.ts';
import type { Clock } from '../platform/clock.ts';
import { DatabaseError } from '../platform/database-error.ts';
import { Failure } from '../platform/failure.ts';
import type { Cluster } from './cluster.ts';
import { firstAnswer } from './first-answer.ts';
import type { Managers } from './managers.ts';
import { type NodeObservation, nodeObservation, type Observation, observationOf } from './observation.ts';
import type { Publish } from './publish.ts';
import type { Clusters } from './registry.ts';
import type { NoteTrouble } from './trouble.ts';

export type FreshRead = Observation & {
  /** The read began then, never before it was asked for. */
  began: Date;
  /** When its answer was here: what it saw is of a moment in between. */
  ended: Date;
  hostId: string;
};

export type ReadCluster = {
  /**
   * A read begun after this call; calls that wait for the same read share it. What it saw is published before it is
   * answered, so that a query right after an operation shows what the operation saw.
   * @throws Failure CLUSTER_UNREACHABLE, NO_LEADER, SWARM_LOCKED, ENGINE_…, DATABASE_UNAVAILABLE
   */
  fresh(clusterId: string): Promise<FreshRead>;
  /** The same through one host and no other, for a cluster that was begun anew there. */
  through(clusterId: string, host: Host): Promise<FreshRead>;
  /**
   * Publishes what the agent of a manager read of single nodes by itself.
   * @returns false: it says not all, so a read has to tell; the host is not one that would be read through, or a node is
   * not known yet.
   */
  seen(clusterId: string, hostId: string, nodes: readonly unknown[]): Promise<boolean>;
  /**
   * Publishes what the agent read of a node after it had written it, and answers it.
   * @returns null: it told nothing of the node, or what it told could not be published; so a read has to.
   */
  written(clusterId: string, nodeId: string, seen: unknown): Promise<SeenAlone | null>;
  /** Whether it can be read now. */
  reachable(clusterId: string): Promise<boolean>;
  /** While true, reads are answered and not published (a test's way to pause the watcher). */
  pause(paused: boolean): void;
};

/** `at`: when the answer came; the read was begun before, and after the write. */
export type SeenAlone = { node: NodeObservation; at: Date };

type Answered = Observation & { hostId: string };

/** How long a manager may be silent before the next one is asked as well. */
const patienceMs = 2_000;

export const createReadCluster = ({
  clusters,
  managers,
  commands,
  publish,
  noteTrouble,
  clock,
}: {
  clusters: Clusters;
  managers: Managers;
  commands: Commands;
  publish: Publish;
  noteTrouble: NoteTrouble;
  clock: Clock;
}): ReadCluster => {
  const current = new Map<string, Promise<FreshRead>>();
  const queued = new Map<string, Promise<FreshRead>>();
  let paused = false;

  const readThrough = async (cluster: Cluster, host: Host): Promise<Answered> => {
    const result = await commands.read(host.id, { __typename: 'ReadCluster', fresh: true });
    const observation = observationOf(result);
    if (observation.swarm.id !== cluster.id)
      throw new Failure('NOT_MANAGER', `${host.name} is in another cluster by now`);
    return { ...observation, hostId: host.id };
  };

  /** Published before it is answered. Nobody is told what could not be: who waits for it looks again. */
  const told = async (
    clusterId: string,
    began: Date,
    { hostId, ...observation }: Answered,
  ): Promise<FreshRead> => {
    const ended = clock.now();
    if (!paused)
      await publish.list({ clusterId, observation, began, ended, hostId }).catch((error: unknown) => {
        if (!(error instanceof DatabaseError)) throw error;
        throw new Failure(
          'DATABASE_UNAVAILABLE',
          `what was read of the cluster could not be kept: ${error.message}`,
          'try again; look at the server’s disk',
        );
      });
    return { ...observation, began, ended, hostId };
  };

  const readThroughAny = async (cluster: Cluster): Promise<Answered> => {
    try {
      managers.first(cluster);
      return await firstAnswer(managers.of(cluster), (host) => readThrough(cluster, host), patienceMs);
    } catch (error) {
      if (!paused && error instanceof Failure) await noteTrouble(cluster.id, error);
      throw error;
    }
  };

  const readOnce = async (clusterId: string): Promise<FreshRead> => {
    const cluster = clusters.find(clusterId);
    if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${clusterId}`, 'list clusters');
    const began = clock.now();
    return told(clusterId, began, await readThroughAny(cluster));
  };

  /** False: only a read can tell, and says why where it cannot either. */
  const publishSome = (clusterId: string, nodes: readonly NodeObservation[]): Promise<boolean> =>
    publish.nodes(clusterId, nodes).catch((error: unknown) => {
      if (error instanceof DatabaseError) return false;
      throw error;
    });

  /** Begins when the read before it has ended, whoever asked for it. */
  const fresh = (clusterId: string): Promise<FreshRead> => {
    const waiting = queued.get(clusterId);
    if (waiting) return waiting;
    const before = current.get(clusterId);
    const begin = (): Promise<FreshRead> => {
      queued.delete(clusterId);
      const read = readOnce(clusterId);
      current.set(clusterId, read);
      const done = (): void => {
        if (current.get(clusterId) === read) current.delete(clusterId);
      };
      read.then(done, done);
      return read;
    };
    if (!before) return begin();
    const next = before.then(begin, begin);
    queued.set(clusterId, next);
    return next;
  };

  return {
    fresh,
    through: async (clusterId, host) => {
      const cluster = clusters.find(clusterId);
      if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${clusterId}`, 'list clusters');
      const began = clock.now();
      return told(clusterId, began, await readThrough(cluster, host));
    },
    seen: async (clusterId, hostId, nodes) => {
      const cluster = clusters.find(clusterId);
      if (paused || !cluster || !managers.of(cluster).some(({ id }) => id === hostId)) return false;
      const { data } = nodeObservation.array().safeParse(nodes);
      return data !== undefined && publishSome(clusterId, data);
    },
    written: async (clusterId, nodeId, seen) => {
      const { data: node } = nodeObservation.safeParse(seen);
      if (node?.id !== nodeId) return null;
      const at = clock.now();
      const isTold = paused || (await publishSome(clusterId, [node]));
      return isTold ? { node, at } : null;
    },
    reachable: (clusterId) =>
      fresh(clusterId).then(
        () => true,
        () => false,
      ),
    pause: (value) => {
      paused = value;
    },
  };
};

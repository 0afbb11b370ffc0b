// From what changed to what holds: the steps of one event. What is so when it is first seen is no change.
import type { ClusterScalars, SeenNode } from '../clusters/cluster.ts';
import type { DeclarationScalars } from '../fleet/declarations.ts';
import { finalStates, type Operation } from '../operations/operation.ts';
import type { StoredEvent, Topic } from '../platform/events.ts';
import type { Step } from './conditions.ts';
import type { Told } from './message.ts';

/** Names of what events name by id. */
export type Names = {
  cluster(id: string | null): { id: string; name: string } | null;
  hostOfNode(nodeId: string): { id: string; name: string } | null;
};

/** The topics that alarms come from. */
export const topics = ['NODE', 'CLUSTER', 'OPERATION', 'FLEET'] as const satisfies readonly Topic[];

type Between<T> = { before: T | null; after: T };

export const ofNode = (
  { before, after }: Between<SeenNode>,
  clusterId: string,
  at: Date,
  names: Names,
): Step[] => {
  const [from, to] = [before?.status.state ?? null, after.status.state];
  if (from === null || from === to) return [];
  const { id, hostname, role } = after;
  const told: Told = {
    cluster: names.cluster(clusterId),
    node: { id, hostname, role },
    host: names.hostOfNode(id),
    from,
    to,
    page: `/nodes/${id}`,
  };
  const of = { kind: 'NODE_DOWN' as const, subjectId: id };
  if (to === 'DOWN') return [{ do: 'begin', ...of, clusterId, since: at, told }];
  // Unknown or disconnected: it is not known to be up.
  return to === 'READY' ? [{ do: 'end', ...of, told }] : [];
};

/** States in which the managers were just read. */
const read: ReadonlySet<string> = new Set(['DISCOVERED', 'HEALTHY', 'AT_RISK']);

export const ofCluster = ({ before, after }: Between<ClusterScalars>, at: Date): Step[] => {
  const { id, name, state, managers, reachable, tolerates } = after;
  const told: Told = {
    cluster: { id, name },
    from: before?.state ?? null,
    to: state,
    detail: { managers, reachable, tolerates },
    page: '/',
  };
  const begin = (kind: 'QUORUM_AT_RISK' | 'QUORUM_LOST' | 'CLUSTER_SPLIT'): Step => ({
    do: 'begin',
    kind,
    subjectId: id,
    clusterId: id,
    since: at,
    told,
  });
  const end = (kind: 'QUORUM_AT_RISK' | 'QUORUM_LOST' | 'CLUSTER_SPLIT'): Step => ({
    do: 'end',
    kind,
    subjectId: id,
    told,
  });
  if (state === 'QUORUM_LOST') return [begin('QUORUM_LOST')];
  if (state === 'SPLIT') return [begin('CLUSTER_SPLIT')];
  if (!read.has(state)) return [];
  return [
    end('QUORUM_LOST'),
    end('CLUSTER_SPLIT'),
    // One that never tolerated a failure, a single manager, is told by Cluster.reminders.
    ...(tolerates > 0
      ? [end('QUORUM_AT_RISK')]
      : (before?.tolerates ?? 0) > 0
        ? [begin('QUORUM_AT_RISK')]
        : []),
  ];
};

const isFinalState = (state: string): boolean => finalStates.some((final) => final === state);
/** Whoever asks for a test hears how it went. */
const quiet: ReadonlySet<string> = new Set(['testWebhook']);

export const ofOperation = (
  { before, after }: Between<Operation>,
  clusterId: string | null,
  at: Date,
  names: Names,
): Step[] => {
  const { id, action, state, actor, failure, targets } = after;
  if (state !== 'FAILED' && state !== 'UNRESOLVED') return [];
  if ((before && isFinalState(before.state)) || quiet.has(action)) return [];
  const told: Told = {
    cluster: names.cluster(clusterId),
    operation: {
      id,
      action,
      state,
      actor: { kind: actor.kind, id: actor.id, name: actor.name },
      failure: failure && { code: failure.code, message: failure.message },
      targets: targets.slice(0, 20).map((target) => ({
        kind: target.kind,
        id: target.id,
        name: target.name,
        state: target.state,
      })),
    },
    from: before?.state ?? null,
    to: state,
    page: `/operations/${id}`,
  };
  return [{ do: 'once', kind: 'OPERATION_FAILED', clusterId, at, told }];
};

export const ofFleet = ({ after }: Between<DeclarationScalars>, at: Date, names: Names): Step[] => {
  const { clusterId, drift } = after;
  const { differences } = drift;
  const told: Told = {
    cluster: names.cluster(clusterId),
    from: differences.length > 0 ? 'IN_SYNC' : 'DRIFTED',
    to: differences.length > 0 ? 'DRIFTED' : 'IN_SYNC',
    detail: {
      differences: differences.length,
      // Never the values: an environment may be among them.
      first: differences.slice(0, 20).map(({ kind, id, name, path }) => ({ kind, id, name, path })),
    },
    page: '/fleet',
  };
  const of = { kind: 'FLEET_DRIFT' as const, subjectId: clusterId };
  return differences.length > 0
    ? [{ do: 'begin', ...of, clusterId, since: new Date(drift.since ?? at), told }]
    : [{ do: 'end', ...of, told }];
};

/** @param event of one of {@link topics}. */
export const stepsOf = (event: StoredEvent, names: Names): Step[] => {
  const { topic, kind, clusterId, at } = event;
  // What is gone is seen by looking at what is there.
  if (kind === 'REMOVED') return [];
  const between = <T>(): Between<T> => ({ before: event.before as T | null, after: event.after as T });
  if (topic === 'NODE') return clusterId === null ? [] : ofNode(between<SeenNode>(), clusterId, at, names);
  if (topic === 'CLUSTER') return ofCluster(between<ClusterScalars>(), at);
  if (topic === 'OPERATION') return ofOperation(between<Operation>(), clusterId, at, names);
  return topic === 'FLEET' ? ofFleet(between<DeclarationScalars>(), at, names) : [];
};

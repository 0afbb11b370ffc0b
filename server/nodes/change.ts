// Changing one node: the write through a manager, and the reads until the change is seen.
import { setTimeout as delay } from 'node:timers/promises';
import type { ReadAgreed } from '../clusters/agree.ts';
import { whyReadOnly } from '../clusters/find.ts';
import type { Managers } from '../clusters/managers.ts';
import type { NodeObservation } from '../clusters/observation.ts';
import type { FreshRead, ReadCluster, SeenAlone } from '../clusters/read.ts';
import type { Clusters } from '../clusters/registry.ts';
import { type CommandResult, type Commands, failureOf } from '../hosts/commands.ts';
import type { Run } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import { changesOf } from '../platform/changes.ts';
import { Failure, failureIsNull } from '../platform/failure.ts';

export type NodeChange = {
  role?: 'worker' | 'manager';
  availability?: 'active' | 'pause' | 'drain';
  setLabels?: readonly { key: string; value: string }[];
  removeLabels?: readonly string[];
};

/** What is made of the reads that do not show the wanted state yet, and of the one that does. */
export type Watching = {
  /** Why waiting on leads nowhere. */
  hopeless?(): Failure | null;
  /** In plain words why it takes its time, for the step. */
  why?(node: NodeObservation, waitedMs: number): string | null;
  /** What became of it when the time is over. @default NOT_OBSERVED */
  late?(node: NodeObservation): Failure | null;
  /** What was seen in the end, for the step. */
  told?(state: FreshRead): string;
};

export type ChangeNode = {
  /**
   * Carries out and observes.
   * @param seen the wanted state, asked of each fresh read; of the node alone, as its agent read it after the write, too,
   * unless its role changes, which others have a part in.
   * @throws Failure NODE_NOT_FOUND, NOT_OBSERVED, OUTCOME_UNKNOWN, CLUSTER_UNREACHABLE, or the engine's.
   */
  apply(
    run: Run,
    clusterId: string,
    nodeId: string,
    change: NodeChange,
    seen: (node: NodeObservation, state?: FreshRead) => boolean,
    observeMs?: number,
    watching?: Watching,
  ): Promise<void>;
  /** Whether the cluster can be read now. */
  reachable(clusterId: string): Promise<boolean>;
  /** A fresh read that the judge works on. @throws Failure NOT_ADOPTED and what a read throws. */
  readForChange(clusterId: string): Promise<FreshRead>;
  /** The same for a change of managers. @throws Failure NO_LEADER too, where managers contradict each other. */
  readForRoles(clusterId: string): Promise<FreshRead>;
};

/** Said by one manager, or for a moment; nothing was written. Another manager, or a second later, may do it. */
const worthAgain = new Set([
  'NOT_MANAGER',
  'NOT_IN_SWARM',
  'ENGINE_UNREACHABLE',
  'NO_LEADER',
  'OUT_OF_SEQUENCE',
  'NOT_IN_RAFT_YET',
  'EXPIRED',
  'AUDIT_UNAVAILABLE',
]);
const nobodyThere = new Set(['HOST_OFFLINE', 'CLUSTER_UNREACHABLE', 'SWARM_LOCKED']);
const retryForMs = 40_000;
const retryEveryMs = 500;
/** Engines answer in milliseconds; what is slower than this has a reason. */
const slowAnswerMs = 2_000;
const slowCauses =
  'the first write after going from one manager to two waits for up to 7 seconds, and each for as long as a new leader is elected';
const slowAnswer = `the engine has not answered yet: ${slowCauses}`;

const setByPeople = ({ role, availability, labels }: NodeObservation) => ({ role, availability, labels });

/** What the watcher will see of the change, so that it is not taken for somebody else's. */
const expected = (clusterId: string, nodeId: string, change: NodeChange) => {
  const about = { clusterId, subjectId: nodeId };
  return [
    ...(change.role ? [{ ...about, path: 'role', value: change.role.toUpperCase() }] : []),
    ...(change.availability
      ? [{ ...about, path: 'availability', value: change.availability.toUpperCase() }]
      : []),
    ...(change.setLabels ?? []).map(({ key, value }) => ({ ...about, path: `labels.${key}`, value })),
    ...(change.removeLabels ?? []).map((key) => ({ ...about, path: `labels.${key}`, value: null })),
  ];
};

export const createChangeNode = ({
  clusters,
  managers,
  commands,
  read,
  readAgreed,
}: {
  clusters: Clusters;
  managers: Managers;
  commands: Commands;
  read: ReadCluster;
  readAgreed: ReadAgreed;
}): ChangeNode => {
  const clusterOf = (id: string) => {
    const cluster = clusters.find(id);
    if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${id}`);
    return cluster;
  };

  /** Sends until a manager has taken it, or has said no for good. */
  const send = async (
    run: Run,
    clusterId: string,
    nodeId: string,
    change: NodeChange,
    tell: (detail: string) => void,
  ): Promise<CommandResult> => {
    const until = performance.now() + retryForMs;
    const body = {
      __typename: 'UpdateNode' as const,
      node: nodeId,
      role: change.role ?? null,
      availability: change.availability ?? null,
      setLabels: change.setLabels ?? [],
      removeLabels: change.removeLabels ?? [],
    };
    // Drain and its undoing are two steps of one operation.
    const what = Object.keys(change)
      .sort()
      .map((part) => (part === 'availability' ? `availability=${change.availability}` : part))
      .join('+');
    // Counts what was sent: after a restart the same numbers find what became of it.
    let sent = 0;
    let tried = 0;
    for (;;) {
      let failure: Failure;
      const slow = setTimeout(() => tell(slowAnswer), slowAnswerMs);
      try {
        const result = await commands.carryOut({
          run,
          hostId: () => {
            const cluster = clusterOf(clusterId);
            const others = managers.of(cluster).filter((host) => !managers.isAvoided(host));
            return (others[tried % Math.max(1, others.length)] ?? managers.first(cluster)).id;
          },
          step: `update:${nodeId}:${what}:${sent + 1}`,
          body,
          expectations: expected(clusterId, nodeId, change),
        });
        sent += 1;
        if (result.outcome === 'DONE' || result.outcome === 'UNKNOWN') return result;
        failure = failureOf(result);
        if (!worthAgain.has(failure.code)) throw failure;
      } catch (error) {
        // Nothing was sent: nobody was there to send it to.
        if (!(error instanceof Failure) || !(nobodyThere.has(error.code) || worthAgain.has(error.code)))
          throw error;
        failure = error;
      } finally {
        clearTimeout(slow);
      }
      tried += 1;
      if (performance.now() > until) throw failure;
      tell(`asked again: ${failure.message}`);
      await delay(retryEveryMs, undefined, { signal: run.signal });
    }
  };

  const assertChangeable = (clusterId: string): void => {
    const readOnly = whyReadOnly(clusterOf(clusterId));
    if (readOnly) throw readOnly;
  };

  return {
    reachable: read.reachable,
    readForChange: async (clusterId) => {
      assertChangeable(clusterId);
      return read.fresh(clusterId);
    },
    readForRoles: async (clusterId) => {
      assertChangeable(clusterId);
      return readAgreed(clusterId);
    },
    apply: async (run, clusterId, nodeId, change, seen, observeMs = 30_000, watching = {}) => {
      const before = clusterOf(clusterId).nodes.get(nodeId);
      const observed = (after: NodeObservation | undefined, at: Date): void => {
        run.observed(at);
        if (before && after) run.changed(nodeId, changesOf(setByPeople(before), setByPeople(after)));
      };
      let shown: SeenAlone | null = null;
      const unknown = await run.step('update', nodeId, async (tell) => {
        const asked = performance.now();
        const { outcome, seen: afterwards } = await send(run, clusterId, nodeId, change, tell);
        const tookMs = performance.now() - asked;
        run.unknown(outcome === 'UNKNOWN');
        if (tookMs > slowAnswerMs)
          tell(`it took ${Math.round(tookMs / 1_000)} seconds until the engine had answered: ${slowCauses}`);
        if (change.role === undefined && afterwards !== undefined)
          shown = await read.written(clusterId, nodeId, afterwards);
        return outcome === 'UNKNOWN';
      });
      await run.step('observe', nodeId, async (tell) => {
        if (shown && seen(shown.node)) {
          observed(shown.node, shown.at);
          return;
        }
        const began = performance.now();
        let missing = false;
        let last: NodeObservation | undefined;
        const state = await waitFor(
          async () => {
            const fresh = await read.fresh(clusterId).catch(failureIsNull);
            const node = fresh?.nodes.find(({ id }) => id === nodeId);
            missing = fresh !== null && !node;
            if (fresh && node && seen(node, fresh)) return fresh;
            const hopeless = watching.hopeless?.();
            if (hopeless) throw hopeless;
            last = node ?? last;
            const why = node && watching.why?.(node, performance.now() - began);
            if (why) tell(why);
            return missing ? 'gone' : null;
          },
          { timeoutMs: observeMs, intervalMs: 50, signal: run.signal },
        );
        run.unknown(false);
        if (state === 'gone')
          throw new Failure('NODE_NOT_FOUND', `the cluster no longer has node ${nodeId}`, 'list nodes');
        const late = state === null && last && watching.late?.(last);
        if (late) throw late;
        if (state === null)
          throw unknown
            ? new Failure(
                'OUTCOME_UNKNOWN',
                'the engine gave no answer, and the change was not seen',
                'read the node, then decide',
              )
            : new Failure(
                'NOT_OBSERVED',
                'the engine took the change, but the wanted state was not seen in time',
                'read the node',
              );
        if (watching.told) tell(watching.told(state));
        observed(
          state.nodes.find(({ id }) => id === nodeId),
          state.began,
        );
      });
    },
  };
};

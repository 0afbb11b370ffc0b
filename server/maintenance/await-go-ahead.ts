// What a drained node waits for: somebody's word, a hook's answer, or that its engine was seen to go away.
import type { Run } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure, failureIsNull } from '../platform/failure.ts';
import type { MaintenanceParts } from './parts.ts';
import type { Plan, Work } from './plan.ts';
import { whyNeeded } from './rule.ts';

const lookEveryMs = 250;

/** The signs that a machine or its engine was stopped, by a read of the managers and by what its agent reported. */
const seenAway = async (
  { read, hosts, away }: MaintenanceParts,
  { clusterId }: Plan,
  nodeId: string,
  work: Work,
): Promise<string | null> => {
  const host = hosts.ofMember(nodeId);
  const bootId = host?.report?.bootId ?? null;
  if (work.bootId !== null && bootId !== null && bootId !== work.bootId) return 'its machine was restarted';
  if (host && away.since(host.id, new Date(work.since))) return 'its agent reported that its engine was away';
  const state = await read.fresh(clusterId).catch(failureIsNull);
  const node = state?.nodes.find(({ id }) => id === nodeId);
  // After an election every node is UNKNOWN for a moment: only Down is a sign.
  if (node?.status.state === 'DOWN') return 'the managers saw it Down';
  if (node?.managerStatus?.reachability === 'UNREACHABLE') return 'the managers saw it unreachable';
  return null;
};

/**
 * The drain took its time, and another manager may have died meanwhile: the hook, which will stop this one, is not called
 * before quorum holds without it.
 * @returns false: cancelled.
 */
const stillSpared = async (
  { read }: MaintenanceParts,
  run: Run,
  { clusterId }: Plan,
  nodeId: string,
  tell: (detail: string) => void,
): Promise<boolean> => {
  await waitFor<true>(
    async () => {
      if (run.cancel.aborted) return true;
      const state = await read.fresh(clusterId).catch((error: unknown) => {
        if (error instanceof Failure) return error;
        throw error;
      });
      if (state instanceof Failure) {
        tell(`the hook is not called yet: ${state.message}`);
        return null;
      }
      const node = state.nodes.find(({ id }) => id === nodeId);
      const why = node ? whyNeeded(state.nodes, node) : null;
      if (why === null) return true;
      tell(`the hook is not called yet: ${why}`);
      return null;
    },
    { timeoutMs: Number.POSITIVE_INFINITY, intervalMs: lookEveryMs, signal: run.signal },
  );
  return !run.cancel.aborted;
};

const callHook = async (
  parts: MaintenanceParts,
  run: Run,
  plan: Plan,
  nodeId: string,
  name: string,
): Promise<string | null> => {
  const { clusterId, hook } = plan;
  if (hook === null) throw new Error('a plan with HOOK has no hook');
  const host = parts.hosts.ofMember(nodeId);
  const cluster = parts.clusters.find(clusterId);
  const role = cluster?.nodes.get(nodeId)?.role ?? 'UNKNOWN';
  const call = {
    operation: run.operation.id,
    cluster: clusterId,
    node: { id: nodeId, hostname: name, role },
    host: host && { id: host.id, name: host.name },
  };
  const either = AbortSignal.any([run.signal, run.cancel]);
  try {
    const status = await parts.hooks.call(hook, `${run.operation.id}:${nodeId}`, call, either);
    return `hook ${hook} answered ${status}`;
  } catch (error) {
    run.signal.throwIfAborted();
    if (run.cancel.aborted) return null;
    throw error;
  }
};

/**
 * Waits as long as it takes.
 * @returns why it goes on; null: cancelled.
 * @throws Failure HOOK_FAILED
 */
export const awaitGoAhead = (
  parts: MaintenanceParts,
  run: Run,
  plan: Plan,
  nodeId: string,
  { name, work }: { name: string; work: Work },
): Promise<string | null> =>
  run.step(
    'go-ahead',
    nodeId,
    async (tell) => {
      if (work.wentOn) return work.wentOn.why;
      if (plan.proceed === 'NONE') return 'nothing is waited for';
      if (plan.proceed === 'HOOK') {
        if (!(await stillSpared(parts, run, plan, nodeId, tell))) return null;
        tell(`hook ${plan.hook} was called for ${name}`);
        return callHook(parts, run, plan, nodeId, name);
      }
      tell(
        plan.proceed === 'GO_AHEAD'
          ? `${name} is drained: proceedMaintenance lets it go on`
          : `${name} is drained: it goes on when its engine was seen to go away and come back, or by proceedMaintenance${run.resumed ? '; what was restarted while this server was away was not seen' : ''}`,
      );
      const end = await waitFor<string>(
        async () => {
          if (run.cancel.aborted) return 'cancelled';
          if (work.wentOn) return work.wentOn.why;
          return plan.proceed === 'RESTART' ? seenAway(parts, plan, nodeId, work) : null;
        },
        { timeoutMs: Number.POSITIVE_INFINITY, intervalMs: lookEveryMs, signal: run.signal },
      );
      return run.cancel.aborted ? null : end;
    },
    (why) => why ?? 'cancelled',
  );

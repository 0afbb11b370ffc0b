// One node's maintenance: drained, let go on, seen back, and given its availability back. Each phase is stored before it
// is begun, so that after a restart it goes on in the one that it was in.
import { cancelledTarget, secondsAfter } from '../nodes/drain.ts';
import { awaitEmpty, restore, setDrain } from '../nodes/empty.ts';
import { presentNodes } from '../nodes/plan.ts';
import type { Run } from '../operations/action.ts';
import type { Target } from '../operations/operation.ts';
import { awaitBack } from './await-back.ts';
import { awaitGoAhead } from './await-go-ahead.ts';
import type { MaintenanceParts } from './parts.ts';
import type { Phase, Plan, Work } from './plan.ts';

/** What was observed of a node's beginning, and is stored before anything is done to it. */
export type Begin = { nodeId: string; work: Work; drained: () => void };

/** @returns false: cancelled. */
const drain = (
  parts: MaintenanceParts,
  run: Run,
  plan: Plan,
  { nodeId, work, drained }: Begin,
): Promise<boolean> =>
  run.step('drain', nodeId, async (tell) => {
    const { clusterId } = plan;
    const [node] = presentNodes(await parts.change.readForChange(clusterId), [nodeId]);
    if (node?.availability !== 'DRAIN') await setDrain(parts, run, clusterId, nodeId);
    drained();
    if (work.wasDown) {
      tell('it was Down: what ran there is started elsewhere already');
      return true;
    }
    const deadline = secondsAfter(new Date(work.since), plan.drainDeadlineSeconds);
    const emptied = await awaitEmpty(parts, run, clusterId, nodeId, deadline, (left) => {
      if (left > 0) tell(`${left} tasks are left`);
    });
    return emptied === 'EMPTY';
  });

/**
 * Carries one node through its maintenance, from the phase in which it is.
 * @throws Failure DRAIN_DEADLINE, HOOK_FAILED, NOT_BACK, and what a change of a node throws: it stays in drain.
 */
export const maintainOne = async (
  parts: MaintenanceParts,
  run: Run,
  plan: Plan,
  target: Target,
  begin: Begin,
): Promise<void> => {
  const { nodeId, work, drained } = begin;
  const enter = async (phase: Phase): Promise<void> => {
    work.phase = phase;
    await run.keep();
  };
  const giveBack = async (): Promise<void> => {
    if (work.earlier !== 'DRAIN') await restore(parts, run, plan.clusterId, nodeId, work.earlier);
    cancelledTarget(target, `cancelled: ${target.name} is ${work.earlier} again`);
  };
  await run.keep();
  if (work.phase === 'DRAIN') {
    if (run.cancel.aborted || !(await drain(parts, run, plan, begin))) return giveBack();
    work.bootId = parts.hosts.ofMember(nodeId)?.report?.bootId ?? null;
    await enter('GO_AHEAD');
  }
  drained();
  if (work.phase === 'GO_AHEAD') {
    const why = await awaitGoAhead(parts, run, plan, nodeId, { name: target.name, work });
    if (why === null) return giveBack();
    work.wentOn ??= { at: parts.clock.now().toISOString(), why };
    await enter('BACK');
  }
  if (work.phase === 'BACK') {
    if (!(await awaitBack(parts, run, plan, nodeId, { name: target.name, work }))) return giveBack();
    await enter('ACTIVATE');
  }
  if (work.earlier === 'DRAIN') {
    run.skip('activate', nodeId, `${target.name} was in drain before`);
    return;
  }
  await run.step('activate', nodeId, () => restore(parts, run, plan.clusterId, nodeId, work.earlier));
};

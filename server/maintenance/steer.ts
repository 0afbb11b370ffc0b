// proceedMaintenance, pauseMaintenance, resumeMaintenance: what is said to a rolling maintenance while it runs. Each is an
// operation of its own, on record; what it says is kept in the plan of the one that it is said to.
import * as z from 'zod';
import type { Requester } from '../audit/actor.ts';
import { type Action, type Authorise, allClear, refused } from '../operations/action.ts';
import { isFinal, type Operation } from '../operations/operation.ts';
import type { Operations } from '../operations/operations.ts';
import { Failure } from '../platform/failure.ts';
import type { MaintenanceParts } from './parts.ts';
import type { Plan, Work } from './plan.ts';

const permission = 'maintenance:run';

export type SteerParts = Pick<MaintenanceParts, 'find' | 'clock'> & {
  /** Late, for the door is built with its actions. */
  operations: () => Operations;
  authorise: Authorise;
};

/** The plan of a rolling maintenance; of one that is open, the very one that its act goes by. */
export const planOf = ({ action, plan }: Pick<Operation, 'action' | 'plan'>): Plan | null =>
  action === 'rollMaintenance' && plan != null ? (plan as Plan) : null;

const findMaintenance = async (
  { operations, authorise }: SteerParts,
  id: string,
  requester: Requester,
): Promise<Operation> => {
  const found = await operations().find(id);
  if (found?.action !== 'rollMaintenance' || !authorise(requester.actor, permission, found.clusterId))
    throw new Failure('NOT_FOUND', `no rolling maintenance ${id}`, 'list operations');
  return found;
};

const hasEnded = ({ id, state }: Operation): Failure | null =>
  isFinal(state) ? new Failure('NOT_CANCELLABLE', `operation ${id} has ended: ${state}`) : null;

const waits = ({ proceed, works }: Plan, id: string): boolean =>
  (proceed === 'GO_AHEAD' || proceed === 'RESTART') &&
  works[id]?.phase === 'GO_AHEAD' &&
  works[id]?.wentOn === null;

const target = ({ id }: Operation) => ({ kind: 'OPERATION', id, name: 'rollMaintenance' });

const steerInput = z.object({ operation: z.string().min(1) });
type SteerInput = z.infer<typeof steerInput>;
type SteerPlan = { id: string };

/** @param change what is said, to the plan. */
const steerAction = (
  name: string,
  parts: SteerParts,
  change: (plan: Plan, said: { at: string; by: string }) => void,
): Action<SteerInput, SteerPlan> => ({
  name,
  permission,
  input: steerInput,
  named: ({ operation }) => [{ kind: 'OPERATION', name: operation }],
  resolve: async ({ operation }, requester) => {
    const found = await findMaintenance(parts, operation, requester);
    return {
      clusterId: found.clusterId,
      plan: { id: found.id },
      targets: [target(found)],
      locks: [],
    };
  },
  judge: async ({ id }) => {
    const found = await parts.operations().find(id);
    const ended = found && hasEnded(found);
    return ended ? refused(ended) : allClear;
  },
  act: (run, { id }) =>
    run.each(async () => {
      const by = run.operation.actor.name ?? run.operation.actor.id ?? 'somebody';
      await parts
        .operations()
        .amend(id, (plan) => change(plan as Plan, { at: parts.clock.now().toISOString(), by }));
    }),
});

/** Nodes in work are carried through; no further one is begun. Paused twice is paused. */
export const pauseMaintenanceAction = (parts: SteerParts) =>
  steerAction('pauseMaintenance', parts, (plan, said) => {
    plan.paused ??= said;
  });

export const resumeMaintenanceAction = (parts: SteerParts) =>
  steerAction('resumeMaintenance', parts, (plan) => {
    plan.paused = null;
  });

const proceedInput = steerInput.extend({
  nodes: z.array(z.string().trim().min(1)).min(1, 'names no node').max(1_000).nullish(),
});
type ProceedInput = z.infer<typeof proceedInput>;
type ProceedPlan = { id: string; nodeIds: string[] };

const letGoOn = (work: Work | undefined, said: { at: string; by: string }): void => {
  if (work?.phase === 'GO_AHEAD') work.wentOn ??= { at: said.at, why: `${said.by} let it go on` };
};

export const proceedMaintenanceAction = (parts: SteerParts): Action<ProceedInput, ProceedPlan> => ({
  name: 'proceedMaintenance',
  permission,
  input: proceedInput as z.ZodType<ProceedInput>,
  named: ({ operation, nodes }) => [
    { kind: 'OPERATION', name: operation },
    ...(nodes ?? []).map((name) => ({ kind: 'NODE', name })),
  ],
  resolve: async ({ operation, nodes }, requester) => {
    const found = await findMaintenance(parts, operation, requester);
    const plan = planOf(found);
    const named = nodes
      ? parts.find.all(nodes, found.clusterId, requester).nodes
      : found.targets.flatMap(({ id, name }) =>
          plan && id !== null && waits(plan, id) ? [{ id, hostname: name }] : [],
        );
    const stranger = named.find(({ id }) => !found.targets.some((one) => one.id === id));
    if (stranger)
      throw new Failure('NOT_FOUND', `node ${stranger.hostname} is not one of operation ${found.id}`);
    return {
      clusterId: found.clusterId,
      plan: { id: found.id, nodeIds: named.map(({ id }) => id) },
      targets:
        named.length > 0
          ? named.map(({ id, hostname }) => ({ kind: 'NODE', id, name: hostname }))
          : [target(found)],
      locks: [],
    };
  },
  judge: async ({ id, nodeIds }) => {
    const found = await parts.operations().find(id);
    const ended = found && hasEnded(found);
    if (ended) return refused(ended);
    const plan = found && planOf(found);
    const not = nodeIds.find((nodeId) => !plan || !waits(plan, nodeId));
    if (nodeIds.length > 0 && not === undefined) return allClear;
    const name = found?.targets.find((one) => one.id === not)?.name;
    return refused(
      new Failure(
        'NOT_WAITING',
        name ? `${name} does not wait for a go-ahead` : `no node of operation ${id} waits for a go-ahead`,
        'its steps say what each node waits for',
      ),
    );
  },
  act: (run, { id, nodeIds }) =>
    run.each(async ({ id: nodeId }) => {
      if (nodeId === null || !nodeIds.includes(nodeId)) return;
      const by = run.operation.actor.name ?? run.operation.actor.id ?? 'somebody';
      await parts
        .operations()
        .amend(id, (plan) =>
          letGoOn((plan as Plan).works[nodeId], { at: parts.clock.now().toISOString(), by }),
        );
    }),
});

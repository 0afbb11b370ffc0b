// Mutations of rolling maintenance.

import { NodeRoleEnum } from '../../clusters/schema/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { LabelInput } from '../../nodes/schema/inputs.ts';
import { operationMutation } from '../../operations/schema/operation-mutation.ts';
import { ProceedOnEnum } from './enums.ts';

const MaintenanceSelector = builder.inputType('MaintenanceSelector', {
  description: 'Nodes that fit all that is given, as of the intent.',
  fields: (t) => ({
    role: t.field({ type: NodeRoleEnum }),
    labels: t.field({ type: [LabelInput], description: 'Node labels, all of them.' }),
    all: t.boolean({ description: 'Every node of the cluster; without role and labels.' }),
  }),
});

const steerFields = (t: Parameters<Parameters<typeof operationMutation>[1]['fields']>[0]) => ({
  operation: t.id({ required: true, description: 'Of the `rollMaintenance`.' }),
});

operationMutation('rollMaintenance', {
  permission: 'maintenance:run',
  description:
    'Takes nodes out of use, some at a time, for work on their hosts: drains one, waits to be let go on, waits until host and node are back, gives it its availability back, and so on. Workers first, then managers one by one, the leader last. It waits, and its steps say why, while more than `maxUnavailable` of the nodes would be in work, drained or not Ready, or while quorum would not hold without the next one. Stops at the first failure: that node stays in drain, those in work are finished, the others are SKIPPED with NOT_BEGUN. Cancelled: nodes in work get their availability back. It goes on after a restart of the server. Guards, each judged again before every node: NO_FAULT_TOLERANCE, LAST_ACTIVE_NODE, CONCURRENT_DRAIN, HOSTS_SKEP. WOULD_LOSE_QUORUM refuses; DRAIN_DEADLINE, HOOK_FAILED, NOT_BACK end it; ALREADY_UNAVAILABLE warns.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    nodes: t.field({ type: ['NodeRef'], description: 'These, or those of `selector`.' }),
    selector: t.field({ type: MaintenanceSelector }),
    maxUnavailable: t.int({
      description: 'Of the nodes, at once in work, drained or not Ready; 1 to 100, default 1.',
    }),
    proceed: t.field({ type: ProceedOnEnum, description: 'Default GO_AHEAD.' }),
    hook: t.string({ description: 'With HOOK: the name of one of `maintenanceHooks`.' }),
    drainDeadlineSeconds: t.int({ description: 'Of each drain; 1 to 86,400, default 600.' }),
    backDeadlineSeconds: t.int({
      description: 'From when a node was let go on until it is back; 1 to 86,400, default 3,600.',
    }),
  }),
});
operationMutation('proceedMaintenance', {
  permission: 'maintenance:run',
  description:
    'Lets drained nodes of a rolling maintenance go on: the work on their hosts is done. NOT_WAITING for a node that does not wait for it, NOT_CANCELLABLE when the maintenance has ended.',
  fields: (t) => ({
    ...steerFields(t),
    nodes: t.field({ type: ['NodeRef'], description: 'Default: all that wait for it now.' }),
  }),
});
operationMutation('pauseMaintenance', {
  permission: 'maintenance:run',
  description:
    'Begins no further node of a rolling maintenance; those in work are carried through. NOT_CANCELLABLE when it has ended.',
  fields: steerFields,
});
operationMutation('resumeMaintenance', {
  permission: 'maintenance:run',
  description: 'Ends a pause. NOT_CANCELLABLE when the maintenance has ended.',
  fields: steerFields,
});

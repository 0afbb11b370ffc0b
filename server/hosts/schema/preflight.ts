// The mutation preflight.
import type { Context } from '../../context.ts';
import { builder } from '../../graphql/builder.ts';
import type { Operation } from '../../operations/operation.ts';
import { OperationRef } from '../../operations/schema/operation.ts';
import { actionInput, perform } from '../../operations/schema/operation-mutation.ts';
import { readinessOf } from '../readiness.ts';
import { ReadinessRef } from './readiness.ts';

const PreflightHostInput = builder.inputType('PreflightHostInput', {
  fields: (t) => ({
    host: t.id({ required: true }),
    advertiseAddr: t.string({
      description:
        'As in initCluster and joinHosts. Null: the address of its membership, or its only one, or the one in a network of the cluster’s hosts.',
    }),
    dataPathAddr: t.string({ description: 'Default: the advertised one.' }),
  }),
});

const PreflightRole = builder.enumType('PreflightRole', {
  description: 'What hosts are to become.',
  values: ['WORKER', 'MANAGER'] as const,
});

const PreflightInput = actionInput('PreflightInput', (t) => ({
  cluster: t.id({ description: 'Its connected hosts are probed too, with each that is named.' }),
  hosts: t.field({ type: [PreflightHostInput], required: true, description: '200 at most.' }),
  role: t.field({
    type: PreflightRole,
    description:
      'What they are to become: 2377 of workers is not probed. Default WORKER with a cluster, MANAGER without.',
  }),
  dataPathPort: t.int({ description: 'UDP, 1024 to 49151. Default: the cluster’s, or 4789.' }),
}));

const PreflightPayload = builder.objectRef<Operation>('PreflightPayload').implement({
  fields: (t) => ({
    operation: t.field({ type: OperationRef, resolve: (operation) => operation }),
    readiness: t.field({
      type: ReadinessRef,
      nullable: true,
      description: 'Null unless the operation has come so far; later it is Operation.readiness.',
      resolve: ({ report }) => readinessOf(report),
    }),
  }),
});

builder.mutationField('preflight', (t) =>
  t.field({
    type: PreflightPayload,
    description:
      'Whether hosts are fit for a swarm: agents probe the ports between each pair of hosts in both directions, and tell engine versions, clocks, addresses and MTUs. The agents listen on 2377, 7946 and the data path port for at most ten seconds, and answer only probes of this very preflight. Changes nothing; a dry run only says whether it could be asked. HOST_OFFLINE refuses. Permission: host:preflight.',
    args: { input: t.arg({ type: PreflightInput, required: true }) },
    resolve: async (_, { input }, context: Context) => (await perform(context, 'preflight', input)).operation,
  }),
);

// Mutations of services.
import { operationMutation } from '../../operations/schema/operation-mutation.ts';
import { ServiceModeEnum } from './enums.ts';
import { partsFields, ServiceScaleInput } from './inputs.ts';

type Fields = Parameters<Parameters<typeof operationMutation>[1]['fields']>[0];

const oneService = (t: Fields) => ({
  cluster: t.id({ required: true }),
  service: t.string({ required: true, description: 'Its id or exact name.' }),
});
const deadline = (t: Fields) => ({
  deadlineSeconds: t.int({
    description: 'Of the whole operation, from its `startedAt`; 1 to 86,400, default 600.',
  }),
});

const engines =
  'Written through a manager whose engine has the leader’s version; where another manager’s is newer: warning MIXED_ENGINES, and where no such one is connected: NO_SUITABLE_MANAGER.';
const ends =
  'At the deadline: NOT_CONVERGED with the tasks’ errors; the managers go on. Cancelled: it is no longer waited for.';
const reaches =
  'Bind mounts, added capabilities and the host’s network: FORBIDDEN without the permission service:privileged, NOT_ALLOWED where no agent of a manager allows services:privileged, and NOT_ALLOWED always for the engine’s socket and its like.';

operationMutation('createService', {
  permission: 'service:write',
  description: `Makes a service; done when its tasks run and have run for as long as its updates are monitored, by default 5 seconds. The image is taken as it is written, and nodes pull it without credentials. ${reaches} A name that is there: NAME_TAKEN. ${ends} ${engines}`,
  fields: (t) => ({
    cluster: t.id({ required: true }),
    name: t.string({ required: true }),
    image: t.string({ required: true }),
    mode: t.field({ type: ServiceModeEnum, description: 'REPLICATED or GLOBAL. Default REPLICATED.' }),
    ...partsFields(t),
  }),
});
operationMutation('updateService', {
  permission: 'service:write',
  description: `Changes what is given of a service and leaves all else as it is, also what Skep does not know; a list replaces the whole. Done when the managers have updated its tasks. They put it back after a failure: ROLLED_BACK; they stop: UPDATE_PAUSED (updateConfig.failureAction decides). A service that is privileged already needs the same rights when its tasks change. ${reaches} ${ends} ${engines}`,
  fields: (t) => ({
    ...oneService(t),
    image: t.string(),
    ...partsFields(t),
    forceUpdate: t.boolean({ description: 'Its tasks are made anew even when nothing else changes.' }),
  }),
});
operationMutation('scaleService', {
  permission: 'service:write',
  description: `Sets how many tasks replicated services have; done when as many run. ${ends} ${engines}`,
  fields: (t) => ({
    cluster: t.id({ required: true }),
    services: t.field({ type: [ServiceScaleInput], required: true }),
    ...deadline(t),
  }),
});
operationMutation('rollbackService', {
  permission: 'service:write',
  description: `Puts a service back to its spec before the present one; done when the rollback has completed. Docker keeps one, and after a rollback that the managers made by themselves none: NO_PREVIOUS_SPEC. The managers stop it: UPDATE_PAUSED. ${ends} ${engines}`,
  fields: (t) => ({ ...oneService(t), ...deadline(t) }),
});
operationMutation('removeService', {
  permission: 'service:write',
  description: `Removes a service; done when it is not listed and its tasks have ended. At the deadline: NOT_CONVERGED. ${engines}`,
  fields: (t) => ({ ...oneService(t), ...deadline(t) }),
});

// Mutations of services.
import { operationMutation } from '../../operations/schema/operation-mutation.ts';
import { ValueEncodingEnum } from '../../secrets/schema/enums.ts';
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

for (const [one, most] of [
  ['secret', '511,999'],
  ['config', '1,023,999'],
] as const)
  operationMutation(one === 'secret' ? 'rotateSecret' : 'rotateConfig', {
    permission: `${one}:write`,
    description: `Gives services a new value of a ${one}, which swarm mode cannot change in place: makes a new one under another name with the old one’s labels and the label skep.rotation-of, then moves the services that use the old one over to it, one after the other and each until it has converged; file name, owner and mode stay, so that their tasks read the new value where they read the old one. Needs the permission service:write, too: FORBIDDEN. Stops at the first service that does not get there (ROLLED_BACK, UPDATE_PAUSED, NOT_CONVERGED, as in updateService); the others are SKIPPED with NOT_BEGUN, the old one is kept, and the message says which services use which. Cancelled: the services that were not begun keep the old one. The value goes to a manager’s engine and nowhere else; after a restart of the server it goes on if the new one was made, and ends with INTERRUPTED if not. A new name that is there: NAME_TAKEN. A service that is privileged needs the rights that updateService needs. Services that are left out and use the old one: warning STILL_USED, with removeOld IN_USE. ${engines}`,
    fields: (t) => ({
      cluster: t.id({ required: true }),
      [one]: t.string({ required: true, description: 'The old one: its full id or exact name.' }),
      value: t.string({
        required: true,
        description: `1 to ${most} bytes; over a WebSocket as many as a message of 262,144 bytes holds.`,
      }),
      encoding: t.field({ type: ValueEncodingEnum, description: 'Default UTF8.' }),
      name: t.string({
        description:
          'Of the new one, at most 64 characters. Default: the old one’s, counted up to the first that is free: `password`, `password-v2`, `password-v3`.',
      }),
      services: t.stringList({
        description: 'Ids or exact names of those to move, in this order. Default: all that use it, by name.',
      }),
      removeOld: t.boolean({
        description:
          'Removes the old one when all are moved; rollbackService has no way back to it then. Default false.',
      }),
      ...deadline(t),
    }),
  });

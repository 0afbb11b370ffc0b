// Mutations of secrets and configs.
import { LabelInput } from '../../nodes/schema/inputs.ts';
import { operationMutation } from '../../operations/schema/operation-mutation.ts';
import { ValueEncodingEnum } from './enums.ts';

const once =
  'The value goes to a manager’s engine and nowhere else: it is not on record, not logged, and never told again. Give it as a variable, not in the document.';

operationMutation('createSecret', {
  permission: 'secret:write',
  description: `Makes a swarm secret; done when a manager lists it. ${once} NAME_TAKEN refuses: a value is never changed.`,
  fields: (t) => ({
    cluster: t.id({ required: true }),
    name: t.string({ required: true, description: 'At most 64 letters, digits, `-`, `_` and `.`.' }),
    value: t.string({
      required: true,
      description: '1 to 511,999 bytes; over a WebSocket as many as a message of 262,144 bytes holds.',
    }),
    encoding: t.field({ type: ValueEncodingEnum, description: 'Default UTF8.' }),
    labels: t.field({ type: [LabelInput], description: 'The last one of a key counts. They are no secret.' }),
  }),
});
operationMutation('createConfig', {
  permission: 'config:write',
  description: `Makes a swarm config; done when a manager lists it. ${once} NAME_TAKEN refuses: a value is never changed.`,
  fields: (t) => ({
    cluster: t.id({ required: true }),
    name: t.string({ required: true, description: 'At most 64 letters, digits, `-`, `_` and `.`.' }),
    value: t.string({
      required: true,
      description: '1 to 1,023,999 bytes; over a WebSocket as many as a message of 262,144 bytes holds.',
    }),
    encoding: t.field({ type: ValueEncodingEnum, description: 'Default UTF8.' }),
    labels: t.field({ type: [LabelInput], description: 'The last one of a key counts. They are no secret.' }),
  }),
});
operationMutation('removeSecret', {
  permission: 'secret:write',
  description:
    'Removes a secret that no service uses; done when a manager no longer lists it. IN_USE refuses, and names the services.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    secret: t.string({ required: true, description: 'Its full id or exact name.' }),
  }),
});
operationMutation('removeConfig', {
  permission: 'config:write',
  description:
    'Removes a config that no service uses; done when a manager no longer lists it. IN_USE refuses, and names the services.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    config: t.string({ required: true, description: 'Its full id or exact name.' }),
  }),
});

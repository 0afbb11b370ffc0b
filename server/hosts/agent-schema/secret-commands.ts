// What an agent can be told to do with the secrets and configs of its cluster.
import type { CommandBody } from '../links.ts';
import { builder } from './builder.ts';
import { Label } from './label.ts';

type Body<Name extends CommandBody['__typename']> = Extract<CommandBody, { __typename: Name }>;

const fresh = 'Always true; a type needs a field.';
const read = (path: string, used: string): string =>
  `Read by a manager: GET ${path} without any value, and of GET /services which of them they use. Answers { kept: [{ id, version, createdAt, updatedAt, name, labels }], services: [{ id, name, uses: [{ id, file }] }] }; ${used}.`;
const create = (path: string): string =>
  `POST ${path}, by a manager. The value is a secret: it goes to the engine and nowhere else. Answers { id }.`;
const remove = (path: string): string =>
  `DELETE ${path}, by a manager. Answers { removed: true }. One that is gone: done.`;

export const CreateSecret = builder.objectRef<Body<'CreateSecret'>>('CreateSecret').implement({
  description: create('/secrets/create'),
  fields: (t) => ({
    name: t.exposeString('name'),
    value: t.exposeString('value', { description: 'In base64.' }),
    labels: t.field({ type: [Label], resolve: ({ labels }) => [...labels] }),
  }),
});
export const CreateConfig = builder.objectRef<Body<'CreateConfig'>>('CreateConfig').implement({
  description: create('/configs/create'),
  fields: (t) => ({
    name: t.exposeString('name'),
    value: t.exposeString('value', { description: 'In base64.' }),
    labels: t.field({ type: [Label], resolve: ({ labels }) => [...labels] }),
  }),
});

export const RemoveSecret = builder.objectRef<Body<'RemoveSecret'>>('RemoveSecret').implement({
  description: remove('/secrets/{id}'),
  fields: (t) => ({ secret: t.exposeID('secret') }),
});
export const RemoveConfig = builder.objectRef<Body<'RemoveConfig'>>('RemoveConfig').implement({
  description: remove('/configs/{id}'),
  fields: (t) => ({ config: t.exposeID('config') }),
});

export const ReadSecrets = builder.objectRef<Body<'ReadSecrets'>>('ReadSecrets').implement({
  description: read('/secrets', '`file` is the target’s name'),
  fields: (t) => ({ fresh: t.exposeBoolean('fresh', { description: fresh }) }),
});
export const ReadConfigs = builder.objectRef<Body<'ReadConfigs'>>('ReadConfigs').implement({
  description: read('/configs', '`file` is the target’s path, null for a credential spec'),
  fields: (t) => ({ fresh: t.exposeBoolean('fresh', { description: fresh }) }),
});

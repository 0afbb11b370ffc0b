// Secrets and configs: the same calls under two names, and of secrets no value ever comes back.
import { ApiError, grpcError } from './api-error.ts';
import { control } from './control.ts';
import { publish } from './events.ts';
import { goTime, newId } from './identifiers.ts';
import { type JsonObject, objectAt, textAt } from './json-fields.ts';
import type { Cluster, Engine, KeptObject, World } from './model.ts';
import { parseFilters } from './query.ts';

type Kind = 'secrets' | 'configs';

const WORDS = {
  secrets: { one: 'secret', most: 512_000, list: 'Secrets', id: 'SecretID' },
  configs: { one: 'config', most: 1_024_000, list: 'Configs', id: 'ConfigID' },
} as const;

const keptOf = (cluster: Cluster, kind: Kind): Map<string, KeptObject> =>
  kind === 'secrets' ? cluster.keptSecrets : cluster.keptConfigs;

const keptJson = (kind: Kind, { id, versionIndex, createdAt, spec }: KeptObject): JsonObject => {
  const { Data, ...open } = spec;
  return {
    ID: id,
    Version: { Index: versionIndex },
    CreatedAt: createdAt,
    UpdatedAt: createdAt,
    Spec: kind === 'secrets' ? open : { ...open, Data },
  };
};

const emit = (world: World, cluster: Cluster, kind: Kind, { id, spec }: KeptObject, action: string): void =>
  publish(world, cluster, {
    type: WORDS[kind].one,
    action,
    id,
    attributes: { name: textAt(spec, 'Name') },
    timeNano: world.nano(),
  });

const findKept = (cluster: Cluster, kind: Kind, ref: string): KeptObject => {
  const kept = keptOf(cluster, kind);
  const found = kept.get(ref) ?? [...kept.values()].find(({ spec }) => textAt(spec, 'Name') === ref);
  if (!found) throw new ApiError(404, `${WORDS[kind].one} ${ref} not found`);
  return found;
};

/** GET /secrets, GET /configs. */
export const listKept = async (
  world: World,
  engine: Engine,
  kind: Kind,
  query: URLSearchParams,
): Promise<JsonObject[]> => {
  parseFilters(engine.profile, query, ['id', 'label', 'name', 'names']);
  const cluster = await control(world, engine, 'read');
  return [...keptOf(cluster, kind).values()].map((kept) => keptJson(kind, kept));
};

/** GET /secrets/{id}, GET /configs/{id}. */
export const inspectKept = async (
  world: World,
  engine: Engine,
  kind: Kind,
  ref: string,
): Promise<JsonObject> => keptJson(kind, findKept(await control(world, engine, 'read'), kind, ref));

/** POST /secrets/create, POST /configs/create. */
export const createKept = async (
  world: World,
  engine: Engine,
  kind: Kind,
  body: JsonObject,
): Promise<JsonObject> => {
  const cluster = await control(world, engine, 'write');
  const { one, most } = WORDS[kind];
  const name = textAt(body, 'Name');
  if (name.length > 64 || !/^[a-zA-Z0-9]+(?:[a-zA-Z0-9-_.]*[a-zA-Z0-9])?$/.test(name))
    throw grpcError(
      'InvalidArgument',
      'invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]',
    );
  const bytes = Buffer.from(textAt(body, 'Data'), 'base64').length;
  if (bytes === 0 || bytes >= most)
    throw grpcError('InvalidArgument', `${one} data must be larger than 0 and less than ${most} bytes`);
  const kept = keptOf(cluster, kind);
  if ([...kept.values()].some(({ spec }) => textAt(spec, 'Name') === name))
    throw grpcError('AlreadyExists', `${one} ${name} already exists`);
  cluster.index += 1;
  const made = {
    id: newId(),
    versionIndex: cluster.index,
    createdAt: goTime(world.nano()),
    spec: { ...body, Labels: objectAt(body, 'Labels') },
  };
  kept.set(made.id, made);
  emit(world, cluster, kind, made, 'create');
  return { ID: made.id };
};

/** DELETE /secrets/{id}, DELETE /configs/{id}. */
export const deleteKept = async (world: World, engine: Engine, kind: Kind, ref: string): Promise<void> => {
  const cluster = await control(world, engine, 'write');
  const { one, list, id } = WORDS[kind];
  const found = findKept(cluster, kind, ref);
  const users = [...cluster.services.values()].filter((service) => {
    const used = objectAt(objectAt(service.spec, 'TaskTemplate'), 'ContainerSpec')[list];
    return Array.isArray(used) && used.some((each) => each[id] === found.id);
  });
  if (users.length > 0) {
    const names = users.map(({ spec }) => textAt(spec, 'Name')).join(', ');
    throw grpcError(
      'InvalidArgument',
      `${one} '${textAt(found.spec, 'Name')}' is in use by the following service${users.length > 1 ? 's' : ''}: ${names}`,
    );
  }
  cluster.index += 1;
  keptOf(cluster, kind).delete(found.id);
  emit(world, cluster, kind, found, 'remove');
};

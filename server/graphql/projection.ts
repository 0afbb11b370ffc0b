// Which fields tell of the projection alone: an allow-list that each slice gives with its types, and nothing by default.
import type { GraphQLField, GraphQLObjectType } from 'graphql';
import { isPermission, type Permission } from '../access/permissions.ts';

/**
 * What a field's value depends on, beside its arguments and the rights of who asks. `itself`: on the object that it is a
 * field of. `clusters`: on what is known of the clusters (`Clusters.version`). `events`: on where the events stand.
 * Nothing that depends on time, on an engine, on the database or on another slice's memory is any of them.
 */
export type Dependency = 'itself' | 'clusters' | 'events';

/**
 * Options of an object type: its fields that are of the projection, by what they depend on. One that is not named is not.
 * @param immutable its objects never change: what is known anew is another object.
 */
export const ofProjection = (
  fields: Partial<Record<Dependency, readonly string[]>>,
  { immutable = false }: { immutable?: boolean } = {},
) => ({
  extensions: {
    immutable,
    projection: Object.fromEntries(
      Object.entries(fields).flatMap(([dependency, names]) => names.map((name) => [name, dependency])),
    ),
  },
});

/** The same as options of one field, such as one that another slice adds. */
export const dependsOn = (projection: Dependency) => ({ extensions: { projection } });

const dependencies: ReadonlySet<unknown> = new Set<Dependency>(['itself', 'clusters', 'events']);
const isDependency = (value: unknown): value is Dependency => dependencies.has(value);

/** Null: it is not of the projection, or nobody has said so. */
export const dependencyOf = (
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
): Dependency | null => {
  const own: unknown = field.extensions.projection;
  if (isDependency(own)) return own;
  const list: unknown = type.extensions.projection;
  if (list === null || typeof list !== 'object' || !Object.hasOwn(list, field.name)) return null;
  const listed = new Map<string, unknown>(Object.entries(list)).get(field.name);
  return isDependency(listed) ? listed : null;
};

/** Null: anybody may have it who has its object. `unknown`: it is guarded in a way that is not looked at here. */
export const permissionOf = (field: GraphQLField<unknown, unknown>): Permission | 'unknown' | null => {
  const options = field.extensions.pothosOptions as { authScopes?: unknown } | undefined;
  const scopes = options?.authScopes;
  if (scopes === undefined || scopes === null) return null;
  if (typeof scopes !== 'object' || Object.keys(scopes).join() !== 'permission') return 'unknown';
  const { permission } = scopes as { permission: unknown };
  return typeof permission === 'string' && isPermission(permission) ? permission : 'unknown';
};

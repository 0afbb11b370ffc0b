// Which groups of the provider may do what: a file in YAML or JSON, read once, at the start.
import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import * as z from 'zod';
import { isPermission, type Permission, permissions, type RoleName, roleNames } from './permissions.ts';
import type { Rights } from './persons.ts';

export type GroupRule = {
  group: string;
  role: RoleName;
  /** Beyond the role's. */
  permissions: readonly Permission[];
  /** Ids or names of clusters; null: all, and what belongs to no cluster. */
  clusters: readonly string[] | null;
};

const all = '*';
const text = z.string().trim().min(1).max(255);
const permissionNames = Object.keys(permissions).filter(isPermission);
const roleWords = roleNames.map((name) => name.toUpperCase());

const rule = z
  .strictObject({
    group: text,
    role: z
      .enum(roleWords)
      .transform((word): RoleName => roleNames.find((name) => name.toUpperCase() === word) ?? 'viewer'),
    permissions: z.array(z.enum(permissionNames)).default([]),
    clusters: z
      .array(text)
      .min(1)
      .refine(
        (list) => !list.includes(all) || list.length === 1,
        `"${all}" means all clusters and stands alone`,
      ),
  })
  .transform(
    ({ clusters, ...rest }): GroupRule => ({
      ...rest,
      clusters: clusters.includes(all) ? null : clusters,
    }),
  );

const rules = z
  .array(rule)
  .min(1)
  .max(1_000)
  .superRefine((list, context) => {
    for (const [at, { group }] of list.entries())
      if (list.findIndex((each) => each.group === group) < at)
        context.addIssue({
          code: 'custom',
          path: [at, 'group'],
          message: `${group} has an entry before; each group has one`,
        });
  });

/** @throws Error with a sentence that says where and what. */
export const parseGroupRules = (source: string): readonly GroupRule[] => {
  let value: unknown;
  try {
    value = parse(source, { maxAliasCount: 0 });
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw new Error('no aliases are taken: write it out');
    throw new Error(`line ${error.linePos?.[0].line ?? '?'}: ${error.message.split('\n', 1)[0]}`);
  }
  const parsed = rules.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [at, ...rest] = issue?.path ?? [];
  const where =
    typeof at === 'number' ? `entry ${at + 1}${rest.length > 0 ? `, ${rest.join('.')}` : ''}: ` : '';
  throw new Error(`${where}${issue?.message ?? 'not as it should be'}`);
};

/** @throws Error: it cannot be read, or is not as it should be. */
export const readGroupRules = (file: string): readonly GroupRule[] => {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(
      `it cannot be read (${error instanceof Error && 'code' in error ? error.code : 'unknown'})`,
    );
  }
  return parseGroupRules(source);
};

/**
 * Clusters that a rule means. An id comes first: whoever may rename a cluster must not take another's place by its name.
 * One that nothing has may be of a cluster that is found later, as with keys.
 */
export const clusterIdsOf = (
  clusters: readonly { id: string; name: string }[],
  idOrName: string,
): readonly string[] => {
  const named = clusters.filter(({ name }) => name === idOrName).map(({ id }) => id);
  return named.length === 0 || clusters.some(({ id }) => id === idOrName) ? [idOrName] : named;
};

/**
 * The first entry with one of the groups counts, and it alone: rights of two that were added up would be more than
 * either gives, such as the role of one for the clusters of the other.
 * @param clusterIds those that an id or a name means; none when there is no such cluster (yet).
 * @returns null: no entry fits.
 */
export const rightsOfGroups = (
  list: readonly GroupRule[],
  groups: readonly string[],
  clusterIds: (idOrName: string) => readonly string[],
): Rights | null => {
  const found = list.find(({ group }) => groups.includes(group));
  if (!found) return null;
  const { role, permissions: extra, clusters } = found;
  return {
    role,
    permissions: extra,
    clusters: clusters && [...new Set(clusters.flatMap(clusterIds))],
  };
};

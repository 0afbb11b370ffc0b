// Creating and revoking API keys, and links that sign in as one.
import * as z from 'zod';
import { type Action, allClear } from '../operations/action.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import { type ApiKeys, newKeyId, within } from './api-keys.ts';
import type { Holders } from './holders.ts';
import {
  isPermission,
  type Permission,
  permissions,
  type RoleName,
  roleNames,
  roles,
} from './permissions.ts';
import type { Tickets } from './tickets.ts';

type CreateInput = {
  name: string;
  role: RoleName;
  permissions: Permission[];
  clusters: string[] | null;
  expiresAt: Date;
};
type CreatePlan = {
  id: string;
  name: string;
  role: RoleName;
  permissions: Permission[];
  clusters: string[] | null;
  expiresAt: string;
};

const longestMs = 365 * 24 * 3_600_000;
const permissionNames = Object.keys(permissions).filter(isPermission);

/** A key cannot give what its maker does not hold. */
export const createApiKeyAction = (
  keys: ApiKeys,
  holders: Holders,
  clock: Clock,
): Action<CreateInput, CreatePlan, { id: string; key: string } | null> => ({
  name: 'createApiKey',
  permission: 'key:admin',
  input: z.object({
    name: z.string().trim().min(1).max(100),
    role: z.enum(roleNames),
    permissions: z
      .array(z.enum(permissionNames))
      .nullish()
      .transform((list) => list ?? []),
    clusters: z
      .array(z.string().min(1))
      .nullish()
      .transform((list) => list ?? null),
    expiresAt: z
      .date()
      .nullish()
      .transform((date) => date ?? new Date(clock.now().getTime() + longestMs))
      .refine(
        (date) => date > clock.now() && date.getTime() <= clock.now().getTime() + longestMs,
        'lies in the next 365 days',
      ),
  }) as z.ZodType<CreateInput>,
  resolve: async (input, { actor }) => {
    const wanted = [...roles[input.role], ...input.permissions];
    const missing = wanted.find((permission) => !holders.authorise(actor, permission));
    const scope = holders.clustersOf(actor);
    const outside =
      scope !== null && (input.clusters === null || input.clusters.some((id) => !scope.includes(id)));
    if (missing ?? outside)
      throw new Failure(
        'FORBIDDEN',
        `a key cannot give more than its maker holds (${missing ?? 'clusters'})`,
        'ask an admin',
      );
    const id = newKeyId();
    return {
      clusterId: scope === null ? null : (input.clusters?.[0] ?? null),
      plan: { ...input, id, expiresAt: input.expiresAt.toISOString() },
      targets: [{ kind: 'API_KEY', id, name: input.name }],
      locks: [],
    };
  },
  judge: async () => allClear,
  act: async (run, plan) => {
    let secret: { id: string; key: string } | null = null;
    await run.each(async () => {
      // A restart found it made already: its secret is gone, so it is of no use to anybody.
      if (keys.find(plan.id)) return keys.revoke(plan.id);
      const made = await keys.create(plan.id, {
        ...plan,
        expiresAt: new Date(plan.expiresAt),
        createdById: run.operation.actor.id,
      });
      secret = { id: plan.id, key: made.secret };
    });
    return secret;
  },
});

export const revokeApiKeyAction = (
  keys: ApiKeys,
  holders: Holders,
): Action<{ id: string }, { id: string }> => ({
  name: 'revokeApiKey',
  permission: 'key:admin',
  input: z.object({ id: z.string().min(1) }),
  named: ({ id }) => [{ kind: 'API_KEY', name: id }],
  resolve: async ({ id }, { actor }) => {
    const key = keys.find(id);
    const scope = holders.clustersOf(actor);
    if (!key || !within(key.clusters, scope))
      throw new Failure('NOT_FOUND', `no API key ${id}`, 'list apiKeys');
    return {
      clusterId: scope === null ? null : (key.clusters?.[0] ?? null),
      plan: { id },
      targets: [{ kind: 'API_KEY', id, name: key.name }],
      locks: [`key:${id}`],
    };
  },
  judge: async () => allClear,
  act: (run, { id }) => run.each(() => keys.revoke(id)),
});

/** For a browser, which cannot present a key: it acts as the key or person that made the link, and as no other. */
export const createSignInLinkAction = (
  holders: Holders,
  tickets: Tickets,
): Action<object, { keyId: string }, { ticket: string; expiresAt: Date } | null> => ({
  name: 'createSignInLink',
  permission: 'session:create',
  input: z.object({}),
  resolve: async (_, { actor }) => {
    const { kind, id, name } = actor;
    return {
      clusterId: holders.clustersOf(actor)?.[0] ?? null,
      plan: { keyId: id },
      targets: [{ kind, id, name }],
      locks: [],
    };
  },
  judge: async () => allClear,
  act: async (run, { keyId }) => {
    let made: { ticket: string; expiresAt: Date } | null = null;
    await run.each(async () => {
      // Whoever asked for it is not there any more: nobody would have it.
      if (!run.resumed) made = tickets.create(keyId);
    });
    return made;
  },
});

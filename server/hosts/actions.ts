// What can be done to hosts as such: enrol, rename, revoke, forget.
import * as z from 'zod';
import type { Requester } from '../audit/actor.ts';
import { type Action, type AnyAction, allClear, refused } from '../operations/action.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import type { Commands } from './commands.ts';
import { type Enrolments, newEnrolmentId } from './enrolments.ts';
import { clusterOf, type Host } from './host.ts';
import type { Links } from './links.ts';
import type { Hosts } from './registry.ts';

export const hostName = z.string().trim().min(1).max(100);
const hostId = z.object({ id: z.string().min(1) });

/** Clusters that a requester sees; null: all, and hosts of no cluster. */
export type ScopeOf = (requester: Requester) => readonly string[] | null;

export const inScope = (host: Host, scope: readonly string[] | null): boolean => {
  if (scope === null) return true;
  const cluster = clusterOf(host);
  return cluster !== null && scope.includes(cluster);
};

/** @throws Failure NOT_FOUND, also where it is out of scope. */
export const findHost = (hosts: Hosts, id: string, scope: readonly string[] | null): Host => {
  const host = hosts.find(id);
  if (!host || !inScope(host, scope)) throw new Failure('NOT_FOUND', `no host ${id}`, 'list hosts');
  return host;
};

export const createEnrolmentAction = (
  enrolments: Enrolments,
): Action<
  { name: string | null },
  { id: string; name: string | null },
  { id: string; secret: string } | null
> => ({
  name: 'createEnrolment',
  permission: 'host:enrol',
  input: z.object({ name: hostName.nullish().transform((name) => name ?? null) }),
  resolve: async ({ name }) => {
    const id = newEnrolmentId();
    return {
      clusterId: null,
      plan: { id, name },
      targets: [{ kind: 'ENROLMENT', id, name: name ?? id }],
      locks: [],
    };
  },
  judge: async () => allClear,
  act: async (run, { id, name }) => {
    let secret: { id: string; secret: string } | null = null;
    await run.each(async () => {
      // Made by an earlier process: nobody has its secret, and it expires by itself.
      if (await enrolments.find(id)) return;
      const made = await enrolments.create({ id, hostName: name, createdById: run.operation.actor.id });
      secret = { id, secret: made.secret };
    });
    return secret;
  },
});

/** An action on one host by its id. */
const onHost = <Extra>(
  {
    name,
    hosts,
    scopeOf,
    extra,
    permission = 'host:update',
    waits = true,
  }: {
    name: string;
    hosts: Hosts;
    scopeOf: ScopeOf;
    extra: z.ZodType<Extra>;
    permission?: AnyAction['permission'];
    /** False: at once, whatever else is done to the host. */
    waits?: boolean;
  },
  judge: Action<unknown, { id: string } & Extra>['judge'],
  work: (plan: { id: string } & Extra, operationId: string) => Promise<void>,
): Action<{ id: string } & Extra, { id: string } & Extra> => ({
  name,
  permission,
  input: z.intersection(hostId, extra),
  named: ({ id }) => [{ kind: 'HOST', name: id }],
  resolve: async (input, requester) => {
    const host = findHost(hosts, input.id, scopeOf(requester));
    return {
      clusterId: clusterOf(host),
      plan: input,
      targets: [{ kind: 'HOST', id: host.id, name: host.name }],
      locks: waits ? [`host:${host.id}`] : [],
    };
  },
  judge,
  act: (run, plan) => run.each(() => work(plan, run.operation.id)),
});

const none = z.object({});

export const renameHostAction = (hosts: Hosts, scopeOf: ScopeOf) =>
  onHost(
    { name: 'renameHost', hosts, scopeOf, extra: z.object({ name: hostName }) },
    async ({ id, name }) =>
      (hosts.ofName(name)?.id ?? id) !== id
        ? refused(new Failure('NAME_TAKEN', `another host is called ${name}`, 'choose another name'))
        : allClear,
    async ({ id, name }, operationId) => void (await hosts.change(id, { name }, operationId)),
  );

/** Ends its agent's connection and refuses it from now on; the engine and its swarm membership stay as they are. */
export const revokeHostAction = (
  hosts: Hosts,
  links: Links,
  commands: Commands,
  scopeOf: ScopeOf,
  clock: Clock,
) =>
  onHost(
    // What runs on the host must not hold up that its agent is cut off; it ends by that.
    { name: 'revokeHost', hosts, scopeOf, extra: none, waits: false },
    async () => allClear,
    async ({ id }, operationId) => {
      // Its engine is free for an enrolment of its own: an engine has one host.
      await hosts.change(id, { revokedAt: clock.now(), status: 'REVOKED', engineId: null }, operationId);
      links.of(id)?.close(4403, 'revoked');
      commands.abandon(id, new Failure('HOST_REVOKED', `host ${id} was revoked`));
    },
  );

/** Ends a quarantine. `engine`: the id that it is bound to from now on; null: as before. */
export const releaseHostAction = (hosts: Hosts, scopeOf: ScopeOf) =>
  onHost(
    {
      name: 'releaseHost',
      hosts,
      scopeOf,
      permission: 'host:enrol',
      extra: z.object({
        engine: z
          .string()
          .min(1)
          .nullish()
          .transform((engine) => engine ?? null),
      }),
    },
    async ({ id, engine }) => {
      const host = hosts.find(id);
      if (!host?.quarantine)
        return refused(new Failure('HOST_NOT_QUARANTINED', `host ${id} is not in quarantine`));
      const holder = engine === null ? null : hosts.ofEngine(engine);
      return holder && holder.id !== id
        ? refused(
            new Failure('ENGINE_CLAIMED', `engine ${engine} is host ${holder.name}’s`, 'revoke it first'),
          )
        : allClear;
    },
    async ({ id, engine }, operationId) => {
      const change = { quarantine: null, status: 'DISCONNECTED' } as const;
      await hosts.change(id, engine === null ? change : { ...change, engineId: engine }, operationId);
    },
  );

/** Its history stays. Refused while its agent is connected, for it would be lost to Skep, not gone. */
export const forgetHostAction = (hosts: Hosts, links: Links, scopeOf: ScopeOf) =>
  onHost(
    { name: 'forgetHost', hosts, scopeOf, extra: none },
    async ({ id }) =>
      links.of(id)
        ? refused(new Failure('HOST_CONNECTED', `the agent of host ${id} is connected`, 'revokeHost first'))
        : allClear,
    async ({ id }) => hosts.remove(id),
  );

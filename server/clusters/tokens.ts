// Join tokens: read only by their own audited mutation, rotated, never stored.
// https://docs.docker.com/reference/cli/docker/swarm/join-token/
import * as z from 'zod';
import type { ScopeOf } from '../hosts/actions.ts';
import { type Commands, failureOf } from '../hosts/commands.ts';
import { type Action, allClear, type Run, refused } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import type { TokenRole } from './cluster.ts';
import { anyValue } from './explain.ts';
import { findCluster, whyReadOnly } from './find.ts';
import type { Managers } from './managers.ts';
import type { ReadCluster } from './read.ts';
import type { Clusters } from './registry.ts';

type Parts = {
  clusters: Clusters;
  managers: Managers;
  commands: Commands;
  read: ReadCluster;
  scopeOf: ScopeOf;
  clock: Clock;
};
type Plan = { cluster: string; role: TokenRole; digestBefore: string | null };

const tokenAnswer = z.object({ token: z.string().startsWith('SWMTKN-'), address: z.string().min(1) });
const rotateAnswer = z.object({ digest: z.string() });
const observeMs = 30_000;
const tokenInput = z.object({ cluster: z.string().min(1), role: z.enum(['WORKER', 'MANAGER']) });

export const engineRole = (role: TokenRole): 'worker' | 'manager' =>
  role === 'MANAGER' ? 'manager' : 'worker';

/** The token of a role and the address to join at, from a manager, for at once and nowhere else. */
export const readJoinToken = async (
  { clusters, managers, commands }: Pick<Parts, 'clusters' | 'managers' | 'commands'>,
  clusterId: string,
  role: TokenRole,
): Promise<z.infer<typeof tokenAnswer>> => {
  const cluster = clusters.find(clusterId);
  if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${clusterId}`);
  const host = managers.first(cluster);
  return tokenAnswer.parse(
    await commands.read(host.id, { __typename: 'ReadJoinToken', role: engineRole(role) }),
  );
};

const aboutToken = (name: string, permission: string, { clusters, scopeOf }: Parts) => ({
  name,
  permission,
  input: tokenInput as z.ZodType<z.infer<typeof tokenInput>>,
  named: ({ cluster, role }: z.infer<typeof tokenInput>) => [
    { kind: 'JOIN_TOKEN', name: `${role.toLowerCase()} of ${cluster}` },
  ],
  resolve: async ({ cluster: id, role }: z.infer<typeof tokenInput>, requester: Parameters<ScopeOf>[0]) => {
    const cluster = findCluster(clusters, id, scopeOf, requester);
    return {
      clusterId: id,
      plan: { cluster: id, role, digestBefore: cluster.swarm?.tokens[role] ?? null },
      targets: [
        { kind: 'JOIN_TOKEN', id: `${id}:${role}`, name: `${role.toLowerCase()} of ${cluster.name}` },
      ],
      locks: [`spec:${id}`],
    };
  },
});

const noteToken = (
  clusters: Clusters,
  id: string,
  role: TokenRole,
  at: 'rotatedAt' | 'revealedAt',
  when: Date,
  run: Run,
) =>
  clusters.change(
    id,
    ({ tokens }) => ({ tokens: { ...tokens, [role]: { ...tokens[role], [at]: when } } }),
    run.operation.id,
  );

/** Also of a cluster that is only discovered: reading changes nothing. */
export const revealJoinTokenAction = (
  parts: Parts,
): Action<z.infer<typeof tokenInput>, Plan, { token: string; command: string } | null> => ({
  ...aboutToken('revealJoinToken', 'secret:reveal', parts),
  judge: async ({ cluster: id }) => {
    const cluster = parts.clusters.find(id);
    if (cluster) parts.managers.first(cluster);
    return allClear;
  },
  act: async (run, { cluster: id, role }) => {
    let secret: { token: string; command: string } | null = null;
    await run.each(async () => {
      // Its caller is gone: there is nobody to tell it to.
      if (run.resumed)
        throw new Failure('INTERRUPTED', 'the server was restarted before the token was told', 'ask again');
      await run.secretRead();
      const { token, address } = await readJoinToken(parts, id, role);
      await noteToken(parts.clusters, id, role, 'revealedAt', parts.clock.now(), run);
      secret = { token, command: `docker swarm join --token ${token} ${address}` };
    });
    return secret;
  },
});

export const rotateJoinTokenAction = (parts: Parts): Action<z.infer<typeof tokenInput>, Plan> => ({
  ...aboutToken('rotateJoinToken', 'secret:rotate', parts),
  reachable: ({ cluster: id }) => parts.read.reachable(id),
  judge: async ({ cluster: id }) => {
    const cluster = parts.clusters.find(id);
    if (!cluster) return refused(new Failure('NOT_FOUND', `no cluster ${id}`));
    const readOnly = whyReadOnly(cluster);
    if (readOnly) return refused(readOnly);
    await parts.read.fresh(id);
    return allClear;
  },
  act: (run, { cluster: id, role, digestBefore }) =>
    run.each(async (target) => {
      const cluster = parts.clusters.find(id);
      if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${id}`);
      // As of now: the plan's is of the intent, and another rotation may have been before this one in the queue.
      const before = run.resumed ? digestBefore : (await parts.read.fresh(id)).swarm.tokens[role];
      const digest = await run.step('rotate', target.id, async () => {
        const result = await parts.commands.carryOut({
          run,
          hostId: () => parts.managers.first(cluster).id,
          step: 'rotate',
          body: { __typename: 'RotateJoinToken', role: engineRole(role) },
          expectations: [{ clusterId: id, subjectId: id, path: `joinTokens.${role}`, value: anyValue }],
        });
        if (result.outcome === 'FAILED' || result.outcome === 'REFUSED') throw failureOf(result);
        run.unknown(result.outcome === 'UNKNOWN');
        return result.outcome === 'DONE' ? rotateAnswer.parse(result.result).digest : null;
      });
      await run.step('observe', target.id, async () => {
        const seen = await waitFor(
          async () => {
            const state = await parts.read.fresh(id).catch(() => null);
            const now = state?.swarm.tokens[role];
            return state && (digest === null ? now !== before : now === digest) ? state : null;
          },
          { timeoutMs: observeMs, signal: run.signal },
        );
        if (!seen)
          throw new Failure(
            'OUTCOME_UNKNOWN',
            'the token was not seen to change in time',
            'look at its fingerprint',
          );
        run.unknown(false);
        run.observed(seen.began);
        await noteToken(parts.clusters, id, role, 'rotatedAt', parts.clock.now(), run);
      });
    }),
});

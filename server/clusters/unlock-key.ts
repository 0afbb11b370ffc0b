// The unlock key of a cluster with autolock: read only by its own audited mutation, rotated, never stored.
// https://docs.docker.com/engine/swarm/swarm_manager_locking/
import * as z from 'zod';
import { type Action, allClear, refused } from '../operations/action.ts';
import type { Warning } from '../operations/operation.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure } from '../platform/failure.ts';
import { anyValue } from './explain.ts';
import { findCluster } from './find.ts';
import { isReachable } from './quorum.ts';
import type { Clusters } from './registry.ts';
import { judgeSpec, type SpecParts, sendSpec } from './send-spec.ts';
import { isAutolocked } from './settings.ts';

const input = z.object({ cluster: z.string().min(1) });
type Input = z.infer<typeof input>;
type Plan = { cluster: string; digestBefore: string | null };

const keyAnswer = z.object({ unlockKey: z.string() });
const observeMs = 30_000;

/** The unlock key, from a manager, for at once and nowhere else; empty with autolock off. */
export const readUnlockKey = async (
  { clusters, managers, commands }: Pick<SpecParts, 'clusters' | 'managers' | 'commands'>,
  clusterId: string,
): Promise<string> => {
  const cluster = clusters.find(clusterId);
  if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${clusterId}`);
  const body = { __typename: 'ReadUnlockKey', fresh: true } as const;
  return keyAnswer.parse(await commands.read(managers.first(cluster).id, body)).unlockKey;
};

export const noteUnlockKey = (
  clusters: Clusters,
  id: string,
  at: 'rotatedAt' | 'revealedAt',
  when: Date,
  operationId: string,
): Promise<void> =>
  clusters.change(id, ({ unlockKey }) => ({ unlockKey: { ...unlockKey, [at]: when } }), operationId);

export const keepTheKey = (cluster: string): Warning => ({
  code: 'UNLOCK_KEY_TO_KEEP',
  message:
    'managers that start again from now on wait for the new unlock key: fetch it with revealUnlockKey and keep it outside of the swarm',
  target: cluster,
});

const aboutKey = (name: string, permission: string, { clusters, scopeOf }: SpecParts) => ({
  name,
  permission,
  input: input as z.ZodType<Input>,
  named: ({ cluster }: Input) => [{ kind: 'UNLOCK_KEY', name: `unlock key of ${cluster}` }],
  resolve: async ({ cluster: id }: Input, requester: Parameters<SpecParts['scopeOf']>[0]) => {
    const cluster = findCluster(clusters, id, scopeOf, requester);
    return {
      clusterId: id,
      plan: { cluster: id, digestBefore: cluster.swarm?.unlockKeyDigest ?? null },
      targets: [{ kind: 'UNLOCK_KEY', id, name: `unlock key of ${cluster.name}` }],
      locks: [`spec:${id}`],
    };
  },
});

/** Null in the answer with autolock off. Also of a cluster that is only discovered: reading changes nothing. */
export const revealUnlockKeyAction = (
  parts: SpecParts,
): Action<Input, Plan, { unlockKey: string } | null> => ({
  ...aboutKey('revealUnlockKey', 'secret:reveal', parts),
  judge: async ({ cluster: id }) => {
    const cluster = parts.clusters.find(id);
    if (cluster) parts.managers.first(cluster);
    return allClear;
  },
  act: async (run, { cluster: id }) => {
    let secret: { unlockKey: string } | null = null;
    await run.each(async () => {
      // Its caller is gone: there is nobody to tell it to.
      if (run.resumed)
        throw new Failure('INTERRUPTED', 'the server was restarted before the key was told', 'ask again');
      await run.secretRead();
      const unlockKey = await readUnlockKey(parts, id);
      if (unlockKey === '') return;
      await noteUnlockKey(parts.clusters, id, 'revealedAt', parts.clock.now(), run.operation.id);
      secret = { unlockKey };
    });
    return secret;
  },
});

/** The new key is told by revealUnlockKey alone. */
export const rotateUnlockKeyAction = (parts: SpecParts): Action<Input, Plan> => ({
  ...aboutKey('rotateUnlockKey', 'secret:rotate', parts),
  reachable: ({ cluster: id }) => parts.read.reachable(id),
  judge: ({ cluster: id }) =>
    judgeSpec(parts, id, ({ swarm, nodes }) => {
      if (!isAutolocked(swarm.spec))
        return refused(
          new Failure(
            'AUTOLOCK_OFF',
            'autolock is off: there is no unlock key',
            'turn it on with updateCluster(autolock: true)',
          ),
        );
      const away = nodes.filter((node) => node.managerStatus !== null && !isReachable(node));
      return {
        ...allClear,
        warnings: [
          keepTheKey(id),
          ...away.map((node) => ({
            code: 'OLD_UNLOCK_KEY_TO_KEEP',
            message: `manager ${node.hostname} is not reachable: when it is back it may still be locked with the key of before`,
            target: node.id,
          })),
        ],
      };
    }),
  act: (run, { cluster: id, digestBefore }) =>
    run.each(async () => {
      const answer = await run.step('rotate', id, () =>
        sendSpec(parts, run, id, { rotateUnlockKey: true }, [{ path: 'unlockKey', value: anyValue }]),
      );
      await run.step('observe', id, async () => {
        const wanted = answer?.unlockKeyDigest;
        const seen = await waitFor(
          async () => {
            const state = await parts.read.fresh(id).catch(() => null);
            const now = state?.swarm.unlockKeyDigest;
            return state && now && (wanted ? now === wanted : now !== digestBefore) ? state : null;
          },
          { timeoutMs: observeMs, signal: run.signal },
        );
        if (!seen)
          throw new Failure(
            'OUTCOME_UNKNOWN',
            'the unlock key was not seen to change in time',
            'look at its fingerprint',
          );
        run.unknown(false);
        run.observed(seen.began);
        await noteUnlockKey(parts.clusters, id, 'rotatedAt', parts.clock.now(), run.operation.id);
      });
    }),
});

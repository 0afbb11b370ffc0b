// updateCluster: docker swarm update, of what is given only. https://docs.docker.com/reference/cli/docker/swarm/update/
import * as z from 'zod';
import { type Action, allClear } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure } from '../platform/failure.ts';
import { anyValue } from './explain.ts';
import { findCluster } from './find.ts';
import { judgeSpec, type SpecParts, sendSpec } from './send-spec.ts';
import { hasSettings, isAutolocked, type WantedSettings, wantedInSpec } from './settings.ts';
import { keepTheKey, noteUnlockKey } from './unlock-key.ts';

const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
const whole = z.number().int();
const none = 'is below 0';

const input = z.object({
  cluster: z.string().min(1),
  autolock: optional(z.boolean()),
  certificateExpirySeconds: optional(
    whole.min(3_600, 'is below 3600: Docker takes no certificate that is valid for less than an hour'),
  ),
  heartbeatPeriodSeconds: optional(
    whole.min(0, 'is below 0: Docker takes no negative period; 0 is its default of 5 seconds'),
  ),
  taskHistoryLimit: optional(whole.min(-1, 'is below -1, which keeps all tasks')),
  snapshotInterval: optional(whole.min(1, 'is below 1: raft needs snapshots')),
  keepOldSnapshots: optional(whole.min(0, none)),
});
type Input = z.infer<typeof input>;
type Plan = { cluster: string; wanted: WantedSettings };

const observeMs = 30_000;

export const updateClusterAction = (parts: SpecParts): Action<Input, Plan> => ({
  name: 'updateCluster',
  permission: 'cluster:update',
  input: input as z.ZodType<Input>,
  named: ({ cluster }) => [{ kind: 'CLUSTER', name: cluster }],
  resolve: async ({ cluster: id, ...wanted }, requester) => {
    if (Object.values(wanted).every((value) => value === null))
      throw new Failure('BAD_USER_INPUT', 'input names nothing to change', 'give at least one setting');
    const cluster = findCluster(parts.clusters, id, parts.scopeOf, requester);
    return {
      clusterId: id,
      plan: { cluster: id, wanted },
      targets: [{ kind: 'CLUSTER', id, name: cluster.name }],
      locks: [`spec:${id}`],
    };
  },
  reachable: ({ cluster }) => parts.read.reachable(cluster),
  judge: ({ cluster: id, wanted }) =>
    judgeSpec(parts, id, ({ swarm }) => ({
      ...allClear,
      warnings: wanted.autolock === true && !isAutolocked(swarm.spec) ? [keepTheKey(id)] : [],
    })),
  act: (run, { cluster: id, wanted }) =>
    run.each(async () => {
      const values = wantedInSpec(wanted);
      const answer = await run.step('update', id, () =>
        sendSpec(parts, run, id, wanted, [
          // Docker leaves out what is zero.
          ...values.flatMap(({ path, value }) => [
            { path: `spec.${path}`, value },
            ...(value === 0 ? [{ path: `spec.${path}`, value: null }] : []),
          ]),
          ...(wanted.autolock === null ? [] : [{ path: 'unlockKey', value: anyValue }]),
        ]),
      );
      await run.step('observe', id, async () => {
        const seen = await waitFor(
          async () => {
            const state = await parts.read.fresh(id).catch(() => null);
            return state && hasSettings(state.swarm.spec, wanted) ? state : null;
          },
          { timeoutMs: observeMs, signal: run.signal },
        );
        if (!seen)
          throw new Failure(
            answer ? 'NOT_OBSERVED' : 'OUTCOME_UNKNOWN',
            'the spec was not seen to have the wanted settings in time',
            'read the cluster: somebody else may have changed it meanwhile',
          );
        run.unknown(false);
        run.observed(seen.began);
        run.changed(
          id,
          answer?.changes ??
            values.map(({ path, value }) => ({ path: `spec.${path}`, old: null, new: value })),
        );
        const locks = answer?.changes.some(
          ({ path, new: now }) => path.endsWith('.AutoLockManagers') && now === true,
        );
        if (locks) await noteUnlockKey(parts.clusters, id, 'rotatedAt', parts.clock.now(), run.operation.id);
      });
    }),
});

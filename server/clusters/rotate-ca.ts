// rotateCA: docker swarm ca --rotate. Done when every node has a certificate of the new root, which the old root signs
// over; a single node that is Down keeps it open for ever. https://docs.docker.com/engine/swarm/how-swarm-mode-works/pki/
import * as z from 'zod';
import { type Action, allClear, type Run } from '../operations/action.ts';
import type { Warning } from '../operations/operation.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure, failureIsNull } from '../platform/failure.ts';
import { rotationsOf, withoutNewCertificate } from './ca-rotation.ts';
import type { CaRotation } from './cluster.ts';
import { anyValue } from './explain.ts';
import { findCluster } from './find.ts';
import type { NodeObservation } from './observation.ts';
import type { FreshRead } from './read.ts';
import { judgeSpec, type SpecParts, sendSpec } from './send-spec.ts';

const input = z.object({
  cluster: z.string().min(1),
  deadlineSeconds: z
    .number()
    .int()
    .min(1)
    .max(86_400)
    .nullish()
    .transform((seconds) => seconds ?? 300),
});
type Input = z.infer<typeof input>;

const pollMs = 500;

const namesOf = (nodes: readonly NodeObservation[]): string =>
  nodes.map(({ hostname, status }) => `${hostname} (${status.state})`).join(', ');

const blockedBy = ({ id, hostname, status }: NodeObservation): Warning => ({
  code: 'CA_ROTATION_BLOCKED',
  message: `node ${hostname} is ${status.state}: the rotation waits until it is back or removed`,
  target: id,
});

/** Keeps what is begun with the cluster before anything is sent: whatever happens then, the pinned digest can follow. */
const begin = async ({ clusters, read }: SpecParts, run: Run, id: string): Promise<CaRotation> => {
  const known = clusters.find(id)?.caRotation;
  if (known?.operationId === run.operation.id) return known;
  const { swarm } = await read.fresh(id);
  if (swarm.caDigest === null)
    throw new Failure('ENGINE_BAD_ANSWER', 'the manager does not tell the root certificate');
  const isRunning = swarm.rootRotationInProgress;
  const begun: CaRotation = {
    operationId: run.operation.id,
    from: swarm.caDigest,
    forceRotate: rotationsOf(swarm.spec) + (isRunning ? 0 : 1),
    issuer: isRunning ? swarm.issuer : null,
    to: null,
  };
  await clusters.change(id, () => ({ caRotation: begun }), run.operation.id);
  return begun;
};

/** Tells how far it is. @returns what it waits for. */
const tellProgress = (run: Run, state: FreshRead, tell: (detail: string) => void): NodeObservation[] => {
  const missing = withoutNewCertificate(state);
  const total = state.nodes.length;
  const done = total - missing.length;
  const blocking = missing.filter(({ status }) => status.state !== 'READY');
  for (const node of blocking) run.warn(blockedBy(node));
  const before = run.operation.progress;
  if (before?.done !== done || before.total !== total) run.progress({ done, total, unit: 'nodes' });
  if (missing.length > 0) tell(`waits for ${namesOf(blocking.length > 0 ? blocking : missing)}`);
  return missing;
};

export const rotateCaAction = (parts: SpecParts): Action<Input, Input> => ({
  name: 'rotateCA',
  permission: 'secret:rotate',
  input: input as z.ZodType<Input>,
  named: ({ cluster }) => [{ kind: 'CLUSTER', name: cluster }],
  resolve: async (plan, requester) => {
    const { id, name } = findCluster(parts.clusters, plan.cluster, parts.scopeOf, requester);
    return { clusterId: id, plan, targets: [{ kind: 'CLUSTER', id, name }], locks: [`spec:${id}`] };
  },
  reachable: ({ cluster }) => parts.read.reachable(cluster),
  judge: ({ cluster: id }) =>
    judgeSpec(parts, id, ({ swarm, nodes }) => ({
      ...allClear,
      warnings: [
        ...(swarm.rootRotationInProgress
          ? [
              {
                code: 'CA_ROTATION_RUNNING',
                message: 'a rotation is under way: no other is begun, its end is waited for',
                target: id,
              },
            ]
          : []),
        {
          code: 'JOIN_TOKENS_CHANGE',
          message: 'both join tokens change when it is done: those that were handed out join nobody any more',
          target: id,
        },
        ...nodes.filter(({ status }) => status.state !== 'READY').map(blockedBy),
      ],
    })),
  act: (run, { cluster: id, deadlineSeconds }) =>
    run.each(async (target) => {
      const { from, forceRotate } = await run.step('rotate', id, async () => {
        const begun = await begin(parts, run, id);
        const sent = sendSpec(parts, run, id, { forceRotate: begun.forceRotate }, [
          { path: 'spec.CAConfig.ForceRotate', value: begun.forceRotate },
          { path: 'spec.CAConfig.SigningCACert', value: null },
          { path: 'caDigest', value: anyValue },
          { path: 'joinTokens.WORKER', value: anyValue },
          { path: 'joinTokens.MANAGER', value: anyValue },
        ]);
        await sent.catch(async (error: unknown) => {
          // Nothing was begun: a new root that is seen later is not ours.
          if (error instanceof Failure)
            await parts.clusters.change(id, () => ({ caRotation: null }), run.operation.id);
          throw error;
        });
        return begun;
      });
      let missing: NodeObservation[] = [];
      let isBegun = false;
      const since = run.operation.steps.find(({ name }) => name === 'rotate')?.startedAt;
      const passedMs = since === undefined ? 0 : parts.clock.now().getTime() - Date.parse(since);
      const seen = await run.step('await certificates', id, (tell) =>
        waitFor(
          async () => {
            if (run.cancel.aborted) return 'cancelled' as const;
            const state = await parts.read.fresh(id).catch(failureIsNull);
            if (!state || rotationsOf(state.swarm.spec) < forceRotate) return null;
            run.unknown(false);
            isBegun = true;
            missing = tellProgress(run, state, tell);
            return state.swarm.rootRotationInProgress ? null : state;
          },
          { timeoutMs: deadlineSeconds * 1_000 - passedMs, intervalMs: pollMs, signal: run.signal },
        ),
      );
      if (seen === 'cancelled') {
        target.state = 'SKIPPED';
        run.warn({
          code: 'CA_ROTATION_GOES_ON',
          message: 'the rotation was begun and goes on in the swarm; it is only no longer waited for',
          target: id,
        });
        return;
      }
      if (!isBegun)
        throw new Failure(
          'OUTCOME_UNKNOWN',
          'the rotation was not seen to begin in time',
          'read the cluster',
        );
      if (!seen)
        throw new Failure(
          'CA_ROTATION_BLOCKED',
          missing.length > 0
            ? `not done within ${deadlineSeconds} seconds: it waits for ${namesOf(missing)}`
            : `not done within ${deadlineSeconds} seconds`,
          'bring these nodes back or remove them: the rotation goes on by itself, and Skep follows it',
        );
      const { caDigest } = seen.swarm;
      if (caDigest === from)
        throw new Failure('NOT_OBSERVED', 'the rotation was taken back: the root is the one of before');
      if (parts.clusters.find(id)?.caDigest !== caDigest)
        throw new Failure(
          'CLUSTER_CHANGED',
          `the root is ${caDigest} now, which is not the one of this rotation`,
          'look who rotated it too; adoptCluster pins it',
        );
      run.observed(seen.began);
      run.changed(id, [{ path: 'caDigest', old: from, new: caDigest }]);
    }),
});

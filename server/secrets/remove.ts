// removeSecret and removeConfig: of one that no service uses any more.
import * as z from 'zod';
import { canAskManager, judgeChange, type ObjectParts, tellManager } from '../clusters/ask-manager.ts';
import { findCluster, whyReadOnly } from '../clusters/find.ts';
import { type Action, allClear, type Run, refused } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure, failureIsNull } from '../platform/failure.ts';
import { findKept, type KeptKind, keptKinds, readKept, usersOf } from './kept.ts';

const ref = z.string().trim().min(1);
const inputs = {
  SECRET: z.object({ cluster: z.string().min(1), secret: ref }),
  CONFIG: z.object({ cluster: z.string().min(1), config: ref }),
};
type Input = { cluster: string; secret?: string; config?: string };
type Plan = { cluster: string; id: string; name: string };

const observeMs = 30_000;

/** Removes it and waits until no manager lists it. @throws Failure of the engine, OUTCOME_UNKNOWN */
export const dropKept = async (
  parts: ObjectParts,
  kind: KeptKind,
  run: Run,
  cluster: string,
  id: string,
): Promise<void> => {
  const { one, all } = keptKinds[kind];
  await run.step('remove', id, () =>
    tellManager(
      parts,
      run,
      cluster,
      'remove',
      kind === 'SECRET'
        ? { __typename: 'RemoveSecret', secret: id }
        : { __typename: 'RemoveConfig', config: id },
    ),
  );
  await run.step('observe', id, async () => {
    let at = parts.clock.now();
    const gone = await waitFor(
      async () => {
        at = parts.clock.now();
        const now = await readKept(parts, kind, cluster).catch(failureIsNull);
        return now && !now.kept.some((each) => each.id === id) ? true : null;
      },
      { timeoutMs: observeMs, signal: run.signal },
    );
    if (!gone) throw new Failure('OUTCOME_UNKNOWN', `the ${one} was still seen`, `list ${all}, then decide`);
    run.unknown(false);
    run.observed(at);
    run.changed(id, [{ path: 'listed', old: true, new: false }]);
  });
};

export const removeKeptAction = (parts: ObjectParts, kind: KeptKind): Action<Input, Plan> => {
  const { one, all } = keptKinds[kind];
  const refOf = (input: Input): string => input[one] ?? '';
  return {
    name: `remove${one.charAt(0).toUpperCase()}${one.slice(1)}`,
    permission: `${one}:write`,
    input: inputs[kind] as z.ZodType<Input>,
    named: (input) => [{ kind, name: refOf(input) }],
    resolve: async (input, requester) => {
      const { cluster } = input;
      const readOnly = whyReadOnly(findCluster(parts.clusters, cluster, parts.scopeOf, requester));
      if (readOnly) throw readOnly;
      const { id, name } = findKept(kind, (await readKept(parts, kind, cluster)).kept, refOf(input));
      return {
        clusterId: cluster,
        plan: { cluster, id, name },
        targets: [{ kind, id, name }],
        locks: [`${one}:${cluster}:${name}`],
      };
    },
    reachable: ({ cluster }) => canAskManager(parts, cluster),
    judge: ({ cluster, id, name }) =>
      judgeChange(parts.clusters, cluster, async () => {
        const { kept, services } = await readKept(parts, kind, cluster);
        if (!kept.some((each) => each.id === id))
          return refused(new Failure('NOT_FOUND', `${one} ${name} is gone`, `list ${all}`));
        const users = usersOf(services, id);
        if (users.length > 0)
          return refused(
            new Failure(
              'IN_USE',
              `${one} ${name} is in use by ${users.map((service) => service.name).join(', ')}`,
              'take it from the services, or remove them',
            ),
          );
        return allClear;
      }),
    act: (run, { cluster, id }) => run.each(() => dropKept(parts, kind, run, cluster, id)),
  };
};

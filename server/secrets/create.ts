// createSecret and createConfig: the value lives in memory from the caller to the engine, and nowhere else.
// https://docs.docker.com/engine/swarm/secrets/ https://docs.docker.com/engine/swarm/configs/
import * as z from 'zod';
import { canAskManager, judgeChange, type ObjectParts, tellManager } from '../clusters/ask-manager.ts';
import { findCluster } from '../clusters/find.ts';
import { labelsInput } from '../nodes/labels.ts';
import { type Action, allClear, type Run, refused } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure } from '../platform/failure.ts';
import { type Kept, type KeptKind, keptKinds, readKept } from './kept.ts';
import { withValue } from './value.ts';

const fields = z.object({
  cluster: z.string().min(1),
  // swarmkit manager/controlapi/secret.go, isValidSecretOrConfigName.
  name: z
    .string()
    .trim()
    .max(64, 'is longer than 64 characters')
    .regex(
      /^[a-zA-Z0-9]+(?:[a-zA-Z0-9-_.]*[a-zA-Z0-9])?$/,
      'takes letters, digits, and -, _ and . between them',
    ),
  labels: labelsInput,
});

type Input = z.infer<typeof fields> & { value: string };
/** Never the value. */
type Plan = z.infer<typeof fields>;

const created = z.object({ id: z.string() });
const observeMs = 30_000;

export const createKeptAction = (parts: ObjectParts, kind: KeptKind): Action<Input, Plan> => {
  const { clusters, scopeOf, clock } = parts;
  const { one, all, most } = keptKinds[kind];
  const typename = kind === 'SECRET' ? 'CreateSecret' : 'CreateConfig';

  const observe = async (run: Run, { cluster, name, labels }: Plan, id: string | null): Promise<Kept> => {
    let at = clock.now();
    const seen = await waitFor(
      async () => {
        at = clock.now();
        const now = await readKept(parts, kind, cluster).catch((error: unknown) => {
          if (error instanceof Failure) return null;
          throw error;
        });
        return now?.kept.find((each) => (id === null ? each.name === name : each.id === id)) ?? null;
      },
      { timeoutMs: observeMs, signal: run.signal },
    );
    if (!seen)
      throw new Failure(
        id === null ? 'OUTCOME_UNKNOWN' : 'NOT_OBSERVED',
        `the ${one} was not seen in time`,
        `list ${all}, then decide`,
      );
    run.unknown(false);
    run.observed(at);
    run.changed(seen.id, [
      { path: 'name', old: null, new: name },
      ...labels.map(({ key, value }) => ({ path: `labels.${key}`, old: null, new: value })),
    ]);
    return seen;
  };

  /**
   * After a restart the value is gone. The command is sent without: an agent that has it in its journal tells what became
   * of it then, and any other engine refuses to keep nothing.
   */
  const send = async (run: Run, { cluster, name, labels }: Plan): Promise<{ answer: unknown } | null> => {
    const { value } = run.given;
    try {
      return await tellManager(parts, run, cluster, 'create', {
        __typename: typename,
        name,
        value: value ?? '',
        labels,
      });
    } catch (error) {
      if (value === undefined && error instanceof Failure && error.code === 'INVALID_ARGUMENT')
        throw new Failure(
          'INTERRUPTED',
          `the server was restarted before the ${one} was made, and keeps no value`,
          'ask again',
        );
      throw error;
    }
  };

  return {
    name: `create${one.charAt(0).toUpperCase()}${one.slice(1)}`,
    permission: `${one}:write`,
    input: withValue(fields, most) as unknown as z.ZodType<Input>,
    secrets: ['value'],
    named: ({ name }) => [{ kind, name }],
    resolve: async ({ cluster, name, labels }, requester) => {
      findCluster(clusters, cluster, scopeOf, requester);
      return {
        clusterId: cluster,
        plan: { cluster, name, labels },
        targets: [{ kind, id: null, name }],
        locks: [`${one}:${cluster}:${name}`],
      };
    },
    reachable: ({ cluster }) => canAskManager(parts, cluster),
    judge: ({ cluster, name }) =>
      judgeChange(clusters, cluster, async () => {
        const { kept } = await readKept(parts, kind, cluster);
        return kept.some((each) => each.name === name)
          ? refused(
              new Failure(
                'NAME_TAKEN',
                `a ${one} is called ${name} already`,
                'choose another name: a value is never changed',
              ),
            )
          : allClear;
      }),
    act: (run, plan) =>
      run.each(async (target) => {
        const told = await run.step('create', null, () => send(run, plan));
        const id = told ? created.parse(told.answer).id : null;
        target.id = id;
        target.id = (await run.step('observe', id, () => observe(run, plan, id))).id;
      }),
  };
};

// createSecret and createConfig: the value lives in memory from the caller to the engine, and nowhere else.
// https://docs.docker.com/engine/swarm/secrets/ https://docs.docker.com/engine/swarm/configs/
import * as z from 'zod';
import { canAskManager, judgeChange, type ObjectParts } from '../clusters/ask-manager.ts';
import { findCluster } from '../clusters/find.ts';
import { labelsInput } from '../nodes/labels.ts';
import { type Action, allClear, refused } from '../operations/action.ts';
import { Failure } from '../platform/failure.ts';
import { type KeptKind, keptKinds, keptName, readKept } from './kept.ts';
import { makeKept } from './make.ts';
import { withValue } from './value.ts';

const fields = z.object({ cluster: z.string().min(1), name: keptName, labels: labelsInput });

type Input = z.infer<typeof fields> & { value: string };
/** Never the value. */
type Plan = z.infer<typeof fields>;

export const createKeptAction = (parts: ObjectParts, kind: KeptKind): Action<Input, Plan> => {
  const { clusters, scopeOf } = parts;
  const { one, most } = keptKinds[kind];
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
    act: (run, plan) => run.each((target) => makeKept(parts, kind, run, target, plan)),
  };
};

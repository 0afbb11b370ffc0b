// updateNodeLabels: sets and removes labels of nodes, and leaves all others as they are.
// https://docs.docker.com/engine/swarm/manage-nodes/#add-or-remove-label-metadata
import * as z from 'zod';
import { type Action, allClear } from '../operations/action.ts';
import type { ChangeNode } from './change.ts';
import { warnOfMoves, workloadNow } from './label-moves.ts';
import { type NodesPlan, namedNodes, nodesInput, presentNodes, resolveNodes } from './plan.ts';
import type { FindNodes } from './reference.ts';
import type { ReadWorkload } from './workload.ts';

/** Docker takes any key; one with `=`, white space or control characters can be set but never asked for. */
export const labelKey = z
  .string()
  .min(1, 'a label needs a key')
  .max(255)
  .refine((key) => !/[=\s\p{Cc}]/u.test(key), 'a key has no =, white space or control characters');

export const labelInput = z.object({
  key: labelKey,
  value: z
    .string()
    .max(4_096)
    .nullish()
    .transform((value) => value ?? ''),
});

/** The last one of a key counts, as with --label-add given twice. */
export const lastOfEach = (
  labels: readonly { key: string; value: string }[],
): { key: string; value: string }[] => [...new Map(labels.map((label) => [label.key, label])).values()];

/** Of something that is made: none where left out. */
export const labelsInput = z
  .array(labelInput)
  .max(1_000)
  .nullish()
  .transform((list) => lastOfEach(list ?? []));

const input = nodesInput
  .extend({
    set: z
      .array(labelInput)
      .max(1_000)
      .nullish()
      .transform((list) => lastOfEach(list ?? [])),
    remove: z
      .array(z.string().min(1).max(255))
      .max(1_000)
      .nullish()
      .transform((list) => [...new Set(list ?? [])]),
  })
  .refine(({ set, remove }) => set.length + remove.length > 0, {
    message: 'neither sets nor removes a label',
    path: ['set'],
  })
  .refine(({ set, remove }) => !set.some(({ key }) => remove.includes(key)), {
    message: 'sets and removes the same key',
    path: ['remove'],
  });
type Input = z.infer<typeof input>;
type Plan = NodesPlan & { set: { key: string; value: string }[]; remove: string[] };

export const hasLabels = (
  labels: Record<string, string>,
  { set, remove }: Pick<Plan, 'set' | 'remove'>,
): boolean =>
  set.every(({ key, value }) => labels[key] === value) && remove.every((key) => !Object.hasOwn(labels, key));

export const updateNodeLabelsAction = ({
  find,
  change,
  workload,
}: {
  find: FindNodes;
  change: ChangeNode;
  workload: ReadWorkload;
}): Action<Input, Plan> => ({
  name: 'updateNodeLabels',
  permission: 'node:label',
  input: input as z.ZodType<Input>,
  named: namedNodes,
  resolve: async ({ set, remove, ...nodes }, requester) =>
    resolveNodes(find, nodes, requester, { set, remove }),
  reachable: ({ clusterId }) => change.reachable(clusterId),
  judge: async ({ clusterId, nodeIds, set, remove }) => {
    const [state, running] = await Promise.all([
      change.readForChange(clusterId),
      workloadNow(workload, clusterId),
    ]);
    const nodes = presentNodes(state, nodeIds);
    const warnings = nodes.flatMap((node) =>
      remove
        .filter((key) => !Object.hasOwn(node.labels, key))
        .map((key) => ({
          code: 'LABEL_NOT_SET',
          message: `${node.hostname} has no label ${key}`,
          target: node.id,
        })),
    );
    return { ...allClear, warnings: [...warnings, ...warnOfMoves(running, nodes, { set, remove })] };
  },
  act: (run, { clusterId, set, remove }) =>
    run.each(
      async (target) => {
        if (target.id === null) return;
        await change.apply(run, clusterId, target.id, { setLabels: set, removeLabels: remove }, (node) =>
          hasLabels(node.labels, { set, remove }),
        );
      },
      { parallel: true },
    ),
});

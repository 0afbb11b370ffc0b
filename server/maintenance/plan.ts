// What a rolling maintenance is asked for, and what it keeps of each node, so that a restarted server goes on.
import * as z from 'zod';
import type { Availability } from '../clusters/observation.ts';
import { nodesInput } from '../nodes/plan.ts';

/** What a drained node waits for. */
export const proceedKinds = ['GO_AHEAD', 'HOOK', 'RESTART', 'NONE'] as const;
export type ProceedOn = (typeof proceedKinds)[number];

export const phases = ['DRAIN', 'GO_AHEAD', 'BACK', 'ACTIVATE'] as const;
export type Phase = (typeof phases)[number];

const seconds = (byDefault: number) =>
  z
    .number()
    .int()
    .min(1)
    .max(86_400)
    .nullish()
    .transform((value) => value ?? byDefault);

const label = z.object({
  key: z.string().min(1).max(255),
  value: z
    .string()
    .max(4_096)
    .nullish()
    .transform((value) => value ?? ''),
});

const selector = z
  .object({
    role: z.enum(['MANAGER', 'WORKER']).nullish(),
    labels: z
      .array(label)
      .max(50)
      .nullish()
      .transform((labels) => labels ?? []),
    all: z.boolean().nullish(),
  })
  .refine(
    ({ role, labels, all }) => role != null || labels.length > 0 || all === true,
    'selects nothing: give a role, labels, or all: true',
  )
  .refine(
    ({ role, labels, all }) => all !== true || (role == null && labels.length === 0),
    'all leaves no room for a role or labels',
  );
export type Selector = z.infer<typeof selector>;

export const input = z
  .object({
    cluster: z.string().min(1),
    nodes: nodesInput.shape.nodes.nullish(),
    selector: selector.nullish(),
    maxUnavailable: z
      .number()
      .int()
      .min(1)
      .max(100)
      .nullish()
      .transform((count) => count ?? 1),
    proceed: z
      .enum(proceedKinds)
      .nullish()
      .transform((proceed) => proceed ?? 'GO_AHEAD'),
    hook: z.string().min(1).max(50).nullish(),
    drainDeadlineSeconds: seconds(600),
    backDeadlineSeconds: seconds(3_600),
  })
  .refine(({ nodes, selector: selected }) => (nodes == null) !== (selected == null), {
    message: 'give nodes or a selector, one of the two',
    path: ['nodes'],
  })
  .refine(({ proceed, hook }) => (proceed === 'HOOK') === (hook != null), {
    message: 'goes with proceed: HOOK, and only with it',
    path: ['hook'],
  });
export type Input = z.infer<typeof input>;

/** One node in maintenance, or after it. Times are ISO 8601. */
export type Work = {
  phase: Phase;
  /** What it gets back at the end. */
  earlier: Availability;
  /** Its drain was begun then. */
  since: string;
  /** It was found Down, so that nothing there could be waited for. */
  wasDown: boolean;
  isManager: boolean;
  /** Of its host as the wait began; another one since: the machine was restarted. */
  bootId: string | null;
  /** When and by whom it was let go on, or was seen to go away; null: not yet. */
  wentOn: { at: string; why: string } | null;
};

export type Plan = {
  clusterId: string;
  nodeIds: string[];
  maxUnavailable: number;
  proceed: ProceedOn;
  hook: string | null;
  drainDeadlineSeconds: number;
  backDeadlineSeconds: number;
  /** By whom no further node is begun; null: nobody paused it. */
  paused: { at: string; by: string } | null;
  /** By node id: those that were begun. */
  works: Record<string, Work>;
};

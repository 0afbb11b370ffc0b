// One more secret or config in a swarm: the command with its value, and the reads until a manager lists it.
import * as z from 'zod';
import { type ObjectParts, tellManager } from '../clusters/ask-manager.ts';
import type { Run } from '../operations/action.ts';
import type { Target } from '../operations/operation.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure, failureIsNull } from '../platform/failure.ts';
import { type Kept, type KeptKind, keptKinds, readKept } from './kept.ts';

/** Never the value: that is in `run.given.value`, in base64, while the process lives that was asked. */
export type Making = {
  cluster: string;
  name: string;
  labels: readonly { key: string; value: string }[];
};

const created = z.object({ id: z.string() });
const observeMs = 30_000;

/** What makes one of the kind. */
export const createCommands = { SECRET: 'CreateSecret', CONFIG: 'CreateConfig' } as const;

const observe = async (
  parts: ObjectParts,
  kind: KeptKind,
  run: Run,
  { cluster, name, labels }: Making,
  id: string | null,
): Promise<Kept> => {
  const { clock } = parts;
  const { one, all } = keptKinds[kind];
  let at = clock.now();
  const seen = await waitFor(
    async () => {
      at = clock.now();
      const now = await readKept(parts, kind, cluster).catch(failureIsNull);
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
const send = async (
  parts: ObjectParts,
  kind: KeptKind,
  run: Run,
  { cluster, name, labels }: Making,
): Promise<{ answer: unknown } | null> => {
  const { value } = run.given;
  try {
    return await tellManager(parts, run, cluster, 'create', {
      __typename: createCommands[kind],
      name,
      value: value ?? '',
      labels,
    });
  } catch (error) {
    if (value === undefined && error instanceof Failure && error.code === 'INVALID_ARGUMENT')
      throw new Failure(
        'INTERRUPTED',
        `the server was restarted before the ${keptKinds[kind].one} was made, and keeps no value`,
        'ask again',
      );
    throw error;
  }
};

/**
 * Makes it and waits until a manager lists it; the target has its id then.
 * @throws Failure of the engine, INTERRUPTED, NOT_OBSERVED, OUTCOME_UNKNOWN
 */
export const makeKept = async (
  parts: ObjectParts,
  kind: KeptKind,
  run: Run,
  target: Target,
  making: Making,
): Promise<void> => {
  const told = await run.step('create', null, () => send(parts, kind, run, making));
  const id = told ? created.parse(told.answer).id : null;
  target.id = id;
  target.id = (await run.step('observe', id, () => observe(parts, kind, run, making, id))).id;
};

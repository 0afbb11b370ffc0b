// What every refusal has in common: the same verdict dry and real, nothing changed, intent and outcome on record.
import { expect } from 'vitest';
import { type EngineApi, setByPeople } from '../support/engine-api.ts';
import type { Perform, Performed } from '../support/perform.ts';
import type { System } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';

/** All that refused calls could have changed on engines; null for what does not answer. */
export const lookAtAll = (engines: readonly EngineApi[]): Promise<unknown> =>
  Promise.all(
    engines.map(async (engine) => {
      const info = await engine.get('/info').catch(() => null);
      const { LocalNodeState, NodeID, ControlAvailable } = info?.Swarm ?? {};
      const set = ControlAvailable ? await setByPeople(engine).catch(() => null) : null;
      return { LocalNodeState, NodeID, ControlAvailable, set };
    }),
  );

/** The same of managers only: a look that costs little. */
const lookAtManagers = (engines: readonly EngineApi[]): Promise<unknown> =>
  Promise.all(engines.map((engine) => setByPeople(engine).catch(() => null)));

/** The verdict, without what differs from one call to the next. */
const verdictOf = ({ state, failure, guards, warnings, impact, targets, overrides }: Performed) => ({
  state,
  failure,
  guards,
  warnings,
  impact,
  targets,
  overrides,
});

/**
 * Asks dry, then in earnest, and checks all of it.
 * @param managers engines that are looked at before and after.
 * @returns the refused operation.
 */
export const expectRefusal = async (
  { ask }: Pick<System, 'ask'>,
  perform: Perform,
  managers: readonly EngineApi[],
  { mutation, code, input }: { mutation: string; code: string; input: Record<string, unknown> },
): Promise<Performed> => {
  const before = await lookAtManagers(managers);
  const dry = await perform(mutation, { ...input, dryRun: true });
  const reason = `is refused with ${code}`;
  const done = await perform(mutation, { ...input, reason });
  expect(await lookAtManagers(managers)).toEqual(before);

  expect(done).toMatchObject({ state: 'REFUSED', failure: { code } });
  expect(done.failure.message).not.toBe('');
  expect(done.observedAt).toBeNull();
  expect(done.endedAt).not.toBeNull();
  for (const secret of Object.values(done.payload)) expect(secret).toBeNull();
  expect(verdictOf(dry)).toEqual(verdictOf(done));

  const records = await readHistory(ask, { operation: done.id });
  expect(records.map(({ phase }) => phase)).toEqual(['INTENT', 'OUTCOME']);
  const targets = done.targets.map(({ kind, id, name }: any) => ({ kind, id, name }));
  for (const record of records)
    expect(record).toMatchObject({ action: mutation, reason, actor: { kind: 'API_KEY' }, targets });
  expect(records[0]).toMatchObject({ outcome: null, failure: null });
  // What is to be kept as a secret or a config stands on no record, nor does an address, which may hold a secret.
  const told = Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name,
      name === 'value' || name === 'url' ? '[redacted]' : value,
    ]),
  );
  expect(records[0]?.input).toMatchObject(JSON.parse(JSON.stringify(told)));
  const { message } = done.failure;
  expect(records[1]).toMatchObject({ outcome: 'REFUSED', failure: { code, message }, changes: [] });

  expect(await readHistory(ask, { operation: dry.id })).toEqual([]);
  const { operation } = await ask('query($id: ID!) { operation(id: $id) { id } }', { id: dry.id });
  expect(operation).toBeNull();
  return done;
};

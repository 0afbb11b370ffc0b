// The record that the database was restored, with what is known of the time that is lost.
import type { Events } from '../platform/events.ts';
import type { Generation } from '../platform/generation.ts';
import type { Log } from '../platform/log.ts';
import { system } from './actor.ts';
import type { Audit } from './record.ts';

/** Once for each restore, also when the server is killed on the way. */
export const recordRestore = async ({
  life,
  events,
  audit,
  log,
}: {
  life: Generation;
  events: Events;
  audit: Audit;
  log: Log;
}): Promise<void> => {
  if (!life.restored || life.restored.isRecorded) return;
  const { isRecorded: _, ...known } = life.restored;
  const input = { ...known, generation: life.id };
  log.error(input, 'the database was restored: a new generation begins');
  await events.transact(async (tx, emit) => {
    await audit.append(tx, emit, { phase: 'OBSERVED', action: 'restored', actor: system, input });
  });
  await life.recorded();
};

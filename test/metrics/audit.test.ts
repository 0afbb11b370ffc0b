// Records are counted when they are committed: one that was taken back is in no history.
import { expect, it } from 'vitest';
import { system } from '../../server/audit/actor.ts';
import { createAudit } from '../../server/audit/record.ts';
import { createCounts } from '../../server/metrics/counts.ts';
import { createClock } from '../../server/platform/clock.ts';
import { createEvents } from '../../server/platform/events.ts';
import { temporaryDatabase } from '../platform/temporary-database.ts';

it('counts what was written, by phase, and nothing that was taken back', async () => {
  const { db } = await temporaryDatabase();
  const clock = createClock();
  const events = await createEvents({ db, clock, generation: 'g' });
  const { audit: counted } = createCounts();
  events.reader.onCommitted(counted.committed);
  const audit = createAudit({ clock });
  const write = (phase: 'OBSERVED' | 'DENIED', failing = false): Promise<void> =>
    events.transact(async (tx, emit) => {
      await audit.append(tx, emit, { phase, action: 'test', actor: system });
      if (failing) throw new Error('no');
    });
  const samples = () => {
    const [records] = counted.sources({ newest: () => null });
    return [...(records?.samples() ?? [])].map(({ labels, value }) => [labels.phase, value]);
  };
  await Promise.all([
    write('OBSERVED'),
    expect(write('DENIED', true)).rejects.toThrow('no'),
    write('OBSERVED'),
  ]);
  expect(samples()).toEqual([['OBSERVED', 2]]);
  expect(await db.read.auditRecord.count()).toBe(2);
});

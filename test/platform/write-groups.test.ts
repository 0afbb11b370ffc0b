// Writes that wait are committed together: each is whole or not there, whatever becomes of its neighbours.
import { setImmediate } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { verifyChain } from '../../server/audit/chain.ts';
import { createAudit } from '../../server/audit/record.ts';
import { createClock } from '../../server/platform/clock.ts';
import type { Transaction } from '../../server/platform/database.ts';
import { createEvents } from '../../server/platform/events.ts';
import { mostWritesInGroup } from '../../server/platform/write-queue.ts';
import { temporaryDatabase } from './temporary-database.ts';

const setting = (key: string) => ({ data: { key, value: '' } });
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** A database, and what another process sees of it. */
const watched = async () => {
  const { db, file } = await temporaryDatabase({ mostGroupMs: 60_000 });
  const outside = new Sqlite(file, { readonly: true });
  onTestFinished(() => void outside.close());
  const keys = outside.prepare<[], string>('SELECT key FROM Setting ORDER BY rowid').pluck();
  return { db, seen: () => keys.all() };
};

it('keeps nine of ten when one fails, in their order, and shows none of them before the COMMIT', async () => {
  const { db, seen } = await watched();
  const early: string[][] = [];
  const ended: number[] = [];
  const writes = numbers(10).map((n) =>
    db
      .write(async (tx) => {
        await tx.setting.create(setting(`${n}`));
        early.push(
          seen(),
          (await db.read.setting.findMany()).map(({ key }) => key),
        );
        if (n === 4) throw new RangeError('four');
        await tx.setting.create(setting(`${n}/twin`));
      })
      .finally(() => ended.push(n)),
  );
  const outcomes = await Promise.allSettled(writes);

  expect(outcomes.map(({ status }) => status)).toEqual(
    numbers(10).map((n) => (n === 4 ? 'rejected' : 'fulfilled')),
  );
  await expect(writes[4]).rejects.toThrow(RangeError);
  expect(early.flat(), 'they share a COMMIT').toEqual([]);
  expect(seen()).toEqual(numbers(10).flatMap((n) => (n === 4 ? [] : [`${n}`, `${n}/twin`])));
  expect(ended).toEqual(numbers(10));
});

it('acknowledges nothing, and calls nothing, before the COMMIT', async () => {
  const { db, seen } = await watched();
  const steps: unknown[] = [];
  await Promise.all(
    numbers(3).map((n) =>
      db
        .write(
          async (tx) => {
            steps.push(`run ${n}`);
            await tx.setting.create(setting(`${n}`));
          },
          undefined,
          () => steps.push(`afterwards ${n}`, seen().length),
        )
        .then(() => steps.push(`done ${n}`)),
    ),
  );
  expect(steps).toEqual([
    ...['run 0', 'run 1', 'run 2'],
    ...['afterwards 0', 3, 'afterwards 1', 3, 'afterwards 2', 3],
    ...['done 0', 'done 1', 'done 2'],
  ]);
});

it(`ends a group after ${mostWritesInGroup} writes, so that the first is not kept waiting by the last`, async () => {
  const { db, seen } = await watched();
  const waiting: number[] = [];
  await Promise.all(
    numbers(150).map((n) =>
      db.write(async (tx) => {
        waiting.push(n - seen().length);
        tx.$sql.insert('Setting', { key: `${n}`, value: '' });
      }),
    ),
  );
  expect(Math.max(...waiting)).toBeGreaterThan(1);
  expect(Math.max(...waiting)).toBeLessThan(mostWritesInGroup);
  expect(seen()).toHaveLength(150);
});

it('rejects all of a group whose COMMIT fails, keeps nothing of it, and goes on', async () => {
  const { db, seen } = await watched();
  const group = numbers(3).map((n) =>
    db.write(async (tx) => {
      await tx.setting.create(setting(`${n}`));
      if (n !== 1) return;
      await tx.$executeRawUnsafe('PRAGMA defer_foreign_keys = ON');
      tx.$sql.insert('AuditTarget', { seq: 99, kind: 'NODE', targetId: 'orphan' });
    }),
  );
  for (const write of group) await expect(write).rejects.toThrow('FOREIGN KEY');
  expect(seen()).toEqual([]);
  await db.write((tx) => tx.setting.create(setting('next')));
  expect(seen()).toEqual(['next']);
});

it('rejects all that shared a transaction with a write that met a full disk, and with its code', async () => {
  const { db, seen } = await watched();
  const value = 'x'.repeat(1_000_000);
  const group = numbers(3).map((n) =>
    db.write(async (tx) => {
      if (n === 1) await tx.$queryRawUnsafe('PRAGMA max_page_count = 1');
      // Also when it takes no notice.
      await tx.setting.create({ data: { key: `${n}`, value } }).catch(() => undefined);
    }),
  );
  const outcomes = await Promise.allSettled(group);
  expect(outcomes.slice(0, 2)).toMatchObject([
    { reason: { code: 'DISK_FULL' } },
    { reason: { code: 'DISK_FULL' } },
  ]);
  await db.write((tx) => tx.$queryRawUnsafe('PRAGMA max_page_count = 1000000'));
  expect(seen()).not.toContain('0');
  expect(seen()).not.toContain('1');
});

it('lets no query of one write into another of its group', async () => {
  const { db, seen } = await watched();
  const strays: Promise<unknown>[] = [];
  const later = async (query: () => unknown): Promise<unknown> => {
    await setImmediate();
    try {
      await query();
      return 'it ran';
    } catch (error) {
      return error;
    }
  };
  let kept: Transaction | undefined;
  await Promise.all([
    db.write(async (tx) => {
      kept = tx;
      const { setting: settings } = tx;
      strays.push(
        later(() => tx.setting.create(setting('by its tx'))),
        later(() => settings.create(setting('by what it held'))),
        later(() => tx.$sql.insert('Setting', { key: 'by SQL', value: '' })),
      );
    }),
    db.write(async (tx) => {
      await expect(kept?.setting.create(setting('borrowed'))).rejects.toMatchObject({ code: 'WRITE_CLOSED' });
      for (const stray of strays) expect(String(await stray)).toContain('after it had ended');
      await tx.setting.create(setting('own'));
    }),
  ]);
  expect(seen()).toEqual(['own']);
});

it('leaves a whole chain, and just what was acknowledged, of any writes and failures', {
  timeout: 60_000,
}, async () => {
  const step = fc.record({
    records: fc.integer({ min: 0, max: 3 }),
    ending: fc.constantFrom('kept', 'kept', 'kept', 'thrown', 'broken'),
    alone: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(0, 60_000),
      async (steps, mostGroupMs) => {
        const { db } = await temporaryDatabase({ mostGroupMs });
        const clock = createClock();
        const events = await createEvents({ db, clock, generation: 'g' });
        const audit = createAudit({ clock });
        const actor = { kind: 'SYSTEM', id: 'system', name: 'system' } as const;
        const entry = (reason: string) => ({ phase: 'INTENT', action: 'test', actor, reason }) as const;
        const outcomes = await Promise.allSettled(
          steps.map(({ records, ending, alone }, n) =>
            events.transact(
              async (tx, emit) => {
                for (let i = 0; i < records; i += 1)
                  await audit.append(tx, emit, {
                    ...entry(`${n}/${i}`),
                    targets: [{ kind: 'NODE', id: 'n', name: 'n' }],
                  });
                if (ending === 'thrown') throw new Error('thrown');
                if (ending === 'broken')
                  tx.$sql.insert('AuditTarget', { seq: 1e9, kind: 'NODE', targetId: 'n' });
              },
              alone ? () => undefined : undefined,
            ),
          ),
        );
        expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(
          steps.map(({ ending }) => ending === 'kept'),
        );
        const expected = steps.flatMap(({ records, ending }, n) =>
          ending === 'kept' ? numbers(records).map((i) => `${n}/${i}`) : [],
        );
        const rows = await db.read.auditRecord.findMany({
          orderBy: { seq: 'asc' },
          include: { targets: true },
        });
        expect(rows.map(({ reason }) => reason)).toEqual(expected);
        expect(rows.every(({ targets }) => targets.length === 1)).toBe(true);
        expect(await verifyChain(db.read)).toMatchObject({ ok: true, checked: expected.length });
        const told = await db.read.event.findMany({ orderBy: { seq: 'asc' } });
        expect(told.map(({ subjectId }) => Number(subjectId))).toEqual(rows.map(({ seq }) => seq));
        expect(events.head()).toBe(events.cursorOf(told.at(-1)?.seq ?? 0));
        await db.close();
      },
    ),
    { numRuns: 25 },
  );
});

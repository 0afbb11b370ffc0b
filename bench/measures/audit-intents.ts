// 64 audit intents at once through the server's database, against single inserts of the same rows by better-sqlite3.
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { createAudit } from '../../server/audit/record.ts';
import { createClock } from '../../server/platform/clock.ts';
import { createDatabase } from '../../server/platform/database.ts';
import { createEvents } from '../../server/platform/events.ts';
import { PRAGMAS } from '../../server/platform/sqlite-connection.ts';
import type { Context, Measure } from '../measure.ts';
import { alternate } from '../rounds.ts';
import { folderWithHistory } from '../seed-history.ts';

const concurrent = 64;
/** Records that are there before, so that the indexes have a depth. */
const before = 5_000;

type Rows = Record<'AuditRecord' | 'AuditTarget' | 'Event', Record<string, unknown>[]>;

const openIntents = async (context: Context, file: string) => {
  const db = await context.own(
    () => createDatabase({ file }),
    (opened) => opened.close(),
  );
  const clock = createClock();
  const events = await createEvents({ db, clock, generation: 'bench' });
  const audit = createAudit({ clock });
  const actor = { kind: 'API_KEY', id: 'key-1', name: 'somebody' } as const;
  let asked = 0;
  const intend = (): Promise<unknown> => {
    asked += 1;
    const n = asked;
    return events.transact((tx, emit) =>
      audit.append(tx, emit, {
        phase: 'INTENT',
        action: 'updateNodeLabels',
        actor,
        clusterId: 'cluster-1',
        targets: [{ kind: 'NODE', id: `node-${n % 1_000}`, name: `worker-${n % 1_000}` }],
        reason: 'rack moved',
        input: { nodes: [`worker-${n % 1_000}`], set: [{ key: 'zone', value: 'b' }], remove: [] },
        requestId: `request-${n}`,
        sourceAddress: '10.0.0.1',
        operationId: `operation-${n}`,
      }),
    );
  };
  /** 64 callers, each of which waits until its intent is durable before it has the next. */
  return (count: number): Promise<unknown> => {
    let begun = 0;
    const caller = async (): Promise<void> => {
      while (begun++ < count) await intend();
    };
    return Promise.all(Array.from({ length: concurrent }, caller));
  };
};

const openSingles = (context: Context, file: string) =>
  context.own(
    async () => {
      const db = new Sqlite(file);
      for (const [name, value] of PRAGMAS) db.pragma(`${name} = ${value}`);
      const insert = (table: keyof Rows, row: Record<string, unknown>): void => {
        const columns = Object.keys(row);
        statements[table] ??= db.prepare(
          `INSERT INTO "${table}" ("${columns.join('", "')}") VALUES (${columns.map(() => '?').join()})`,
        );
        statements[table].run(Object.values(row));
      };
      const statements: Partial<Record<keyof Rows, Sqlite.Statement>> = {};
      const single = db.transaction((rows: Rows, n: number) => {
        for (const table of ['AuditRecord', 'AuditTarget', 'Event'] as const) {
          const row = rows[table][n];
          if (row) insert(table, row);
        }
      });
      return { db, insert: (rows: Rows) => rows.AuditRecord.forEach((_, n) => void single(rows, n)) };
    },
    ({ db }) => void db.close(),
  );

/** What was written by ours and not yet by the reference: each intent is a record, a target and an event. */
const openRowsAfter = (context: Context, file: string) =>
  context.own(
    async () => {
      const db = new Sqlite(file, { readonly: true });
      return {
        db,
        after: (record: number, event: number): Rows => {
          const since = (table: string, seq: number) =>
            db
              .prepare<[number], Record<string, unknown>>(
                `SELECT * FROM "${table}" WHERE "seq" > ? ORDER BY "seq"`,
              )
              .all(seq);
          return {
            AuditRecord: since('AuditRecord', record),
            AuditTarget: since('AuditTarget', record),
            Event: since('Event', event),
          };
        },
      };
    },
    ({ db }) => void db.close(),
  );

export const auditIntents: Measure = {
  rows: [
    {
      id: 'auditIntents',
      what: '64 audit intents at once, synchronous=FULL, against better-sqlite3 inserting the same rows one by one',
      unit: 'µs/intent',
      compare: 'ratio',
      goal: 1,
    },
  ],
  run: async (context) => {
    const fileOf = async (): Promise<string> =>
      join(await folderWithHistory(context, before), 'data', 'skep.db');
    const file = await fileOf();
    const copy = await fileOf();
    const intents = await openIntents(context, file);
    const singles = await openSingles(context, copy);
    const rows = await openRowsAfter(context, file);
    const count = context.short ? 2 * concurrent : 50 * concurrent;
    const ready: Rows[] = [];
    let recordSeq = before;
    let eventSeq = 0;
    const usPer = (startedMs: number): number => ((performance.now() - startedMs) * 1_000) / count;
    const ours = async (): Promise<number> => {
      const startedMs = performance.now();
      await intents(count);
      const tookUs = usPer(startedMs);
      ready.push(rows.after(recordSeq, eventSeq));
      recordSeq += count;
      eventSeq += count;
      return tookUs;
    };
    const reference = async (): Promise<number> => {
      const next = ready.shift();
      if (next?.AuditRecord.length !== count)
        throw new Error('ours has not written what the reference is to write');
      const startedMs = performance.now();
      singles.insert(next);
      return usPer(startedMs);
    };
    // Ours stays one ahead: what it wrote is what the reference writes, whoever goes first.
    await ours();
    await ours();
    await reference();
    return { auditIntents: await alternate(context.rounds, { ours, reference }) };
  },
};

// The newest 50 of a million records by node, actor, action and both, against better-sqlite3 on the same indexes.
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { RecordFilter } from '../../server/audit/filter.ts';
import { readRecords } from '../../server/audit/read-records.ts';
import { keysetPage } from '../../server/graphql/connection.ts';
import { createDatabase } from '../../server/platform/database.ts';
import type { Measure, Row, Sample } from '../measure.ts';
import { alternate, median } from '../rounds.ts';
import { folderWithHistory, seeded } from '../seed-history.ts';

type Page = {
  id: string;
  by: string;
  filter: (n: number) => RecordFilter;
  /** What somebody writes who wants just this page; takes the filter's values in this order. */
  sql: string;
};

const at = (list: readonly string[], n: number): string => list[n % list.length] ?? '';
const newest = (where: string): string =>
  `SELECT * FROM "AuditRecord" WHERE ${where} ORDER BY "seq" DESC LIMIT 50`;

const pages: readonly Page[] = [
  {
    id: 'auditPageNode',
    by: 'node',
    filter: (n) => ({ target: at(seeded.nodes, n) }),
    sql: `SELECT record.* FROM "AuditTarget" target JOIN "AuditRecord" record ON record."seq" = target."seq"
      WHERE target."targetId" = ? ORDER BY target."seq" DESC LIMIT 50`,
  },
  {
    id: 'auditPageActor',
    by: 'actor',
    filter: (n) => ({ actor: at(seeded.actors, n) }),
    sql: newest('"actorId" = ?'),
  },
  {
    id: 'auditPageAction',
    by: 'action',
    filter: (n) => ({ action: at(seeded.actions, n) }),
    sql: newest('"action" = ?'),
  },
  {
    id: 'auditPageBoth',
    by: 'actor and action',
    // Not in step, so that all pairs come.
    filter: (n) => ({
      actor: at(seeded.actors, n),
      action: at(seeded.actions, n + Math.floor(n / seeded.actors.length)),
    }),
    sql: newest('"actorId" = ? AND "action" = ?'),
  },
];

const row = ({ id, by }: Page): Row => ({
  id,
  what: `The newest 50 of 1,000,000 audit records by ${by}, p50, against better-sqlite3 on the same index`,
  unit: 'µs',
  compare: 'ratio',
  goal: 3,
});

export const auditPages: Measure = {
  rows: pages.map(row),
  run: async (context) => {
    const file = join(await folderWithHistory(context, context.short ? 5_000 : 1_000_000), 'data', 'skep.db');
    const db = await context.own(
      () => createDatabase({ file }),
      (opened) => opened.close(),
    );
    const raw = await context.own(
      async () => new Sqlite(file, { readonly: true }),
      (opened) => void opened.close(),
    );
    const count = context.short ? 20 : 2_000;
    const p50 = async (read: (n: number) => unknown): Promise<number> => {
      const tookUs: number[] = [];
      for (let n = 0; n < count; n += 1) {
        const startedMs = performance.now();
        await read(n);
        tookUs.push((performance.now() - startedMs) * 1_000);
      }
      return median(tookUs);
    };
    // As auditLog does it.
    const page = (filter: RecordFilter) =>
      keysetPage(
        { first: 50 },
        100,
        ({ seq }: { seq: number }) => seq,
        (seq): seq is number => Number.isSafeInteger(seq),
        async (range) => readRecords(db.sql, { filter, scope: null, ...range }),
      );
    const samples: Record<string, Sample[]> = {};
    for (const { id, filter, sql } of pages) {
      const statement = raw.prepare(sql);
      const ours = () => p50((n) => page(filter(n)));
      const reference = () => p50(async (n) => statement.all(Object.values(filter(n))));
      // Once for the compiler's sake, and to bring the pages of the file into memory.
      await alternate(1, { ours, reference });
      samples[id] = await alternate(context.rounds, { ours, reference });
    }
    return samples;
  },
};

// The history as lines of JSON, each a thing with its `kind`: what the offline verifier reads (offline/check.ts).
import { setImmediate } from 'node:timers/promises';
import type { AuditRecord as Row } from '../../prisma/generated/client.ts';
import type { Database } from '../platform/database.ts';
import type { RecordFilter } from './filter.ts';
import { headOf } from './heads.ts';
import { readRecords } from './read-records.ts';

const pageSize = 500;

export type Wanted = {
  filter: RecordFilter;
  scope: readonly string[] | null;
  /** The first record. Default: that there is. */
  fromSeq?: number;
  /** The last record: what is appended while the export is read is left out. */
  toSeq: number;
};

type Read = Pick<Database, 'read' | 'sql'>;

/** Records, oldest first, a page at a time. */
export async function* recordPages(
  { sql }: Pick<Read, 'sql'>,
  { filter, scope, fromSeq = 1, toSeq }: Wanted,
): AsyncGenerator<Row[]> {
  for (let above = fromSeq - 1; ; ) {
    const rows = readRecords(sql, { filter, scope, above, below: toSeq + 1, order: 'asc', take: pageSize });
    yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) return;
    above = last.seq;
    // Others have their turn between two pages, whoever reads fast.
    await setImmediate();
  }
}

const line = (kind: string, content: object): string => `${JSON.stringify({ kind, ...content })}\n`;

/**
 * First `export` (what it is of), then the records, each head after the record that it is of, and `end` with their
 * number: without it the file was cut off.
 */
export async function* exportLines(
  { read, sql }: Read,
  wanted: Wanted,
  about: { server: string; generation: string; publicKey: string; at: Date },
): AsyncGenerator<string> {
  const whole = wanted.scope === null && Object.values(wanted.filter).every((value) => value == null);
  yield line('export', { version: 1, whole, filter: wanted.filter, ...about });
  if (whole)
    for (const row of await read.auditSeal.findMany({
      where: { toSeq: { lt: wanted.fromSeq ?? wanted.toSeq } },
      orderBy: { toSeq: 'asc' },
    }))
      yield line('seal', row);
  let records = 0;
  for await (const rows of recordPages({ sql }, wanted)) {
    const heads = await read.auditHead.findMany({
      where: { seq: { gte: rows[0]?.seq ?? 0, lte: rows.at(-1)?.seq ?? 0 } },
      orderBy: { seq: 'asc' },
    });
    let text = '';
    for (const row of rows) {
      text += line('record', row);
      for (const head of heads) if (head.seq === row.seq) text += line('head', headOf(about.server, head));
    }
    records += rows.length;
    yield text;
  }
  yield line('end', { records });
}

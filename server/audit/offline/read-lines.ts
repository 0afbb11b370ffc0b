// The lines of an export, of a sealed segment, or of a database file, for the check.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { Line } from './check.ts';

/** What is not what it should be, with the number of its line. */
export class BadLine extends Error {}

/** NDJSON, or that within gzip (`.gz`). @throws BadLine */
export async function* readExport(path: string): AsyncGenerator<Line> {
  const file = createReadStream(path);
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  file.once('error', (error) => input.destroy(error));
  let number = 0;
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (text === '') continue;
    let line: unknown;
    try {
      line = JSON.parse(text);
    } catch {
      throw new BadLine(`${path}, line ${number}: not JSON`);
    }
    if (typeof line !== 'object' || line === null || !('kind' in line))
      throw new BadLine(`${path}, line ${number}: not a line of an export`);
    yield line as Line;
  }
}

/** What is used of better-sqlite3: the verifier is one file, and asks for that package only when it is given a database. */
type Sqlite = {
  prepare(sql: string): {
    all(...values: unknown[]): unknown[];
    iterate(...values: unknown[]): Iterable<unknown>;
  };
};
type Open = new (
  path: string,
  options: { readonly: true; fileMustExist: true },
) => Sqlite & { close(): void };

type Rows = Iterable<{ at: unknown }>;

const isoOf = (at: unknown): string => new Date(String(at)).toISOString();

/** A database of Skep, read only; its server may run. */
export async function* readDatabase(path: string, publicKey: string): AsyncGenerator<Line> {
  const name = 'better-sqlite3';
  const { default: Database } = (await import(name)) as { default: Open };
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    yield* readRows(db, publicKey);
  } finally {
    db.close();
  }
}

/** The same of a database that is open. */
export function* readRows(db: Sqlite, publicKey: string): Generator<Line> {
  const settings = db.prepare('SELECT key, value FROM Setting').all() as { key: string; value: string }[];
  const setting = (key: string): string => settings.find((one) => one.key === key)?.value ?? '';
  const about = { server: setting('id'), generation: setting('generation'), publicKey };
  yield { kind: 'export', whole: true, ...about };
  for (const seal of db.prepare('SELECT * FROM AuditSeal ORDER BY toSeq').all())
    yield { kind: 'seal', ...(seal as object) } as Line;
  const heads = db.prepare('SELECT * FROM AuditHead ORDER BY seq, generation').all() as {
    seq: number;
    at: string;
  }[];
  let next = 0;
  let records = 0;
  let last = 0;
  for (const row of db.prepare('SELECT * FROM AuditRecord ORDER BY seq').iterate() as Rows) {
    const record = { kind: 'record', ...row, at: isoOf(row.at) } as unknown as Extract<
      Line,
      { kind: 'record' }
    >;
    yield record;
    records += 1;
    last = record.seq;
    while ((heads[next]?.seq ?? Number.POSITIVE_INFINITY) <= last) {
      const head = heads[next];
      next += 1;
      if (head?.seq === last)
        yield { kind: 'head', server: about.server, ...head, at: isoOf(head.at) } as unknown as Line;
    }
  }
  for (const head of heads.slice(next))
    yield { kind: 'head', server: about.server, ...head, at: isoOf(head.at) } as unknown as Line;
  yield { kind: 'end', records };
}

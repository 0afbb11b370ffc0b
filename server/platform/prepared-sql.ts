// Statements of SQLite that are prepared once and used again: for Prisma's adapter, and for what is read or written so
// often that Prisma's way to it costs more than SQLite does.
import type Sqlite from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { type Guard, refuseClosed } from './write-scope.ts';

/** Prepared statements that are kept for each connection and use; preparing one costs about as much as running it. */
const mostStatements = 300;

/** What a column can be given: times become the text that Prisma writes. */
export type ColumnValue = string | number | boolean | Date | null;

/** SQL by prepared statements on a connection of Prisma's. Names of tables and columns are those of the schema. */
export type PreparedRead = {
  /** All rows at once: bound them by LIMIT. Integers come as numbers, times as text. */
  all<Row>(text: string, values?: readonly ColumnValue[]): Row[];
};

/** The same within a write. @throws DatabaseError WRITE_CLOSED when its write has ended; SQLite's own errors. */
export type PreparedWrite = PreparedRead & {
  /** @returns the row's id, which is its key where that is an integer. */
  insert(table: string, row: Readonly<Record<string, ColumnValue>>): number;
  /** Writes these columns, one at least, of the row with this `id`; nothing when there is none. */
  update(table: string, id: string, columns: Readonly<Record<string, ColumnValue>>): void;
  /** Any other statement. @returns how many rows it wrote. */
  run(text: string, values: readonly ColumnValue[]): number;
};

const bound = (value: ColumnValue): string | number | null => {
  if (value instanceof Date) return value.toISOString().replace('Z', '+00:00');
  return typeof value === 'boolean' ? Number(value) : value;
};

const quoted = (name: string): string => `"${name}"`;

/** @param guard whether it may be used now, and who hears of a failure. Default: always, and nobody. */
export const createPreparedSql = (
  handle: Sqlite.Database,
  guard: Guard = { isOpen: () => true, failed: () => {} },
): PreparedWrite => {
  const guarded = <T>(run: () => T): T => {
    refuseClosed(guard);
    try {
      return run();
    } catch (error) {
      guard.failed(error);
      throw error;
    }
  };
  const statements = new LRUCache<string, Sqlite.Statement>({ max: mostStatements });
  const prepared = (text: string): Sqlite.Statement => {
    const known = statements.get(text);
    if (known) return known;
    const made = handle.prepare(text).safeIntegers(false);
    statements.set(text, made);
    return made;
  };
  return {
    all: <Row>(text: string, values: readonly ColumnValue[] = []) =>
      guarded(() => prepared(text).all(...values.map(bound)) as Row[]),
    insert: (table, row) =>
      guarded(() => {
        const columns = Object.keys(row);
        const text = `INSERT INTO ${quoted(table)} (${columns.map(quoted).join()}) VALUES (${columns.map(() => '?').join()})`;
        return Number(prepared(text).run(...Object.values(row).map(bound)).lastInsertRowid);
      }),
    update: (table, id, columns) =>
      guarded(() => {
        const set = Object.keys(columns).map((column) => `${quoted(column)} = ?`);
        const text = `UPDATE ${quoted(table)} SET ${set.join()} WHERE "id" = ?`;
        prepared(text).run(...Object.values(columns).map(bound), id);
      }),
    run: (text, values) => guarded(() => prepared(text).run(...values.map(bound)).changes),
  };
};

type Statement = {
  reader: boolean;
  columns(): Sqlite.ColumnDefinition[];
  run(): Sqlite.RunResult;
  raw(): { all(): unknown[] };
};

/** What Prisma's adapter uses of its connection. */
export type AdapterClient = {
  prepare(text: string): { bind(values: unknown[]): Statement };
  exec(text: string): void;
  close(): void;
};

/** A connection for Prisma's adapter, which prepares each query anew, that keeps what it prepared. */
export const withPreparedStatements = (handle: Sqlite.Database): AdapterClient => {
  const statements = new LRUCache<string, ReturnType<AdapterClient['prepare']>>({ max: mostStatements });
  return {
    prepare: (text) => {
      const known = statements.get(text);
      if (known) return known;
      const statement = handle.prepare(text);
      const { reader } = statement;
      if (reader) statement.raw(true);
      let columns: Sqlite.ColumnDefinition[] | null = null;
      const made = {
        bind: (values: unknown[]): Statement => ({
          reader,
          columns: () => (columns ??= statement.columns()),
          run: () => statement.run(values),
          raw: () => ({ all: () => statement.all(values) }),
        }),
      };
      // Some PRAGMAs take effect while they are prepared (https://www.sqlite.org/pragma.html).
      if (!/^\s*PRAGMA/i.test(text)) statements.set(text, made);
      return made;
    },
    exec: (text) => void handle.exec(text),
    close: () => void handle.close(),
  };
};

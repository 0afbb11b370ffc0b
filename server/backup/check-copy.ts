// Looks whether a copy of a data folder is good: the database sound, its migrations known, its history as it was signed.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { createCheck } from '../audit/offline/check.ts';
import { BadLine, readExport, readRows } from '../audit/offline/read-lines.ts';
import type { Seal } from '../audit/seal.ts';
import { digestOf, sealedFile } from '../audit/sealed-file.ts';
import { checkIntegrity } from '../platform/back-up-database.ts';
import { DatabaseError } from '../platform/database-error.ts';
import { readMigrations } from '../platform/migration-folder.ts';
import { pendingMigrations, readHistory } from '../platform/migration-history.ts';
import { databaseName, keyName, sealedName } from './data-folder.ts';
import { BackupFault } from './fault.ts';
import type { Contents } from './manifest.ts';

const bad = (message: string): BackupFault => new BackupFault('bad', message);

/** SPKI DER, base64url. */
const publicKeyIn = (folder: string): string => {
  const file = join(folder, keyName);
  if (!existsSync(file))
    throw bad(`${keyName} is missing: every agent would refuse a server that is restored without it`);
  try {
    return createPublicKey(createPrivateKey(readFileSync(file)))
      .export({ type: 'spki', format: 'der' })
      .toString('base64url');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EACCES') throw cause;
    throw bad(`${keyName} is not a private key`);
  }
};

const settingOf = (db: Sqlite.Database, key: string): string =>
  db.prepare<[string], string>('SELECT value FROM Setting WHERE key = ?').pluck().get(key) ?? '';

const count = (db: Sqlite.Database, table: string): number =>
  db.prepare<[], number>(`SELECT count(*) FROM "${table}"`).pluck().get() ?? 0;

const readContents = (db: Sqlite.Database, publicKey: string, lastMigration: string): Contents => {
  const tables = db
    .prepare<[], string>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY name`,
    )
    .pluck()
    .all();
  const head = db
    .prepare<[], { seq: number; hash: string }>('SELECT seq, hash FROM AuditRecord ORDER BY seq DESC LIMIT 1')
    .get();
  return {
    server: settingOf(db, 'id'),
    generation: settingOf(db, 'generation'),
    publicKey,
    lastMigration,
    head: head ?? null,
    lastEvent: db.prepare<[], number | null>('SELECT max(seq) FROM Event').pluck().get() ?? 0,
    records: Object.fromEntries(tables.map((table) => [table, count(db, table)])),
  };
};

/** @throws BackupFault when the chain, a signature, a seal or a sealed file is not as it was written. */
const checkHistory = async (db: Sqlite.Database, folder: string, publicKey: string): Promise<void> => {
  const seals = db.prepare<[], Seal>('SELECT * FROM AuditSeal ORDER BY toSeq').all();
  const check = createCheck({ kept: [], publicKey });
  for (const { file, digest } of seals) {
    const path = sealedFile(join(folder, sealedName), file);
    if (path === null) throw bad(`the sealed part ${file} of the history is missing`);
    if ((await digestOf(path)) !== digest) throw bad(`the sealed part ${file} of the history was changed`);
    for await (const line of readExport(path)) check.take(line);
  }
  // Of a part whose deletion from the database was broken off the file has been read already.
  const sealedUpTo = seals.at(-1)?.toSeq ?? 0;
  let skipped = 0;
  for (const line of readRows(db, publicKey)) {
    if ((line.kind === 'record' || line.kind === 'head') && line.seq <= sealedUpTo) {
      if (line.kind === 'record') skipped += 1;
    } else check.take(line.kind === 'end' ? { ...line, records: line.records - skipped } : line);
  }
  const { ok, faults } = check.end();
  if (ok) return;
  const [first] = faults;
  throw bad(`the history is not as it was written: record ${first?.seq}: ${first?.message}`);
};

/**
 * @param folder with `skep.db`, `server-key.pem` and `sealed/`; nothing in it is changed.
 * @param migrations folder of the migrations of this version.
 * @throws BackupFault `bad`, with what is wrong.
 */
export const checkCopy = async (folder: string, migrations: string): Promise<Contents> => {
  const publicKey = publicKeyIn(folder);
  let db: Sqlite.Database | null = null;
  try {
    db = new Sqlite(join(folder, databaseName), { readonly: true, fileMustExist: true });
    checkIntegrity(db);
    const history = readHistory(db);
    pendingMigrations(history, readMigrations(migrations));
    const last = history.at(-1)?.migration_name;
    if (last === undefined) throw bad('the database is empty: no server has started on it');
    await checkHistory(db, folder, publicKey);
    return readContents(db, publicKey, last);
  } catch (error) {
    if (error instanceof Sqlite.SqliteError)
      throw bad(`the database cannot be read: ${error.message}. It is damaged, or not one of Skep`);
    if (error instanceof DatabaseError) throw bad(error.message);
    if (error instanceof BadLine) throw bad('a sealed part of the history is none');
    throw error;
  } finally {
    db?.close();
  }
};

// A database of its own for one test: a new folder, migrated, opened, and gone afterwards.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { applyMigrations } from '../../server/platform/apply-migrations.ts';
import { createDatabase, type DatabaseOptions } from '../../server/platform/database.ts';

/** The folder of the real migrations. */
export const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

/** An empty folder that is removed when the test ends. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-platform-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A migrated database file that nobody has open. */
export const temporaryFile = async (): Promise<string> => {
  const file = join(temporaryFolder(), 'skep.db');
  await applyMigrations({ file, folder: MIGRATIONS });
  return file;
};

/** A migrated, open database. */
export const temporaryDatabase = async (options: Omit<DatabaseOptions, 'file'> = {}) => {
  const file = await temporaryFile();
  const db = await createDatabase({ ...options, file });
  onTestFinished(() => db.close());
  return { db, file };
};

/** The data of an audit record; `seq` and the chain are the caller's. */
export const auditRecord = (seq: number, previousHash: string) => ({
  seq,
  at: new Date(),
  phase: 'INTENT',
  action: 'promoteNodes',
  actorKind: 'API_KEY',
  actorId: 'key-1',
  actorName: 'ops',
  targetsJson: '[]',
  changesJson: '[]',
  previousHash,
  hash: `hash-${seq}`,
});

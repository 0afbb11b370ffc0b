// Migrations at start: all or none, and none on a database whose history is not the one of this program.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { migrationList, NO_FILTERS, openSchemaEngine } from '../../prisma/schema-engine.ts';
import { applyMigrations } from '../../server/platform/apply-migrations.ts';
import { readMigrations } from '../../server/platform/migration-folder.ts';
import { bundle, startChild } from './child-process.ts';
import { MIGRATIONS, temporaryDatabase, temporaryFolder } from './temporary-database.ts';

const FIRST = '20200101000000_first';
const SECOND = '20200102000000_second';
const THIRD = '20200103000000_third';
const migrator = await bundle('migrate-when-told.ts');

/** A folder of small migrations, beside the path of a database. */
const project = (migrations: Record<string, string>) => {
  const root = temporaryFolder();
  const folder = join(root, 'migrations');
  const write = (name: string, sql: string) => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'migration.sql'), sql);
  };
  for (const [name, sql] of Object.entries(migrations)) write(name, sql);
  const file = join(root, 'data', 'skep.db');
  return { file, folder, write, remove: (name: string) => rmSync(join(folder, name), { recursive: true }) };
};

const firstOnly = () =>
  project({ [FIRST]: `CREATE TABLE "Bee" ("id" INTEGER PRIMARY KEY); INSERT INTO "Bee" VALUES (1);` });

const inFile = <T>(file: string, read: (db: Sqlite.Database) => T): T => {
  const db = new Sqlite(file);
  try {
    return read(db);
  } finally {
    db.close();
  }
};

const tablesOf = (file: string) =>
  inFile(file, (db) =>
    db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).pluck().all(),
  );

const historyOf = (file: string) =>
  inFile(file, (db) => db.prepare('SELECT * FROM _prisma_migrations ORDER BY migration_name').all());

describe('applies', () => {
  it('all to a new file, readable by its owner only, and nothing the second time', async () => {
    const { file, folder } = firstOnly();
    expect(await applyMigrations({ file, folder })).toEqual({ applied: [FIRST], backup: null });
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(await applyMigrations({ file, folder })).toEqual({ applied: [], backup: null });
  });

  it('what is new to a database with data, after a copy that can be started from', async () => {
    const { file, folder, write } = firstOnly();
    await applyMigrations({ file, folder });
    inFile(file, (db) => db.exec('INSERT INTO Bee VALUES (2)'));
    write(SECOND, 'ALTER TABLE "Bee" ADD COLUMN "name" TEXT;');
    write(THIRD, 'CREATE TABLE "Comb" ("id" INTEGER PRIMARY KEY);');

    const { applied, backup } = await applyMigrations({ file, folder });
    expect(applied).toEqual([SECOND, THIRD]);
    expect(backup).toBe(`${file}.before-${SECOND}`);
    expect(statSync(`${backup}`).mode & 0o077).toBe(0);
    expect(inFile(`${backup}`, (db) => db.prepare('SELECT * FROM Bee').all())).toEqual([
      { id: 1 },
      { id: 2 },
    ]);
    expect(inFile(file, (db) => db.prepare('SELECT * FROM Bee').all())).toHaveLength(2);
  });

  it('exactly as Prisma does: each takes the database of the other as its own', {
    timeout: 30_000,
  }, async () => {
    const schema = readFileSync(
      fileURLToPath(new URL('../../prisma/schema.prisma', import.meta.url)),
      'utf8',
    );
    const migrationsList = migrationList(readMigrations(MIGRATIONS));
    const ours = join(temporaryFolder(), 'ours.db');
    await applyMigrations({ file: ours, folder: MIGRATIONS });
    const onOurs = await openSchemaEngine(schema, ours);
    const verdict = await onOurs.engine.diagnoseMigrationHistory({
      migrationsList,
      optInToShadowDatabase: true,
      filters: NO_FILTERS,
    });
    await onOurs.close();
    expect(verdict).toMatchObject({
      editedMigrationNames: [],
      failedMigrationNames: [],
      hasMigrationsTable: true,
    });
    expect(verdict.history).toBeNull();

    const theirs = join(temporaryFolder(), 'theirs.db');
    const onTheirs = await openSchemaEngine(schema, theirs);
    await onTheirs.engine.applyMigrations({ migrationsList, filters: NO_FILTERS });
    await onTheirs.close();
    expect(await applyMigrations({ file: theirs, folder: MIGRATIONS })).toMatchObject({ applied: [] });
    const schemaOf = (file: string) =>
      inFile(file, (db) => db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all());
    expect(schemaOf(ours)).toEqual(schemaOf(theirs));
    const shape = (file: string) =>
      historyOf(file).map((row) =>
        JSON.stringify(row).replace(/[0-9a-f-]{36}|\d{4}-\d\d-\d\dT[\d:.]+\+00:00/g, '…'),
      );
    expect(shape(ours)).toEqual(shape(theirs));
  });
});

describe('refuses, and changes nothing', () => {
  const migrated = async () => {
    const it = firstOnly();
    it.write(SECOND, 'CREATE TABLE "Comb" ("id" INTEGER PRIMARY KEY);');
    await applyMigrations(it);
    return it;
  };

  it('an edited migration', async () => {
    const it = await migrated();
    it.write(FIRST, 'CREATE TABLE "Wasp" ("id" INTEGER PRIMARY KEY);');
    await expect(applyMigrations(it)).rejects.toMatchObject({
      code: 'MIGRATION_EDITED',
      message: expect.stringContaining(FIRST),
    });
  });

  it('a migration that is gone from the folder', async () => {
    const it = await migrated();
    it.remove(FIRST);
    await expect(applyMigrations(it)).rejects.toMatchObject({ code: 'MIGRATION_MISSING' });
  });

  it('a database that a newer version migrated', async () => {
    const it = await migrated();
    it.remove(SECOND);
    await expect(applyMigrations(it)).rejects.toMatchObject({
      code: 'MIGRATION_DATABASE_NEWER',
      message: expect.stringContaining(SECOND),
    });
  });

  it('a new migration that comes before one already applied', async () => {
    const it = await migrated();
    it.write('20200101120000_late', 'CREATE TABLE "Late" ("id" INTEGER PRIMARY KEY);');
    await expect(applyMigrations(it)).rejects.toMatchObject({ code: 'MIGRATION_OUT_OF_ORDER' });
    expect(tablesOf(it.file)).not.toContain('Late');
  });

  it('one that failed under another tool', async () => {
    const it = await migrated();
    inFile(it.file, (db) =>
      db.exec(`UPDATE _prisma_migrations SET finished_at = NULL, logs = 'no such table'`),
    );
    await expect(applyMigrations(it)).rejects.toMatchObject({ code: 'MIGRATION_FAILED_BEFORE' });
  });

  it('a database of something else', async () => {
    const it = firstOnly();
    mkdirSync(join(it.file, '..'), { recursive: true });
    inFile(it.file, (db) => db.exec('CREATE TABLE theirs (id)'));
    await expect(applyMigrations(it)).rejects.toMatchObject({ code: 'MIGRATION_DATABASE_FOREIGN' });
    expect(tablesOf(it.file)).toEqual(['theirs']);
  });

  it('a folder that is not there, or that lacks a file', async () => {
    const { file, folder } = firstOnly();
    await expect(applyMigrations({ file, folder: `${folder}-x` })).rejects.toMatchObject({
      code: 'MIGRATION_FOLDER_INVALID',
    });
    mkdirSync(join(folder, SECOND));
    await expect(applyMigrations({ file, folder })).rejects.toMatchObject({
      code: 'MIGRATION_FOLDER_INVALID',
    });
    expect(existsSync(file)).toBe(false);
  });

  it('a database that a server has open', async () => {
    const { file } = await temporaryDatabase();
    await expect(applyMigrations({ file, folder: MIGRATIONS })).rejects.toMatchObject({
      code: 'DATABASE_IN_USE',
    });
  });
});

describe('a migration that fails leaves nothing half done', () => {
  it.each([
    ['in its last statement', 'CREATE TABLE "Half" ("id" INTEGER); INSERT INTO "Nowhere" VALUES (1);'],
    [
      'by a row that points nowhere',
      `CREATE TABLE "Half" ("bee" INTEGER REFERENCES "Bee"); INSERT INTO "Half" VALUES (9);`,
    ],
    ['by ending its transaction', 'CREATE TABLE "Half" ("id" INTEGER); ROLLBACK;'],
  ])('%s', async (_, sql) => {
    const it = firstOnly();
    await applyMigrations(it);
    it.write(SECOND, sql);
    await expect(applyMigrations(it)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining(`${it.file}.before-${SECOND}`),
    });
    expect(tablesOf(it.file)).toEqual(['Bee', '_prisma_migrations']);
    expect(historyOf(it.file)).toHaveLength(1);

    it.write(SECOND, 'CREATE TABLE "Whole" ("id" INTEGER);');
    expect(await applyMigrations(it)).toMatchObject({ applied: [SECOND] });
  });
});

it('undoes those before one that fails too: the version of before goes on, and there is one copy to go back to', async () => {
  const it = firstOnly();
  await applyMigrations(it);
  it.write(SECOND, 'CREATE TABLE "Second" ("id" INTEGER);');
  it.write(THIRD, 'INSERT INTO "Nowhere" VALUES (1);');
  // As a service manager does that starts it again.
  for (let start = 0; start < 2; start += 1)
    await expect(applyMigrations(it)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(new RegExp(`^The migration ${THIRD} failed.*before-${SECOND}`)),
    });
  expect(tablesOf(it.file)).toEqual(['Bee', '_prisma_migrations']);
  const copies = readdirSync(dirname(it.file)).filter((name) => name.includes('.before-'));
  expect(copies).toEqual([`skep.db.before-${SECOND}`]);
  it.remove(SECOND);
  it.remove(THIRD);
  expect(await applyMigrations(it)).toEqual({ applied: [], backup: null });
});

it('is whole or not there after a kill in the middle', { timeout: 60_000 }, async () => {
  const template = firstOnly();
  await applyMigrations(template);
  // Too big for its cache, so that SQLite writes to the log before the commit: the kill leaves a part of it there.
  template.write(
    SECOND,
    `PRAGMA cache_size = 50;
     CREATE TABLE "Early" ("id" INTEGER PRIMARY KEY, "text" TEXT);
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
     INSERT INTO "Early" SELECT i, hex(zeroblob(500)) FROM n;
     CREATE INDEX "Early_text" ON "Early"("text");
     CREATE TABLE "Late" ("id" INTEGER);`,
  );
  const outcomes = await Promise.all(
    [0, 500_000, 3_000_000, 6_000_000].map(async (walBytes) => {
      const file = join(temporaryFolder(), 'skep.db');
      cpSync(template.file, file);
      const child = startChild(migrator, [file, template.folder]);
      await child.until(() => child.lines.length > 0);
      const wal = `${file}-wal`;
      await new Promise<void>((resolve) => {
        const look = () =>
          child.lines.includes('done') || (statSync(wal, { throwIfNoEntry: false })?.size ?? 0) >= walBytes
            ? resolve()
            : setImmediate(look);
        look();
      });
      await child.kill();

      const rows = historyOf(file).length;
      expect(inFile(file, (db) => db.pragma('integrity_check', { simple: true }))).toBe('ok');
      expect(tablesOf(file)).toEqual(
        rows === 1 ? ['Bee', '_prisma_migrations'] : ['Bee', 'Early', 'Late', '_prisma_migrations'],
      );
      expect(await applyMigrations({ file, folder: template.folder })).toMatchObject({
        applied: rows === 1 ? [SECOND] : [],
      });
      return rows;
    }),
  );
  expect(outcomes, 'at least one was killed before its commit').toContain(1);
});

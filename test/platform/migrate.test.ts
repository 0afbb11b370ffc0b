// The developer's tool: the folder of migrations and schema.prisma agree, and no change drops a trigger unseen.
import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { writeMigration } from '../../prisma/write-migration.ts';
import { applyMigrations } from '../../server/platform/apply-migrations.ts';
import { createDatabase } from '../../server/platform/database.ts';
import { MIGRATIONS, temporaryFolder } from './temporary-database.ts';

const SLOW = { timeout: 60_000 };
const PROGRAM = fileURLToPath(new URL('../../prisma/migrate.ts', import.meta.url));
const SCHEMA = fileURLToPath(new URL('../../prisma/schema.prisma', import.meta.url));

const migrate = (...args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, ['--import', 'tsx', PROGRAM, ...args], (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

/** The real schema and migrations, copied to where a test may change them. */
const copy = () => {
  const root = temporaryFolder();
  const schema = join(root, 'schema.prisma');
  const folder = join(root, 'migrations');
  cpSync(SCHEMA, schema);
  cpSync(MIGRATIONS, folder, { recursive: true });
  const edit = (from: RegExp, to: string) =>
    writeFileSync(schema, readFileSync(schema, 'utf8').replace(from, to));
  const create = (name: string) => writeMigration({ schema, folder }, name, new Date());
  return { root, folder, edit, create, args: ['--schema', schema, '--folder', folder] };
};

it('finds that the migrations and schema.prisma agree', SLOW, async () => {
  expect(await migrate('check')).toMatchObject({ code: 0, stderr: '' });
});

it('exits 2 with the SQL when a migration lacks, and writes it when told', SLOW, async () => {
  const { root, folder, edit, args, create } = copy();
  edit(/model Setting \{/, 'model Setting {\n  note String?');
  const check = await migrate('check', ...args);
  expect(check).toMatchObject({ code: 2, stdout: expect.stringContaining('ADD COLUMN "note" TEXT') });

  expect(await create('add_note')).toMatchObject({ droppedTriggers: [] });
  const written = readdirSync(folder).filter((name) => name.endsWith('_add_note'));
  expect(written).toEqual([expect.stringMatching(/^\d{14}_add_note$/)]);
  expect(await create('again')).toMatchObject({ path: null });
  expect(await applyMigrations({ file: join(root, 'skep.db'), folder })).toMatchObject({
    applied: expect.arrayContaining(written),
  });
});

it('makes the triggers again that a rebuilt table loses, and names them', SLOW, async () => {
  const { root, folder, edit, create } = copy();
  edit(/phase( +)String\b/, 'phase$1String?');
  expect(await create('phase_optional')).toMatchObject({
    droppedTriggers: expect.arrayContaining(['AuditRecord_in_order', 'AuditRecord_no_delete']),
  });
  const file = join(root, 'skep.db');
  await applyMigrations({ file, folder });
  const db = await createDatabase({ file });
  await db.close();
});

it('explains itself', SLOW, async () => {
  expect(await migrate('create', '../outside')).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('Usage'),
  });
});

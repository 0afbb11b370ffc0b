// A server that is told to end while it still starts: it finishes what it is at, closes, and says that all went well.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAsk } from '../../lab/client.ts';
import { type End, readLog, type ServerProcess, startServer } from '../../lab/processes.ts';
import { addMigration, laterRelease } from '../support/releases.ts';
import { until } from '../support/until.ts';

let dir: string;
let server: ServerProcess;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'skep-'));
});
afterEach(async () => {
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** @param reached it is where it is to be told. */
const toldDuringStart = async (signal: NodeJS.Signals, reached: () => boolean): Promise<End> => {
  const starting = server.start().catch(() => undefined);
  await until(reached, 'the start is under way');
  process.kill(server.pid(), signal);
  const end = await server.whenEnded();
  await starting;
  return end;
};
const works = async (): Promise<void> => {
  await server.start();
  const ask = createAsk(() => server.url, server.adminKey);
  expect((await ask('{ verifyAudit { ok } }')).verifyAudit).toEqual({ ok: true });
};

it.each(['SIGTERM', 'SIGINT'] as const)('ends well by %s before it listens', async (signal) => {
  const env: NodeJS.ProcessEnv = {};
  server = await startServer({ dir, env });
  await server.stop();
  env.SKEP_FAILPOINTS = 'recovery.begun=sleep(500)';
  expect(
    await toldDuringStart(signal, () => readLog(server.logPath).includes('"failpoint":"recovery.begun"')),
  ).toEqual({ code: 0, signal: null });
  delete env.SKEP_FAILPOINTS;
  await works();
});

it('finishes its migrations first', { timeout: 60_000 }, async () => {
  const entry = laterRelease(dir, 'CREATE TABLE later (id TEXT);');
  server = await startServer({ dir, entry });
  await server.stop();
  const name = '20990102000000_slow';
  addMigration(
    entry,
    name,
    `CREATE TABLE slow (at INTEGER);
     WITH RECURSIVE many (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM many WHERE at < 2000000)
     INSERT INTO slow SELECT at FROM many WHERE at % 1000 = 0;`,
  );
  const file = join(dir, 'data', 'skep.db');
  expect(await toldDuringStart('SIGTERM', () => existsSync(`${file}.before-${name}`))).toEqual({
    code: 0,
    signal: null,
  });
  const db = new Sqlite(file, { readonly: true });
  try {
    expect(db.prepare('SELECT COUNT(*) FROM slow').pluck().get()).toBe(2_000);
    expect(db.prepare('SELECT MAX(migration_name) FROM _prisma_migrations').pluck().get()).toBe(name);
  } finally {
    db.close();
  }
  await works();
});

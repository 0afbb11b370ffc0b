// Today's server on what earlier releases left behind, what happens when a migration fails, and the way back.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ask, createAsk, post } from '../../lab/client.ts';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { readAudit } from '../support/history.ts';
import { begin, ended, readOperation } from '../support/operations.ts';
import { aboutRelease, agentOfRelease, laterRelease, releases, unpackRelease } from '../support/releases.ts';
import { runServerCommand } from '../support/server-command.ts';
import { operationFields, startSystem } from '../support/system.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const known = readdirSync(join(checkout, 'prisma/migrations'))
  .filter((name) => /^\d/.test(name))
  .sort();

const lastMigrationIn = (file: string): string => {
  const db = new Sqlite(file, { readonly: true });
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    return db.prepare<[], string>('SELECT max(migration_name) FROM _prisma_migrations').pluck().get() ?? '';
  } finally {
    db.close();
  }
};

let dir: string;
let running: ServerProcess | null = null;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'skep-'));
});
afterEach(async () => {
  await running?.stop();
  running = null;
  rmSync(dir, { recursive: true, force: true });
});
const data = (): string => join(dir, 'data');
const start = async (options: { env?: NodeJS.ProcessEnv; entry?: string } = {}): Promise<ServerProcess> => {
  running = await startServer({ dir, ...options });
  return running;
};
const stop = async (): Promise<void> => {
  await running?.stop();
  running = null;
};

/** What is read of a server that came from `name`, however it came. */
const holdsHistory = async (ask: Ask, name: string): Promise<void> => {
  const about = aboutRelease(name);
  const { verifyAudit, auditLog } = await ask(
    'query($filter: AuditFilter) { verifyAudit { ok fault { seq message } } auditLog(filter: $filter) { edges { node { hash } } } }',
    { filter: { fromSeq: about.head.seq, toSeq: about.head.seq + 1 } },
  );
  expect(verifyAudit).toEqual({ ok: true, fault: null });
  expect(auditLog.edges).toEqual([{ node: { hash: about.head.hash } }]);
};

it('has the releases that there were', () => {
  expect(releases).toEqual(expect.arrayContaining(['0.1.0', 'before-0.1.0']));
});

describe.each(releases)('the data folder of %s', (name) => {
  const about = aboutRelease(name);
  const pending = known.filter((migration) => migration > about.lastMigration);

  beforeEach(() => unpackRelease(name, data()));

  it('is migrated at the start, after a copy, and goes on', { timeout: 120_000 }, async () => {
    const { url } = await start();
    const ask = createAsk(() => url, about.adminKey);
    expect(lastMigrationIn(join(data(), 'skep.db'))).toBe(known.at(-1));
    const copies = readdirSync(data()).filter((file) => file.includes('.before-'));
    expect(copies).toEqual(pending.slice(0, 1).map((first) => `skep.db.before-${first}`));
    for (const copy of copies) expect(lastMigrationIn(join(data(), copy))).toBe(about.lastMigration);

    await holdsHistory(ask, name);
    expect(await readAudit(ask, { action: 'restored' })).toEqual([]);
    const viewer = createAsk(() => url, about.viewerKey);
    expect((await viewer('{ viewer { name } }')).viewer).toEqual({ name: 'screens' });
    const { body } = await post(url, about.revokedKey, '{ viewer { name } }', {});
    expect(body.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');

    const { hosts, enrolments, clusters } = await ask(
      '{ hosts { edges { node { id } } } enrolments { hostName } clusters { id fleet { document } nodes { edges { node { labels { key value } } } } } }',
    );
    expect(hosts.edges).toHaveLength(3);
    expect(JSON.stringify(enrolments)).toContain('to-come');
    expect(clusters).toMatchObject([{ id: about.cluster }]);
    expect(JSON.stringify(clusters)).toContain('"last"');
    expect(clusters[0].fleet.document).toContain('skepFleet');
    expect(await readOperation(ask, about.endedOperation)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('has open what was open, and ends it when told', { timeout: 60_000 }, async () => {
    const { url } = await start();
    const ask = createAsk(() => url, about.adminKey);
    // Its agents are not here: it waits for them.
    expect(await readOperation(ask, about.openOperation)).toMatchObject({
      action: 'updateNodeLabels',
      endedAt: null,
    });
    await begin(ask, 'cancelOperation', { id: about.openOperation });
    const operation = await ended(ask, about.openOperation);
    expect(operation.state).toBe('CANCELLED');
    expect(await readAudit(ask, { operation: about.openOperation, phase: ['OUTCOME'] })).toHaveLength(1);
  });

  it('has cursors that go on', { timeout: 60_000 }, async () => {
    const { url } = await start();
    const abort = new AbortController();
    const response = await fetch(url, {
      method: 'POST',
      signal: abort.signal,
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        authorization: `Bearer ${about.adminKey}`,
      },
      body: JSON.stringify({
        query: 'subscription($after: String) { operationChanged(after: $after) { operation { id state } } }',
        variables: { after: about.cursor },
      }),
    });
    let told = '';
    for await (const part of response.body ?? []) {
      told += Buffer.from(part).toString();
      if (told.includes(about.endedOperation) && told.includes('"SUCCEEDED"')) break;
    }
    abort.abort();
    expect(told).not.toContain('errors');
  });

  it('comes back from a backup that this version made of it', { timeout: 60_000 }, async () => {
    const file = join(dir, 'backup.tar.gz');
    const made = await runServerCommand(['backup', '--data', data(), '--to', file]);
    expect(made).toMatchObject({ code: 0, text: expect.stringContaining('sealed/audit-') });
    const restored = join(dir, 'restored');
    expect(await runServerCommand(['restore', '--from', file, '--to', restored])).toMatchObject({ code: 0 });
    expect(lastMigrationIn(join(restored, 'skep.db'))).toBe(about.lastMigration);
    const { url } = await start({ env: { SKEP_DATA_DIR: restored } });
    const ask = createAsk(() => url, about.adminKey);
    await holdsHistory(ask, name);
    expect(await readAudit(ask, { action: 'restored' })).toHaveLength(1);
    expect(await readOperation(ask, about.openOperation)).toMatchObject({ failure: { code: 'RESTORED' } });
  });

  it('is usable after a migration that fails', { timeout: 60_000 }, async () => {
    const entry = laterRelease(dir, 'CREATE TABLE later (id TEXT); INSERT INTO none VALUES (1);');
    await expect(start({ entry })).rejects.toThrow(
      /The migration 20990101000000_later failed and was undone: .*a copy from before the first one is .*skep\.db\.before-/s,
    );
    const [copy = ''] = readdirSync(data()).filter((file) => file.includes('.before-'));
    expect(lastMigrationIn(join(data(), copy))).toBe(about.lastMigration);
    const { url } = await start();
    await holdsHistory(
      createAsk(() => url, about.adminKey),
      name,
    );
  });
});

it('refuses the database of a later release, and takes the copy from before it', {
  timeout: 60_000,
}, async () => {
  unpackRelease('0.1.0', data());
  await start();
  await stop();
  await start({ entry: laterRelease(dir, 'CREATE TABLE later (id TEXT);') });
  await stop();
  await expect(start()).rejects.toThrow(
    'The database went through 20990101000000_later, which this version does not know yet.',
  );
  // As docs/operating.md says.
  for (const end of ['-wal', '-shm']) rmSync(join(data(), `skep.db${end}`), { force: true });
  writeFileSync(join(data(), 'skep.db'), readFileSync(join(data(), 'skep.db.before-20990101000000_later')));
  const { url } = await start();
  await holdsHistory(
    createAsk(() => url, aboutRelease('0.1.0').adminKey),
    '0.1.0',
  );
  expect(existsSync(join(data(), 'skep.db'))).toBe(true);
});

describe.each(releases)('the agent of %s, on SIMULATED engines', (name) => {
  it('serves today’s server', { timeout: 120_000 }, async () => {
    const system = await startSystem({
      engines: { kind: 'simulated', version: '20.10', speed: 10 },
      hosts: 2,
      agentEntry: agentOfRelease(name, dir),
    });
    try {
      const cluster = await system.formSwarm();
      const nodes = system.members.map(({ host }) => host.hostname);
      const { updateNodeLabels, hosts } = await system.ask(
        `mutation($input: UpdateNodeLabelsInput!) { updateNodeLabels(input: $input) { ${operationFields} } }`,
        { input: { cluster, nodes, set: [{ key: 'zone', value: 'a' }] } },
      );
      expect(hosts).toBeUndefined();
      expect(updateNodeLabels).toMatchObject({ state: 'SUCCEEDED' });
      const seen = await system.ask('{ hosts { edges { node { agentVersion status } } } }');
      for (const { node } of seen.hosts.edges)
        expect(node).toEqual({ agentVersion: aboutRelease(name).skepVersion, status: 'CONNECTED' });
    } finally {
      await system.stop();
    }
  });
});

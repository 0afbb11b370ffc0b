// Enrolment: one secret, one host, for fifteen minutes, and no way to guess or overhear one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { enrolByHand, newAgentKey } from '../support/hand-made-agent.ts';
import { type SecureApp, startSecureApp } from '../support/secure-app.ts';

vi.setConfig({ testTimeout: 30_000 });

let folder: string;
let server: SecureApp;
let url: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skep-enrol-'));
  server = await startSecureApp(folder);
  url = `wss://127.0.0.1:${server.app.port}/agent`;
});

afterEach(async () => {
  await server.app.close();
  rmSync(folder, { recursive: true });
});

const count = async (): Promise<number> => (await server.ask('{ hosts { totalCount } }')).hosts.totalCount;
const enrol = (secret: string, engineId: string | null = null) =>
  enrolByHand(url, newAgentKey(), secret, { engineId });

test('a secret is good for one host', async () => {
  const secret = await server.enrolment();
  await enrol(secret);
  await expect(enrol(secret)).rejects.toThrow('NOT_FOUND');
  expect(await count()).toBe(1);
});

test('a key that is a host’s, or was one’s before it was revoked, is not enrolled again', async () => {
  const key = await enrolByHand(url, newAgentKey(), await server.enrolment(), { engineId: 'engine-1' });
  const secret = await server.enrolment();
  await expect(enrolByHand(url, key, secret, { engineId: null })).rejects.toThrow('KEY_KNOWN');
  await server.ask(`mutation { revokeHost(input: { id: "${key.host}" }) { state } }`);
  await expect(enrolByHand(url, key, secret, { engineId: 'engine-1' })).rejects.toThrow('KEY_KNOWN');
  // Its engine is free, with a new key.
  await enrolByHand(url, newAgentKey(), secret, { engineId: 'engine-1' });
  expect(await count()).toBe(2);
});

test('a secret that is wrong in one letter, unknown or malformed is nothing', async () => {
  const secret = await server.enrolment();
  const [id = '', text = '', pin = ''] = secret.split('.');
  const other = text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`;
  await expect(enrol(`${id}.${other}.${pin}`)).rejects.toThrow('NOT_FOUND');
  await expect(enrol(`skep_enr_000000000000.${text}.${pin}`)).rejects.toThrow('NOT_FOUND');
  await expect(enrol(`nonsense.${text}.${pin}`)).rejects.toThrow('NOT_FOUND');
  expect(await count()).toBe(0);
  await enrol(secret);
});

test('a secret ends after fifteen minutes', async () => {
  const secret = await server.enrolment();
  const database = new Sqlite(join(folder, 'data/skep.db'));
  const ages = database.prepare('SELECT expiresAt, createdAt FROM Enrolment').get() as Record<string, string>;
  expect(Date.parse(ages.expiresAt ?? '') - Date.parse(ages.createdAt ?? '')).toBe(15 * 60_000);
  database.prepare('UPDATE Enrolment SET expiresAt = ?').run(new Date(Date.now() - 1).toISOString());
  database.close();
  await expect(enrol(secret)).rejects.toThrow('NOT_FOUND');
  expect(await count()).toBe(0);
});

test('of a hundred that try one secret at once, one is enrolled', async () => {
  const secret = await server.enrolment();
  const tries = await Promise.allSettled(
    Array.from({ length: 100 }, (_, number) => enrol(secret, `engine-${number}`)),
  );
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await count()).toBe(1);
});

test('wrong secrets are limited by where they come from, and are on record without what was tried', async () => {
  const [, text = '', pin = ''] = (await server.enrolment()).split('.');
  const wrong = `skep_enr_000000000000.${text}.${pin}`;
  const codes: string[] = [];
  for (let n = 0; n < 22; n += 1) await enrol(wrong).catch((error: Error) => void codes.push(error.message));
  expect(codes.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'NOT_FOUND'));
  expect(codes.slice(20)).toEqual(['RATE_LIMITED', 'RATE_LIMITED']);
  const { auditLog } = await server.ask(
    '{ auditLog(filter: { action: "enrolHost" }, first: 10) { edges { node { phase failure { code } input } } } }',
  );
  const records = auditLog.edges.map(({ node }: any) => node);
  expect(records).toContainEqual(
    expect.objectContaining({ phase: 'DENIED', failure: { code: 'NOT_FOUND' } }),
  );
  expect(JSON.stringify(records)).not.toContain(text);
});

test('the command of an enrolment does not have the secret, and asks for it', async () => {
  const { createEnrolment } = await server.ask('mutation { createEnrolment(input: {}) { secret command } }');
  const { secret, command } = createEnrolment;
  expect(command).not.toContain(secret.split('.')[1]);
  // A secret that is none: the agent has read it where the command says, and ends.
  const [program = '', ...args] = command.split(' ');
  const { stderr, status } = spawnSync(program, args, { input: 'no-secret\n', encoding: 'utf8' });
  expect(stderr).toContain('not an enrolment secret');
  expect(status).toBe(2);
});

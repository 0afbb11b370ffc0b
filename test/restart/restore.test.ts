// A restored backup is a new server generation: cursors of the lost time are refused, nothing of it is sent again, and
// what was carried out in it is on record.
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { begunTwice, effects } from '../support/commands.ts';
import { listNodes } from '../support/docker.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { readAudit } from '../support/history.ts';
import { begin, connected, ended, readOperation } from '../support/operations.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe(`a restored backup, on ${enginesNote}`, () => {
  let system: System;
  let cluster: string;
  let worker: string;
  const env: NodeJS.ProcessEnv = {};

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2, env });
    cluster = await system.formSwarm();
    const nodes = await listNodes(at(system.members, 0).host);
    worker = nodes.find(({ Spec }) => Spec.Role === 'worker')?.ID ?? '';
  });
  afterAll(() => system?.stop());

  const data = (name: string): string => join(system.dir, 'data', name);
  /** As an operator does it: a copy of the database while the server runs; `beside`: of all that stands in the folder. */
  const backUp = async (): Promise<{ database: string; beside: string }> => {
    const folder = mkdtempSync(join(system.dir, 'backup-'));
    const source = new Sqlite(data('skep.db'), { readonly: true });
    await source.backup(join(folder, 'skep.db'));
    source.close();
    copyFileSync(data('generation.json'), join(folder, 'generation.json'));
    return { database: join(folder, 'skep.db'), beside: join(folder, 'generation.json') };
  };
  const restore = (database: string, beside?: string): void => {
    for (const end of ['-wal', '-shm']) rmSync(data(`skep.db${end}`), { force: true });
    copyFileSync(database, data('skep.db'));
    if (beside !== undefined) copyFileSync(beside, data('generation.json'));
  };
  const generation = async (): Promise<string> => {
    const { eventCursor } = await system.ask('{ eventCursor }');
    return Buffer.from(eventCursor, 'base64url').toString().split(':')[0] ?? '';
  };
  const label = async (key: string, value: string): Promise<Record<string, any>> =>
    ended(
      system.ask,
      (await begin(system.ask, 'updateNodeLabels', { cluster, nodes: [worker], set: [{ key, value }] })).id,
    );
  const labels = async (): Promise<Record<string, string>> =>
    (await listNodes(at(system.members, 0).host)).find(({ ID }) => ID === worker)?.Spec.Labels ?? {};
  /** Until every agent keeps a head of the present generation. */
  const witnessed = async (): Promise<void> => {
    const now = await generation();
    await until(
      async () => {
        const { hosts } = await system.ask(
          '{ hosts { edges { node { auditWitness { newest { generation seq } } } } } verifyAudit { head { seq } } }',
        );
        return hosts.edges.every(({ node }: any) => node.auditWitness?.newest?.generation === now);
      },
      'every agent keeps a head of this generation',
      30_000,
    );
  };
  const cursorIsRefused = async (after: string): Promise<void> => {
    const response = await fetch(system.server.url, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        authorization: `Bearer ${system.server.adminKey}`,
      },
      body: JSON.stringify({
        query: 'subscription($after: String) { nodeChanged(after: $after) { cursor } }',
        variables: { after },
      }),
    });
    expect(await response.text()).toContain('CURSOR_TOO_OLD');
  };

  let backup: { database: string; beside: string };
  let first: string;
  let second: string;

  it('begins a new generation when the database is older than the folder knows', {
    timeout: 180_000,
  }, async () => {
    first = await generation();
    await label('kept', 'yes');
    // Open in the backup: its manager's agent does not answer while the copy is made.
    const [manager] = system.members;
    process.kill(manager?.agent.pid() ?? 0, 'SIGSTOP');
    const open = await begin(system.ask, 'updateNodeLabels', {
      cluster,
      nodes: [worker],
      set: [{ key: 'once', value: 'yes' }],
    });
    expect(open.endedAt).toBeNull();
    backup = await backUp();
    process.kill(manager?.agent.pid() ?? 0, 'SIGCONT');

    // The time that will be lost.
    expect(await ended(system.ask, open.id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await label('lost', 'yes')).toMatchObject({ state: 'SUCCEEDED' });
    expect(await label('once', 'undone')).toMatchObject({ state: 'SUCCEEDED' });
    const { eventCursor: lostCursor } = await system.ask('{ eventCursor }');
    await witnessed();
    const before = effects(system.members).length;
    await system.server.kill9();
    restore(backup.database);
    await system.server.start();

    second = await generation();
    expect(second).not.toBe(first);
    await cursorIsRefused(lostCursor);
    expect(await readOperation(system.ask, open.id)).toMatchObject({
      state: 'UNRESOLVED',
      failure: { code: 'RESTORED' },
      targets: [{ state: 'UNKNOWN' }],
    });
    await connected(system.ask);
    expect(await readAudit(system.ask, { action: 'restored' })).toMatchObject([
      { phase: 'OBSERVED', actor: { kind: 'SYSTEM' }, input: { previous: first, generation: second } },
    ]);
    expect(await readAudit(system.ask, { operation: open.id })).toMatchObject([
      { phase: 'INTENT' },
      { phase: 'OUTCOME', outcome: 'UNRESOLVED' },
    ]);
    const lost = await until(async () => {
      const records = await readAudit(system.ask, { action: 'commandsOfLostTime' });
      return records.length > 0 ? records : null;
    }, 'the agent has told what was carried out');
    const told = lost.flatMap(({ input }) => input.commands);
    expect(told).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          kind: 'UpdateNode',
          outcome: 'DONE',
          args: expect.objectContaining({ setLabels: [{ key: 'lost', value: 'yes' }] }),
        }),
      ]),
    );
    // What the backup knows of is not told as lost.
    expect(JSON.stringify(told)).not.toContain('"kept"');
    expect(await labels()).toMatchObject({ kept: 'yes', lost: 'yes', once: 'undone' });
    expect(effects(system.members)).toHaveLength(before);
    expect(begunTwice(system.members)).toEqual([]);
    // And a command of the new generation is carried out: it is no replay.
    expect(await label('new', 'yes')).toMatchObject({ state: 'SUCCEEDED' });
    expect((await system.ask('{ verifyAudit { ok } }')).verifyAudit).toEqual({ ok: true });
  });

  it('is not begun by an ordinary start', { timeout: 60_000 }, async () => {
    await system.server.stop();
    await system.server.start();
    expect(await generation()).toBe(second);
    await system.server.kill9();
    await system.server.start();
    expect(await generation()).toBe(second);
    expect(await readAudit(system.ask, { action: 'restored' })).toHaveLength(1);
  });

  it('with an old copy of the whole folder, agents of the later generation refuse to go back, until told', {
    timeout: 120_000,
  }, async () => {
    await connected(system.ask);
    await witnessed();
    const later = await backUp();
    await system.server.kill9();
    restore(backup.database, backup.beside);
    await system.server.start();
    expect(await generation()).toBe(first);
    const records = await until(async () => {
      const found = await readAudit(system.ask, { action: 'otherServer' });
      return found.length > 0 ? found : null;
    }, 'the other server is on record');
    expect(records).toMatchObject([{ phase: 'OBSERVED', input: { generation: second } }]);
    const { hosts } = await system.ask('{ hosts { edges { node { status } } } }');
    expect(hosts.edges.map(({ node }: any) => node.status)).not.toContain('CONNECTED');
    // The real one comes back: nothing has happened.
    await system.server.kill9();
    restore(later.database, later.beside);
    await system.server.start();
    await connected(system.ask);
    expect(await generation()).toBe(second);
    // Or the old copy is to go on for it.
    await system.server.kill9();
    restore(backup.database, backup.beside);
    env.SKEP_TAKE_OVER = second;
    await system.server.start();
    const third = await generation();
    expect([first, second]).not.toContain(third);
    await connected(system.ask);
    expect(await label('third', 'yes')).toMatchObject({ state: 'SUCCEEDED' });
    // Said once, it says nothing more.
    await system.server.stop();
    await system.server.start();
    expect(await generation()).toBe(third);
  });

  it('is found out by the agents when the whole folder was copied back', { timeout: 120_000 }, async () => {
    await connected(system.ask);
    await witnessed();
    const before = await generation();
    const whole = await backUp();
    expect(await label('fourth', 'yes')).toMatchObject({ state: 'SUCCEEDED' });
    const { verifyAudit } = await system.ask('{ verifyAudit { head { seq } } }');
    await until(async () => {
      const { hosts } = await system.ask('{ hosts { edges { node { auditWitness { newest { seq } } } } } }');
      return hosts.edges.some(({ node }: any) => node.auditWitness?.newest?.seq >= verifyAudit.head.seq);
    }, 'an agent keeps a head of the time that will be lost');
    await system.server.kill9();
    restore(whole.database, whole.beside);
    await system.server.start();
    await until(async () => (await generation()) !== before, 'the server has begun anew', 60_000);
    await connected(system.ask);
    const [record] = (await readAudit(system.ask, { action: 'restored' })).slice(-1);
    expect(record?.input.why).toContain('keeps record');
    expect(begunTwice(system.members)).toEqual([]);
    expect(await label('fifth', 'yes')).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('a database without the file beside it was moved or restored', { timeout: 60_000 }, async () => {
    const before = await generation();
    await system.server.stop();
    rmSync(data('generation.json'));
    await system.server.start();
    expect(await generation()).not.toBe(before);
    expect(existsSync(data('generation.json'))).toBe(true);
    expect(JSON.parse(readFileSync(data('generation.json'), 'utf8')).generation).toBe(await generation());
    await connected(system.ask);
  });
});

// A backup that is made while the server is at work comes back in another folder: whole up to its head, and nothing sent twice.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { begunTwice, effects } from '../support/commands.ts';
import { listNodes } from '../support/docker.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { readAudit } from '../support/history.ts';
import { begin, connected, ended, readOperation } from '../support/operations.ts';
import { runServerCommand } from '../support/server-command.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe(`skep-server backup and restore, on ${enginesNote}`, () => {
  let system: System;
  let cluster: string;
  let worker: string;
  let file = '';
  const env: NodeJS.ProcessEnv = {};

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2, env });
    cluster = await system.formSwarm();
    const nodes = await listNodes(at(system.members, 0).host);
    worker = nodes.find(({ Spec }) => Spec.Role === 'worker')?.ID ?? '';
  });
  afterAll(() => system?.stop());

  const label = async (key: string): Promise<Record<string, any>> =>
    ended(
      system.ask,
      (
        await begin(system.ask, 'updateNodeLabels', {
          cluster,
          nodes: [worker],
          set: [{ key, value: 'yes' }],
        })
      ).id,
    );
  const labels = async (): Promise<Record<string, string>> =>
    (await listNodes(at(system.members, 0).host)).find(({ ID }) => ID === worker)?.Spec.Labels ?? {};
  const cursor = async (): Promise<string> => (await system.ask('{ eventCursor }')).eventCursor;
  const generationOf = (text: string): string =>
    Buffer.from(text, 'base64url').toString().split(':')[0] ?? '';

  it('brings back a server that was at work', { timeout: 180_000 }, async () => {
    await label('kept');
    const { sealAudit } = await system.ask(
      'mutation($before: DateTime!) { sealAudit(input: { before: $before, reason: "test", waitSeconds: 60 }) { state } }',
      { before: new Date().toISOString() },
    );
    expect(sealAudit.state).toBe('SUCCEEDED');
    // Open in the backup: the agent of its manager does not answer while the copy is made.
    const { agent } = at(system.members, 0);
    process.kill(agent.pid(), 'SIGSTOP');
    const open = await begin(system.ask, 'updateNodeLabels', {
      cluster,
      nodes: [worker],
      set: [{ key: 'once', value: 'yes' }],
    });
    let isDone = false;
    let changes = 0;
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!isDone) {
          await system.ask('mutation { createEnrolment(input: {}) { secret } }');
          changes += 1;
        }
      }),
    );
    await until(() => changes > 20, 'changes are made');
    const folder = join(system.dir, 'backups');
    mkdirSync(folder);
    const made = await runServerCommand(['backup', '--to', folder, '--data', join(system.dir, 'data')]);
    const during = changes;
    await until(() => changes > during + 20, 'changes are made after it too');
    isDone = true;
    await load;
    process.kill(agent.pid(), 'SIGCONT');
    expect(made).toMatchObject({ code: 0 });
    [, file = ''] = /^(\S+\.tar\.gz) is made and verified:$/m.exec(made.text) ?? [];
    const [, seq, hash] = /up to record (\d+), (\w{64})$/m.exec(made.text) ?? [];
    expect(made.text).toMatch(/files .*sealed\/audit-.*server-key\.pem, skep\.db/);

    expect(await ended(system.ask, open.id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await label('lost')).toMatchObject({ state: 'SUCCEEDED' });
    const lostCursor = await cursor();
    const before = effects(system.members).length;
    await system.server.kill9();

    env.SKEP_DATA_DIR = join(system.dir, 'restored');
    const restored = await runServerCommand(['restore', '--from', file], { env });
    expect(restored).toMatchObject({ code: 0 });
    expect(restored.text).toContain(`up to record ${seq}, ${hash}`);
    await system.server.start();

    expect(generationOf(await cursor())).not.toBe(generationOf(lostCursor));
    const { verifyAudit } = await system.ask('{ verifyAudit { ok fault { seq message } } }');
    expect(verifyAudit).toEqual({ ok: true, fault: null });
    const { auditLog } = await system.ask(
      'query($filter: AuditFilter) { auditLog(filter: $filter) { edges { node { hash } } } }',
      { filter: { fromSeq: Number(seq), toSeq: Number(seq) + 1 } },
    );
    expect(auditLog.edges).toEqual([{ node: { hash } }]);
    const [began] = await readAudit(system.ask, { action: 'restored' });
    expect(began?.seq).toBeGreaterThan(Number(seq));
    expect(began?.input.why).toContain('restored from the backup of');
    expect(await readOperation(system.ask, open.id)).toMatchObject({
      state: 'UNRESOLVED',
      failure: { code: 'RESTORED' },
    });
    await connected(system.ask);
    const told = await until(async () => {
      const records = await readAudit(system.ask, { action: 'commandsOfLostTime' });
      return records.length > 0 ? records : null;
    }, 'the agent has told what was carried out');
    expect(JSON.stringify(told)).toContain('"lost"');
    expect(await labels()).toMatchObject({ kept: 'yes', once: 'yes', lost: 'yes' });
    expect(effects(system.members)).toHaveLength(before);
    expect(begunTwice(system.members)).toEqual([]);
    expect(await label('new')).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('brings the same back over what came of it, and agents follow', { timeout: 120_000 }, async () => {
    const second = generationOf(await cursor());
    await until(async () => {
      const { hosts } = await system.ask(
        '{ hosts { edges { node { auditWitness { newest { generation } } } } } }',
      );
      return hosts.edges.every(({ node }: any) => node.auditWitness?.newest?.generation === second);
    }, 'every agent keeps a head of the second generation');
    await system.server.kill9();
    // What a killed server leaves in the folder is part of its backup.
    const killed = join(system.dir, 'killed.tar.gz');
    expect(await runServerCommand(['backup', '--to', killed], { env })).toMatchObject({ code: 0 });

    const again = await runServerCommand(['restore', '--from', file, '--force'], { env });
    expect(again).toMatchObject({ code: 0, text: expect.stringContaining('What was there before is in') });
    await system.server.start();
    expect(generationOf(await cursor())).not.toBe(second);
    await connected(system.ask);
    expect(await label('third')).toMatchObject({ state: 'SUCCEEDED' });
    expect(await readAudit(system.ask, { action: 'otherServer' })).toEqual([]);
    expect((await system.ask('{ verifyAudit { ok } }')).verifyAudit).toEqual({ ok: true });

    // And what was made of the second generation is taken back, newer though it is.
    await system.server.stop();
    expect(await runServerCommand(['restore', '--from', killed, '--force'], { env })).toMatchObject({
      code: 0,
    });
    await system.server.start();
    await connected(system.ask);
    expect(await label('fourth')).toMatchObject({ state: 'SUCCEEDED' });
    expect(begunTwice(system.members)).toEqual([]);
  });
});

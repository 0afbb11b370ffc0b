// Retention: the older part of the history goes into sealed files, and the history is verified across them.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, enginesNote } from '../support/engines.ts';
import { verifyOffline } from '../support/offline.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { behindTheTriggers } from '../support/tamper.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

describe(`sealed segments (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  // Read at each start of the server.
  const env: NodeJS.ProcessEnv = {};

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1, env });
    perform = createPerform(system.server.url, system.server.adminKey);
  });
  afterAll(() => system?.stop());

  const rename = (name: string) => perform('renameHost', { id: system.members[0]?.hostId, name });
  const folder = () => join(system.dir, 'data', 'sealed');
  const files = (): string[] =>
    existsSync(folder())
      ? readdirSync(folder())
          .filter((name) => name.startsWith('audit-') && name.endsWith('.gz'))
          .sort()
          .map((name) => join(folder(), name))
      : [];
  const key = () => join(system.dir, 'data', 'server-key.pem');
  const exportWhole = async (): Promise<string> => {
    const url = system.server.url.replace('/graphql', '/audit/export');
    const response = await fetch(url, { headers: { authorization: `Bearer ${system.server.adminKey}` } });
    const file = join(system.dir, 'rest.ndjson');
    writeFileSync(file, await response.text());
    return file;
  };
  const verifyAudit = async () =>
    (
      await system.ask(
        '{ verifyAudit { ok checked fault { seq message } witnesses { contradiction { seq } } } }',
      )
    ).verifyAudit;
  const verifyAll = async () => {
    const { code, findings } = await verifyOffline(['--server-key', key(), ...files(), await exportWhole()]);
    return { code, from: findings.from, faults: findings.faults };
  };

  it('nothing is sealed that is not older', async () => {
    const done = await perform('sealAudit', { before: '2000-01-01T00:00:00Z' });
    expect(done).toMatchObject({ state: 'REFUSED', failure: { code: 'NOT_FOUND' } });
    expect(files()).toEqual([]);
  });

  it('what is older goes into a file that verifies, with what is left and alone', async () => {
    await rename('one');
    const before = await readHistory(system.ask);
    const done = await perform('sealAudit', { before: new Date(Date.now() + 1_000).toISOString() });
    expect(done).toMatchObject({ state: 'SUCCEEDED' });
    const after = await readHistory(system.ask);
    // The newest record of then stays.
    expect(after[0]?.seq).toBe(before.at(-1)?.seq);
    expect(after.map(({ action }) => action)).toContain('auditSealed');
    expect(files()).toHaveLength(1);
    expect(await verifyAudit()).toMatchObject({ ok: true, fault: null });
    const [file = ''] = files();
    const alone = await verifyOffline(['--server-key', key(), file]);
    expect({ code: alone.code, ...alone.findings }).toMatchObject({
      code: 0,
      from: 1,
      to: before.at(-1)?.seq - 1,
    });
    expect(await verifyAll()).toEqual({ code: 0, from: 1, faults: [] });
    const rest = await verifyOffline(['--server-key', key(), await exportWhole()]);
    expect(rest.code).toBe(0);
    expect(rest.findings.notes).toEqual([expect.stringContaining('are sealed in files that were not given')]);
    expect((await verifyOffline([join(system.dir, 'data', 'skep.db')])).code).toBe(0);
  });

  it('a sealed file that is changed is found out', async () => {
    const [file = ''] = files();
    const whole = readFileSync(file);
    writeFileSync(file, gzipSync(gunzipSync(whole).toString().replace('createEnrolment', 'somethingElse')));
    expect(await verifyAll()).toMatchObject({ code: 1 });
    expect((await verifyAudit()).fault.message).toContain('was changed');
    rmSync(file);
    expect((await verifyAudit()).fault.message).toContain('is missing');
    writeFileSync(file, whole);
    expect(await verifyAll()).toMatchObject({ code: 0 });
    expect(await verifyAudit()).toMatchObject({ ok: true, fault: null });
  });

  it.each(['seal.fileWritten', 'seal.sealed', 'seal.someDeleted'])(
    'killed at %s: all records are there, or their sealed file is, and the operation ends',
    async (failpoint) => {
      await rename(`before ${failpoint}`);
      await system.server.stop();
      env.SKEP_FAILPOINTS = `${failpoint}=kill`;
      await system.server.start();
      delete env.SKEP_FAILPOINTS;
      const seq = (await readHistory(system.ask)).at(-1)?.seq;
      const lost = perform('sealAudit', { before: new Date(Date.now() + 1_000).toISOString() });
      await expect(lost).rejects.toThrow();
      await system.server.whenEnded();
      await system.server.start();
      const [intent] = await readHistory(system.ask, { action: 'sealAudit', phase: ['INTENT'] }).then((all) =>
        all.slice(-1),
      );
      await until(async () => {
        const { operation } = await system.ask('query($id: ID!) { operation(id: $id) { state } }', {
          id: intent?.operationId,
        });
        return operation.state === 'SUCCEEDED';
      }, 'the operation goes on and ends');
      expect((await readHistory(system.ask))[0]?.seq).toBe(seq);
      expect(await verifyAudit()).toMatchObject({ ok: true });
      expect(await verifyAll()).toEqual({ code: 0, from: 1, faults: [] });
    },
  );

  it('a seal that somebody invented, to hide what he deleted below it, is found out', async () => {
    const database = join(system.dir, 'data', 'skep.db');
    await rename('to be hidden');
    await system.server.stop();
    behindTheTriggers(database, (db) => {
      const hidden = db.prepare('SELECT max(seq) FROM AuditRecord').pluck().get() as number;
      db.prepare(
        `INSERT INTO AuditSeal SELECT s.server, s.generation, s.toSeq + 1, r.seq, s.lastHash, r.hash, r.seq - s.toSeq, s.file, s.digest, s.at, s.signature
         FROM AuditSeal s, AuditRecord r WHERE r.seq = ? ORDER BY s.toSeq DESC LIMIT 1`,
      ).run(hidden - 1);
      db.prepare('DELETE FROM AuditTarget WHERE seq < ?').run(hidden);
      db.prepare('DELETE FROM AuditHead WHERE seq < ?').run(hidden);
      db.prepare('DELETE FROM AuditRecord WHERE seq < ?').run(hidden);
    });
    await system.server.start();
    const found = await verifyAudit();
    expect(found.ok).toBe(false);
    expect(found.fault.message).toContain('its seal is not signed by this server');
  });
});

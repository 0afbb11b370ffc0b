// Agents keep signed heads of the history, so that whoever owns the server's disk and key cannot change it unseen.
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { behindTheTriggers, chainAnew, signAnew } from '../support/tamper.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

const headFields = 'server generation seq hash at signature';
const verification = `{ verifyAudit { ok checked signedHeads fault { seq message }
  witnesses { hostName held branched newest { seq } contradiction { seq } } } }`;

describe(`agents as witnesses (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cutAt = 0;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2 });
    perform = createPerform(system.server.url, system.server.adminKey);
  });
  afterAll(() => system?.stop());

  const rename = (name: string) => perform('renameHost', { id: system.members[0]?.hostId, name });
  const verifyAudit = async () => (await system.ask(verification)).verifyAudit;
  const witnesses = async () =>
    (
      await system.ask(
        `{ hosts { edges { node { id auditWitness { newest { ${headFields} } contradiction { held { seq } hash } } } } } }`,
      )
    ).hosts.edges.map(({ node }: any) => node.auditWitness);
  const keptBy = (index: number): Record<string, any>[] =>
    readFileSync(join(system.members[index]?.agent.stateDir ?? '', 'heads.jsonl'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  /** Waits until both agents keep a head at or after this record. */
  const keptFrom = (seq: number) =>
    until(
      async () => (await witnesses()).every(({ newest }: any) => newest?.seq >= seq),
      `both agents keep record ${seq}`,
    );
  const edit = async (work: Parameters<typeof behindTheTriggers>[1]) => {
    await system.server.stop();
    behindTheTriggers(join(system.dir, 'data', 'skep.db'), work);
    await system.server.start();
    await until(
      async () => (await verifyAudit()).witnesses.length === 2,
      'both agents are back and answer for what they keep',
    );
  };
  const serverKey = () => readFileSync(join(system.dir, 'data', 'server-key.pem'));

  it('an outcome’s head is signed, and every agent keeps it', async () => {
    const { id } = await rename('first');
    const [, outcome] = await readHistory(system.ask, { operation: id });
    await keptFrom(outcome?.seq);
    const { auditHead } = await system.ask(`{ auditHead { ${headFields} } }`);
    const text = ['skep-audit-head-v1', auditHead.server, auditHead.generation, auditHead.seq];
    expect(
      verify(
        null,
        Buffer.from([...text, auditHead.hash, auditHead.at].join('\n')),
        createPublicKey(serverKey()),
        Buffer.from(auditHead.signature, 'base64url'),
      ),
    ).toBe(true);
    const byBoth = [keptBy(0), keptBy(1)].map((kept) => kept.find(({ seq }) => seq === outcome?.seq));
    expect(byBoth).toMatchObject([{ hash: outcome?.hash }, { hash: outcome?.hash }]);
    expect(await verifyAudit()).toMatchObject({
      ok: true,
      fault: null,
      witnesses: [{ contradiction: null }, { contradiction: null }],
    });
  });

  it('restarts of server and agents contradict nothing', async () => {
    await system.server.kill9();
    await system.server.start();
    await system.members[0]?.agent.kill9();
    await system.members[0]?.agent.start();
    const { id } = await rename('second');
    const [, outcome] = await readHistory(system.ask, { operation: id });
    await keptFrom(outcome?.seq);
    expect(await verifyAudit()).toMatchObject({ ok: true, witnesses: [{ branched: 0 }, { branched: 0 }] });
    expect((await witnesses()).map(({ contradiction }: any) => contradiction)).toEqual([null, null]);
  });

  it('a tail that was cut off, with its heads, shows by what they keep', async () => {
    const before = await verifyAudit();
    const { seq, hash } = (await readHistory(system.ask)).at(-1) ?? {};
    await keptFrom(seq);
    cutAt = seq - 1;
    let rows: any[] = [];
    await edit((db) => {
      rows = db.prepare('SELECT * FROM AuditRecord WHERE seq >= ?').all(seq - 1);
      db.prepare('DELETE FROM AuditRecord WHERE seq >= ?').run(seq - 1);
      db.prepare('DELETE FROM AuditHead WHERE seq >= ?').run(seq - 1);
    });
    expect(before.ok).toBe(true);
    expect(rows.at(-1)?.hash).toBe(hash);
    const after = await verifyAudit();
    expect(after).toMatchObject({
      ok: false,
      fault: { message: expect.stringContaining('the head that the agent') },
    });
    const found = await readHistory(system.ask, { action: 'auditContradicted' });
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatchObject({ phase: 'OBSERVED', actor: { kind: 'AGENT' } });
  });

  it('a history that was chained and signed anew with the server’s key shows by what they keep', async () => {
    const { seq } = (await readHistory(system.ask, { action: 'renameHost' }))[0] ?? {};
    const { server } = (await system.ask('{ auditHead { server } }')).auditHead;
    await edit((db) => {
      db.prepare('UPDATE AuditRecord SET actorName = ? WHERE seq = ?').run('somebody else', seq);
      chainAnew(db);
      signAnew(db, server, serverKey());
    });
    const { ok, fault, witnesses: told } = await verifyAudit();
    expect({ ok, message: fault.message }).toEqual({
      ok: false,
      message: expect.stringContaining('the head that the agent of'),
    });
    // Older than what was cut off before: found by what was rewritten.
    for (const { contradiction } of told) {
      expect(contradiction.seq).toBeGreaterThanOrEqual(seq);
      expect(contradiction.seq).toBeLessThan(cutAt);
    }
    await until(
      async () => (await witnesses()).every(({ contradiction }: any) => contradiction !== null),
      'both hosts show it',
    );
  });
});

// The history as a reader of it: what a record says, how it is found and paged, and that an edit of it shows.
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';

describe(`the history (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let node: { id: string; hostname: string };

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    const { nodes } = await system.ask('{ nodes { edges { node { id hostname } } } }');
    node = nodes.edges[0].node;
  });
  afterAll(() => system?.stop());

  it('begins with the first start, and enrolment names the host', async () => {
    const records = await readHistory(system.ask);
    expect(records.map(({ action, phase }) => `${action} ${phase}`).slice(0, 4)).toEqual([
      'firstStart OBSERVED',
      'createEnrolment INTENT',
      'createEnrolment OUTCOME',
      'enrolHost OBSERVED',
    ]);
    expect(records[0]?.actor.kind).toBe('SYSTEM');
    expect(records[3]).toMatchObject({
      actor: { kind: 'AGENT' },
      targets: expect.arrayContaining([expect.objectContaining({ id: system.members[0]?.hostId })]),
    });
  });

  it('an outcome says what changed, as observed, and how long it took', async () => {
    const set = (value: string) =>
      perform('updateNodeLabels', {
        nodes: [node.id],
        set: [{ key: 'zone', value }],
        reason: `to zone ${value}`,
      });
    await set('a');
    const { id, startedAt, endedAt } = await set('b');
    const [intent, outcome] = await readHistory(system.ask, { operation: id });
    expect(intent).toMatchObject({
      phase: 'INTENT',
      outcome: null,
      durationMs: null,
      changes: [],
      input: { nodes: [node.id], set: [{ key: 'zone', value: 'b' }] },
    });
    const [change] = outcome?.changes ?? [];
    expect(outcome).toMatchObject({
      outcome: 'SUCCEEDED',
      reason: 'to zone b',
      cluster: { id: cluster },
      targets: [{ kind: 'NODE', id: node.id, name: node.hostname }],
      changes: [{ path: expect.stringMatching(/labels\.zone$/), old: 'a', new: 'b' }],
      requestId: intent?.requestId,
      sourceAddress: expect.stringContaining('127.0.0.1'),
    });
    expect(change.path).toContain(node.id);
    const took = new Date(endedAt).getTime() - new Date(startedAt).getTime();
    expect(Math.abs(outcome?.durationMs - took)).toBeLessThan(5);
  });

  it('a refusal of what is not there names what was asked for', async () => {
    for (const [mutation, input, kind, name] of [
      ['promoteNodes', { nodes: ['nosuch'], cluster }, 'NODE', 'nosuch'],
      ['leaveSwarm', { hosts: ['nosuch'] }, 'HOST', 'nosuch'],
      ['renameCluster', { cluster: 'nosuch', name: 'x' }, 'CLUSTER', 'nosuch'],
      ['revokeApiKey', { id: 'nosuch' }, 'API_KEY', 'nosuch'],
    ] as const) {
      const { id } = await perform(mutation, input);
      for (const record of await readHistory(system.ask, { operation: id }))
        expect(record.targets, `${mutation} ${record.phase}`).toEqual([{ kind, id: null, name }]);
    }
  });

  it('is found by actor, action, target, cluster, operation, outcome, phase and time', async () => {
    const made = await perform('createApiKey', { name: 'somebody', role: 'OPERATOR' });
    const theirs = createPerform(system.server.url, made.payload.key);
    const before = new Date().toISOString();
    const done = await theirs('updateNodeLabels', { nodes: [node.id], set: [{ key: 'who' }] });
    await theirs('setNodeAvailability', { nodes: [node.id], availability: 'DRAIN' });
    const after = new Date(Date.now() + 1).toISOString();
    const all = await readHistory(system.ask);
    const same = async (filter: Record<string, unknown>, fits: (record: Record<string, any>) => boolean) => {
      const found = await readHistory(system.ask, filter);
      expect(found.length, JSON.stringify(filter)).toBeGreaterThan(0);
      expect(found.map(({ seq }) => seq)).toEqual(all.filter(fits).map(({ seq }) => seq));
    };
    const actor = made.payload.apiKey.id;
    await same({ actor }, (record) => record.actor.id === actor);
    await same({ action: 'updateNodeLabels' }, ({ action }) => action === 'updateNodeLabels');
    await same({ target: node.id }, ({ targets }) => targets.some(({ id }: any) => id === node.id));
    await same({ cluster }, (record) => record.cluster?.id === cluster);
    await same({ operation: done.id }, ({ operationId }) => operationId === done.id);
    await same({ outcome: 'REFUSED' }, ({ outcome }) => outcome === 'REFUSED');
    await same({ phase: ['OBSERVED', 'INTENT'] }, ({ phase }) => phase === 'OBSERVED' || phase === 'INTENT');
    await same({ from: before, to: after }, ({ at }) => at >= before && at < after);
    await same(
      { actor, outcome: 'REFUSED', phase: ['OUTCOME'] },
      (record) => record.actor.id === actor && record.outcome === 'REFUSED',
    );
    expect(await readHistory(system.ask, { actor: 'nosuch' })).toEqual([]);
    const { node: found } = await system.ask(
      'query($ref: NodeRef!) { node(ref: $ref) { history(first: 1) { action outcome failure { code } } } }',
      {
        ref: node.id,
      },
    );
    expect(found.history).toEqual([
      { action: 'setNodeAvailability', outcome: 'REFUSED', failure: { code: 'LAST_ACTIVE_NODE' } },
    ]);
  });

  it('a record and its neighbours are reached by its number, as the console does', async () => {
    const asked = (seq: number) =>
      system.ask(
        `query ($next: Int!) {
          older: auditLog(first: 2, filter: { toSeq: $next }) { edges { node { seq } } }
          newer: auditLog(last: 1, filter: { fromSeq: $next }) { edges { node { seq } } }
        }`,
        { next: seq + 1 },
      );
    const seqs = ({ edges }: any) => edges.map(({ node: record }: any) => record.seq);
    const all = (await readHistory(system.ask)).map(({ seq }) => seq);
    const beyond = await asked((all.at(-1) ?? 0) + 10);
    expect(seqs(beyond.older)).toEqual(all.slice(-2).reverse());
    expect(seqs(beyond.newer)).toEqual([]);
    const middle = await asked(all[2] ?? 0);
    expect(seqs(middle.older)).toEqual([all[2], all[1]]);
    expect(seqs(middle.newer)).toEqual([all[3]]);
    const first = await asked(all[0] ?? 0);
    expect(seqs(first.older)).toEqual([all[0]]);
  });

  it('is paged forwards and backwards without a gap', async () => {
    const all = (await readHistory(system.ask)).map(({ seq }) => seq).reverse();
    const page = async (args: string) =>
      (
        await system.ask(
          `{ auditLog(${args}) { edges { node { seq } cursor } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }`,
        )
      ).auditLog;
    const seqs = ({ edges }: any) => edges.map(({ node: record }: any) => record.seq);
    const newest = await page('first: 3');
    expect(seqs(newest)).toEqual(all.slice(0, 3));
    expect(newest.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const next = await page(`first: 3, after: "${newest.pageInfo.endCursor}"`);
    expect(seqs(next)).toEqual(all.slice(3, 6));
    expect(next.pageInfo).toMatchObject({ hasPreviousPage: true });
    const back = await page(`last: 3, before: "${next.pageInfo.startCursor}"`);
    expect(seqs(back)).toEqual(all.slice(0, 3));
    const oldest = await page('last: 2');
    expect(seqs(oldest)).toEqual(all.slice(-2));
    expect(oldest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it('an edit of it shows, even by somebody who took the triggers away for it', async () => {
    const verify = async () =>
      (await system.ask('{ verifyAudit { ok checked head { seq } fault { seq message } } }')).verifyAudit;
    const edit = async (work: (db: Sqlite.Database) => void) => {
      await system.server.stop();
      const db = new Sqlite(join(system.dir, 'data', 'skep.db'));
      const triggers = db
        .prepare<[], { name: string; sql: string }>(
          "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
        )
        .all();
      for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
      work(db);
      for (const { sql } of triggers) db.exec(sql);
      db.close();
      await system.server.start();
    };
    const set = (seq: number, reason: string | null) => (db: Sqlite.Database) =>
      void db.prepare('UPDATE AuditRecord SET reason = ? WHERE seq = ?').run(reason, seq);
    expect(await verify()).toMatchObject({ ok: true, fault: null });
    const { seq, reason } =
      (await readHistory(system.ask)).find((record) => record.reason === 'to zone b') ?? {};
    await edit(set(seq, 'somebody else asked'));
    expect(await verify()).toMatchObject({ ok: false, fault: { seq } });
    await edit(set(seq, reason));
    expect(await verify()).toMatchObject({ ok: true, fault: null });
    await edit((db) => {
      db.pragma('foreign_keys = OFF');
      db.prepare('DELETE FROM AuditRecord WHERE seq = ?').run(seq);
    });
    expect(await verify()).toMatchObject({ ok: false, fault: { seq: seq + 1 } });
  });
});

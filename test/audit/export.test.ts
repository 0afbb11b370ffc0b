// The history as a download, and its verification by somebody who has neither the server nor its database.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, enginesNote } from '../support/engines.ts';
import { verifyOffline } from '../support/offline.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

describe(`an export (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let url: string;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1 });
    perform = createPerform(system.server.url, system.server.adminKey);
    url = system.server.url.replace('/graphql', '/audit/export');
    await perform('renameHost', { id: system.members[0]?.hostId, name: 'renamed', reason: '=1+1' });
    await perform('renameHost', { id: system.members[0]?.hostId, name: 'back' });
  });
  afterAll(() => system?.stop());

  const get = (query = '', key: string | null = system.server.adminKey, init: RequestInit = {}) =>
    fetch(`${url}${query}`, { ...init, headers: key === null ? {} : { authorization: `Bearer ${key}` } });
  const refused = async (answer: Promise<Response>) => {
    const response = await answer;
    const { errors } = (await response.json()) as any;
    return { status: response.status, code: errors[0].extensions.code };
  };
  const save = (name: string, text: string): string => {
    const file = join(system.dir, name);
    writeFileSync(file, text);
    return file;
  };
  const key = () => join(system.dir, 'data', 'server-key.pem');
  const linesOf = (text: string): Record<string, any>[] =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));

  it('is refused without a key, without the permission, and when it asks for what there is not', async () => {
    expect(await refused(get('', null))).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
    expect(await refused(get('', 'nosuch'))).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
    const made = await perform('createApiKey', { name: 'operator', role: 'OPERATOR' });
    expect(await refused(get('', made.payload.key))).toEqual({ status: 403, code: 'FORBIDDEN' });
    for (const query of ['?format=xml', '?from=yesterday', '?what=ever'])
      expect(await refused(get(query)), query).toEqual({ status: 400, code: 'BAD_USER_INPUT' });
    expect((await get('', system.server.adminKey, { method: 'POST' })).status).toBe(405);
    const [denied] = await readHistory(system.ask, { action: 'exportAudit' });
    expect(denied).toMatchObject({ phase: 'DENIED', actor: { name: 'operator' } });
    expect(await readHistory(system.ask, { phase: ['AUDIT_EXPORT'] })).toEqual([]);
  });

  it('is on record, whole, and verified without the server', async () => {
    const text = await (await get()).text();
    const lines = linesOf(text);
    const records = lines.filter(({ kind }) => kind === 'record');
    const history = await readHistory(system.ask);
    expect(records.map(({ seq, hash }) => ({ seq, hash }))).toEqual(
      history.map(({ seq, hash }) => ({ seq, hash })),
    );
    expect(history.at(-1)).toMatchObject({ phase: 'AUDIT_EXPORT', actor: { name: 'first admin' } });
    expect(lines.at(-1)).toEqual({ kind: 'end', records: records.length });
    const file = save('whole.ndjson', text);
    const { code, findings } = await verifyOffline(['--server-key', key(), file]);
    expect({ code, ...findings }).toMatchObject({ code: 0, ok: true, records: records.length, faults: [] });
    expect(findings.signedHeads).toBeGreaterThan(0);
  });

  it('whoever changes it is told at which record, and what agents keep is held against it', async () => {
    const kept = join(system.members[0]?.agent.stateDir ?? '', 'heads.jsonl');
    const heads = (): number => (existsSync(kept) ? readFileSync(kept, 'utf8').split('\n').length - 1 : 0);
    // A head follows an outcome; what comes within two seconds has one.
    for (let count = heads(); count < 3; count = heads()) {
      await system.ask('mutation { createEnrolment(input: {}) { operation { state } } }');
      await until(() => heads() > count, 'the agent keeps one head more');
    }
    const text = await (await get()).text();
    const verify = async (change: (lines: string[]) => string[]) => {
      const file = save('changed.ndjson', `${change(text.trim().split('\n')).join('\n')}\n`);
      const { code, findings } = await verifyOffline(['--server-key', key(), '--heads', kept, file]);
      return { code, faults: findings.faults?.map(({ seq }: any) => seq) };
    };
    const isRecord = (line: string, seq: number) => line.includes(`"kind":"record","seq":${seq},`);
    expect(await verify((lines) => lines)).toEqual({ code: 0, faults: [] });
    expect(
      await verify((lines) =>
        lines.map((line) => (isRecord(line, 3) ? line.replace('createEnrolment', 'somethingElse') : line)),
      ),
    ).toEqual({ code: 1, faults: [3] });
    expect(await verify((lines) => lines.filter((line) => !isRecord(line, 4)))).toMatchObject({
      code: 1,
      faults: expect.arrayContaining([5]),
    });
    // Cut off, with an end that agrees: only what was kept elsewhere knows.
    const cut = await verify((lines) => {
      const head = lines.slice(0, 6);
      const records = head.filter((line) => line.includes('"kind":"record"')).length;
      return [...head, JSON.stringify({ kind: 'end', records })];
    });
    expect(cut.code).toBe(1);
    expect(await verify((lines) => lines.slice(0, -1))).toMatchObject({ code: 1 });
    const other = await verifyOffline(['--server-key', 'AAAA', save('same.ndjson', text)]);
    expect(other.code).toBe(1);
    expect((await verifyOffline([save('broken.ndjson', 'x')])).code).toBe(2);
    expect((await verifyOffline([])).code).toBe(64);
  });

  it('a filtered one has what fits, and says that it is filtered', async () => {
    const text = await (await get('?action=renameHost&phase=INTENT,OUTCOME')).text();
    const records = linesOf(text).filter(({ kind }) => kind === 'record');
    expect(records.map(({ action, phase }) => `${action} ${phase}`)).toEqual([
      'renameHost INTENT',
      'renameHost OUTCOME',
      'renameHost INTENT',
      'renameHost OUTCOME',
    ]);
    const { code, findings } = await verifyOffline(['--server-key', key(), save('filtered.ndjson', text)]);
    expect({ code, notes: findings.notes }).toEqual({
      code: 0,
      notes: [expect.stringContaining('filtered')],
    });
  });

  it('as CSV no cell is a formula', async () => {
    const response = await get('?format=csv');
    expect(response.headers.get('content-type')).toContain('text/csv');
    const text = await response.text();
    expect(text).toContain("'=1+1");
    expect(text).not.toMatch(/(^|,)"?[=+@]/m);
    expect(text.split('\n')[0]).toContain('seq,at,phase,action');
  });

  it('the database itself is verified too, while its server runs', async () => {
    const file = join(system.dir, 'data', 'skep.db');
    const { code, findings } = await verifyOffline([file]);
    expect({ code, ok: findings.ok, faults: findings.faults }).toEqual({ code: 0, ok: true, faults: [] });
    expect(findings.records).toBeGreaterThan(5);
  });
});

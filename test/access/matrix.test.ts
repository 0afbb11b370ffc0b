// Every root field by every caller, over HTTP and over a WebSocket.
import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, enginesNote } from '../support/engines.ts';
import { auditHead } from '../support/history.ts';
import { makeObjects } from '../support/objects.ts';
import { createPerform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';
import { type Answered, type Call, overHttp, overWebSocket } from './call.ts';
import { callers, matrix } from './matrix.ts';

const kinds = ['Query', 'Mutation', 'Subscription'] as const;
const entries = kinds.flatMap((kind) =>
  Object.entries(matrix[kind]).map(([field, entry]) => ({ kind, field, ...entry })),
);
type Row = (typeof entries)[number];
const documentOf = ({ kind, ask }: Row): string =>
  kind === 'Subscription' ? `subscription($after: String) { ${ask} }` : `${kind.toLowerCase()} { ${ask} }`;

describe('the table of rights', () => {
  const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

  it.each(kinds)('has every field of %s, and no other', (kind) => {
    const type = schema.getType(kind);
    const fields = type && 'getFields' in type ? Object.keys(type.getFields()) : [];
    expect(Object.keys(matrix[kind]).sort()).toEqual(fields.sort());
  });

  it('says of each field what its description says', () => {
    for (const { kind, field, permission } of entries) {
      const type = schema.getType(kind);
      const description = type && 'getFields' in type ? type.getFields()[field]?.description : '';
      expect(description, field).toMatch(
        permission === null
          ? /Permission: none but a valid key\.$/
          : new RegExp(`Permission: ${permission}\\.$`),
      );
    }
  });
});

describe(`rights (${enginesNote})`, () => {
  let system: System;
  let after: string;
  /** The last record of what is made here: what follows is of the callers. */
  let begun: number;
  const keys = new Map<string, string>();

  beforeAll(async () => {
    system = await startSystem({
      engines,
      hosts: 1,
      env: { SKEP_WRONG_KEYS_PER_MINUTE: '1000000' },
    });
    ({ eventCursor: after } = await system.ask('{ eventCursor }'));
    // So that each subscription has an event after the cursor.
    const cluster = await system.formSwarm();
    const perform = createPerform(system.server.url, system.server.adminKey);
    for (const { caller, key } of callers) {
      const { scoped, ...rest } = key;
      const made = await perform('createApiKey', {
        name: caller,
        ...rest,
        ...(scoped ? { clusters: scoped === 'ONE' ? [cluster] : [] } : {}),
      });
      keys.set(caller, made.payload.key);
    }
    await makeObjects(system, cluster, after);
    const declared = await perform('applyFleet', {
      document: `{skepFleet: 1, cluster: ${cluster}, nodes: [{match: {name: '*'}, role: manager}]}`,
    });
    expect(declared).toMatchObject({ state: 'SUCCEEDED' });
    begun = await auditHead(system.ask);
  });
  afterAll(() => system?.stop());

  const variablesOf = ({ kind }: Row) => (kind === 'Subscription' ? { after } : {});
  const ask = (call: Call, caller: string, row: Row): Promise<Answered> =>
    call(system.server, keys.get(caller) ?? '', documentOf(row), variablesOf(row));

  describe.each([
    { way: 'HTTP', call: overHttp },
    { way: 'a WebSocket', call: overWebSocket },
  ])('over $way', ({ call }) => {
    it.each(callers)('$caller may ask what the table says, and nothing else', async ({ caller, holds }) => {
      for (const row of entries) {
        const may = row.permission === null || holds.includes(row.permission);
        const { code, data } = await ask(call, caller, row);
        expect({ field: row.field, code }).toEqual({ field: row.field, code: may ? null : 'FORBIDDEN' });
        if (may) expect(data, row.field).toHaveProperty(row.field);
        else expect(data?.[row.field] ?? null, row.field).toBeNull();
      }
    });
  });

  it('each refused field is on record as DENIED, with who asked, and nothing else is', async () => {
    const expected = callers.flatMap(({ caller, holds }) =>
      entries
        .filter(({ permission }) => permission && !holds.includes(permission))
        .map(({ field }) => `${caller}: ${field}`),
    );
    const denied = await until(async () => {
      const records = await readHistory(system.ask, { phase: ['DENIED'] });
      return records.length >= 2 * expected.length ? records : null;
    }, 'all that was refused is on record');
    const told = denied.map(({ actor, action }) => `${actor.name}: ${action}`);
    // Once over each way.
    expect(told.sort()).toEqual([...expected, ...expected].sort());
    for (const record of denied)
      expect(record).toMatchObject({
        actor: { kind: 'API_KEY' },
        outcome: null,
        operationId: null,
        failure: { code: 'FORBIDDEN' },
        requestId: expect.any(String),
        sourceAddress: expect.stringContaining('127.0.0.1'),
      });
    const recorded = await readHistory(system.ask, { phase: ['INTENT'] });
    const fields = recorded.filter(({ seq }) => seq > begun).map(({ action }) => action);
    expect(
      fields.filter((action) => !['createEnrolment', 'initCluster', 'createApiKey'].includes(action)),
    ).toEqual([]);
  });

  it('without a valid key nothing is answered, over HTTP with status 401', async () => {
    const wrong = system.server.adminKey.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const perform = createPerform(system.server.url, system.server.adminKey);
    const ended = { role: 'ADMIN', permissions: ['secret:reveal', 'cluster:force'] };
    const expired = await perform('createApiKey', {
      ...ended,
      name: 'expired',
      expiresAt: new Date(Date.now() + 1_500).toISOString(),
    });
    const revoked = await perform('createApiKey', { ...ended, name: 'revoked' });
    await perform('revokeApiKey', { id: revoked.payload.apiKey.id });
    await until(
      async () =>
        (await overHttp(system.server, expired.payload.key, '{ viewer { id } }')).code === 'UNAUTHENTICATED',
      'it has expired',
    );
    const invalid = [null, 'x', wrong, expired.payload.key, revoked.payload.key];
    for (const key of invalid)
      for (const row of entries) {
        const http = await overHttp(system.server, key, documentOf(row), variablesOf(row));
        expect({ field: row.field, ...http }).toEqual({
          field: row.field,
          code: 'UNAUTHENTICATED',
          data: null,
        });
      }
    for (const key of invalid)
      expect(await overWebSocket(system.server, key, '{ viewer { id } }')).toEqual({
        code: '4403',
        data: null,
      });
    const response = await fetch(system.server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query: '{ viewer { id } }' }),
    });
    expect(response.status).toBe(401);
  });

  it('the viewer is told who it is', async () => {
    for (const { caller, holds, key } of callers) {
      const { viewer } = await system.as(keys.get(caller) ?? '')(
        '{ viewer { name role permissions clusters } }',
      );
      expect(viewer).toMatchObject({ name: caller, role: key.role });
      expect([...viewer.permissions].sort()).toEqual([...holds].sort());
      expect(viewer.clusters).toEqual(
        key.scoped === 'ONE' ? [expect.any(String)] : key.scoped === 'NONE' ? [] : null,
      );
    }
  });
});

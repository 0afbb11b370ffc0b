// Keys: what one may give, when it ends, and what it sees when it is for one cluster only.
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Ask } from '../../lab/client.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform, type Performed } from '../support/perform.ts';
import { subscribeSse } from '../support/sse.ts';
import { type Member, type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';
import { overHttp, overWebSocket } from './call.ts';

describe(`keys and scopes (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let mine: { cluster: string; member: Member; node: string };
  let theirs: { cluster: string; member: Member; node: string };
  let cursor: string;
  let scopedKey: string;
  let scoped: Ask;

  const create = async (input: Record<string, unknown>): Promise<Performed> => {
    const made = await perform('createApiKey', { role: 'VIEWER', ...input });
    expect(made).toMatchObject({ state: 'SUCCEEDED' });
    return made;
  };
  const as = (key: string): Perform => createPerform(system.server.url, key);

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2 });
    perform = createPerform(system.server.url, system.server.adminKey);
    ({ eventCursor: cursor } = await system.ask('{ eventCursor }'));
    const [first, second] = system.members;
    if (!first || !second) throw new Error('two hosts are needed');
    const form = async (member: Member, name: string) => {
      const { clusterId } = await perform('initCluster', {
        host: member.hostId,
        name,
        advertiseAddr: member.host.address,
      });
      const answer = await system.ask(
        'query($id: ID!) { cluster(id: $id) { nodes { edges { node { id } } } } }',
        {
          id: clusterId.id,
        },
      );
      return { cluster: clusterId.id, member, node: answer.cluster.nodes.edges[0].node.id };
    };
    mine = await form(first, 'mine');
    theirs = await form(second, 'theirs');
    const made = await create({
      name: 'of mine',
      role: 'ADMIN',
      permissions: ['secret:reveal'],
      clusters: [mine.cluster],
    });
    scopedKey = made.payload.key;
    scoped = system.as(scopedKey);
  });
  afterAll(() => system?.stop());

  describe('createApiKey', () => {
    const mayNotGive = async (key: string, input: Record<string, unknown>) => {
      const done = await as(key)('createApiKey', { name: 'more', ...input });
      expect(done).toMatchObject({
        state: 'REFUSED',
        failure: { code: 'FORBIDDEN' },
        payload: { key: null },
      });
      const records = await readHistory(system.ask, { operation: done.id });
      expect(records.map(({ phase, outcome }) => [phase, outcome])).toEqual([
        ['INTENT', null],
        ['OUTCOME', 'REFUSED'],
      ]);
    };
    const countKeys = async () => (await system.ask('{ apiKeys { id } }')).apiKeys.length;

    it('gives no permission that its maker does not hold', async () => {
      const admin = await create({ name: 'an admin', role: 'ADMIN' });
      const before = await countKeys();
      await mayNotGive(admin.payload.key, { role: 'VIEWER', permissions: ['secret:reveal'] });
      await mayNotGive(admin.payload.key, { role: 'ADMIN', permissions: ['cluster:force'] });
      const keeper = await create({ name: 'keeper of keys', permissions: ['key:admin'] });
      await mayNotGive(keeper.payload.key, { role: 'OPERATOR' });
      await mayNotGive(keeper.payload.key, { role: 'VIEWER', permissions: ['node:label'] });
      expect(await countKeys()).toBe(before + 1);
    });

    it('gives no cluster beyond its maker’s', async () => {
      const before = await countKeys();
      await mayNotGive(scopedKey, { role: 'VIEWER' });
      await mayNotGive(scopedKey, { role: 'VIEWER', clusters: [theirs.cluster] });
      await mayNotGive(scopedKey, { role: 'VIEWER', clusters: [mine.cluster, theirs.cluster] });
      expect(await countKeys()).toBe(before);
      const less = await as(scopedKey)('createApiKey', {
        name: 'less',
        role: 'VIEWER',
        permissions: ['secret:reveal'],
        clusters: [mine.cluster],
      });
      expect(less).toMatchObject({ state: 'SUCCEEDED', payload: { apiKey: { clusters: [mine.cluster] } } });
    });

    it('takes an end in the next 365 days, which is the default, and nothing else', async () => {
      const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
      for (const expiresAt of [inDays(-1), inDays(366), 'soon'])
        expect(await perform.error('createApiKey', { name: 'x', role: 'VIEWER', expiresAt })).toMatchObject({
          code: 'BAD_USER_INPUT',
        });
      const { payload } = await create({ name: 'a year' });
      const end = new Date(payload.apiKey.expiresAt).getTime();
      expect(Math.abs(end - Date.now() - 365 * 86_400_000)).toBeLessThan(60_000);
    });
  });

  describe('a key that has ended', () => {
    const refuses = async (key: string) => {
      expect((await overHttp(system.server, key, '{ viewer { id } }')).code).toBe('UNAUTHENTICATED');
      expect((await overWebSocket(system.server, key, '{ viewer { id } }')).code).toBe('4403');
      const change = await overHttp(system.server, key, 'mutation { createEnrolment(input: {}) { secret } }');
      expect(change).toEqual({ code: 'UNAUTHENTICATED', data: null });
    };

    it('is refused once it has expired, and its streams end', async () => {
      const expiresAt = new Date(Date.now() + 4_000).toISOString();
      const { payload } = await create({ name: 'short', role: 'ADMIN', expiresAt });
      expect((await overHttp(system.server, payload.key, '{ viewer { name } }')).data).toEqual({
        viewer: { name: 'short' },
      });
      const stream = subscribeSse(
        system.server.url,
        payload.key,
        'subscription { auditRecorded { cursor } }',
      );
      await until(
        async () =>
          (await overHttp(system.server, payload.key, '{ viewer { id } }')).code === 'UNAUTHENTICATED',
        'it has expired',
      );
      expect(Date.now()).toBeGreaterThanOrEqual(new Date(expiresAt).getTime());
      await refuses(payload.key);
      const before = stream.received.length;
      await create({ name: 'something that happens' });
      await until(() => stream.ended(), 'the stream has ended');
      expect(stream.received).toHaveLength(before);
      stream.stop();
    });

    it('is refused once it is revoked; its sockets are closed and its streams end', async () => {
      const { payload } = await create({ name: 'lost', role: 'ADMIN' });
      const { key, apiKey } = payload;
      let closed: unknown = null;
      const client = createClient({
        url: system.server.socketUrl,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${key}` },
        lazy: false,
        retryAttempts: 0,
        onNonLazyError: () => undefined,
        on: {
          closed: (event) => {
            closed = event;
          },
        },
      });
      const heard: unknown[] = [];
      client.subscribe(
        {
          query: 'subscription($after: String) { auditRecorded(after: $after) { cursor } }',
          variables: { after: cursor },
        },
        { next: (item) => heard.push(item), error: () => undefined, complete: () => undefined },
      );
      const stream = subscribeSse(
        system.server.url,
        key,
        'subscription($after: String) { auditRecorded(after: $after) { cursor } }',
        {
          after: cursor,
        },
      );
      await until(() => heard.length > 0 && stream.received.length > 0, 'both hear');
      expect(await perform('revokeApiKey', { id: apiKey.id })).toMatchObject({ state: 'SUCCEEDED' });
      await until(() => closed !== null, 'the socket is closed');
      expect(closed).toMatchObject({ code: 4403 });
      await until(() => stream.ended(), 'the stream has ended');
      await refuses(key);
      const { apiKeys } = await system.ask('{ apiKeys { id name revokedAt } }');
      expect(apiKeys.find(({ id }: any) => id === apiKey.id).revokedAt).not.toBeNull();
      // Twice is as good as once.
      expect(await perform('revokeApiKey', { id: apiKey.id })).toMatchObject({ state: 'SUCCEEDED' });
      stream.stop();
      await client.dispose();
    });
  });

  describe('a key for one cluster', () => {
    it('sees that cluster, its nodes, hosts and keys, and no other', async () => {
      const answer = await scoped(
        `query($theirs: ID!, $node: NodeRef!, $host: ID!, $myNode: NodeRef!) {
          clusters { id } cluster(id: $theirs) { id }
          nodes { totalCount edges { node { id } } } node(ref: $node) { id } mine: node(ref: $myNode) { id }
          hosts { totalCount edges { node { id } } } host(id: $host) { id }
          apiKeys { name } enrolments { id }
        }`,
        { theirs: theirs.cluster, node: theirs.node, host: theirs.member.hostId, myNode: mine.node },
      );
      expect(answer).toEqual({
        clusters: [{ id: mine.cluster }],
        cluster: null,
        nodes: { totalCount: 1, edges: [{ node: { id: mine.node } }] },
        node: null,
        mine: { id: mine.node },
        hosts: { totalCount: 1, edges: [{ node: { id: mine.member.hostId } }] },
        host: null,
        apiKeys: [{ name: 'of mine' }, { name: 'less' }],
        enrolments: [],
      });
    });

    it('sees the operations and the history of that cluster, and no other', async () => {
      const { operations } = await scoped(
        '{ operations(first: 100) { edges { node { id cluster { id } } } } }',
      );
      expect(operations.edges.length).toBeGreaterThan(0);
      for (const { node } of operations.edges) expect(node.cluster).toEqual({ id: mine.cluster });
      const all = await system.ask('{ operations(first: 100) { edges { node { id cluster { id } } } } }');
      const others = all.operations.edges.filter(({ node }: any) => node.cluster?.id !== mine.cluster);
      expect(others.length).toBeGreaterThan(0);
      for (const { node } of others) {
        const { operation } = await scoped('query($id: ID!) { operation(id: $id) { id } }', { id: node.id });
        expect(operation).toBeNull();
      }
      const records = await readHistory(scoped);
      expect(records.length).toBeGreaterThan(0);
      for (const { cluster } of records) expect(cluster).toEqual({ id: mine.cluster });
      expect(await readHistory(scoped, { cluster: theirs.cluster })).toEqual([]);
      expect(await readHistory(scoped, { target: theirs.node })).toEqual([]);
    });

    it('hears of that cluster, and of no other', async () => {
      const label = async ({ node }: { node: string }, key: string) =>
        expect(await perform('updateNodeLabels', { nodes: [node], set: [{ key }] })).toMatchObject({
          state: 'SUCCEEDED',
        });
      const fields: Record<string, string> = {
        nodeChanged: 'cursor node { id cluster { id } }',
        hostChanged: 'cursor hostId',
        clusterChanged: 'cursor clusterId',
        operationChanged: 'cursor operation { cluster { id } }',
        auditRecorded: 'cursor record { cluster { id } }',
      };
      const heard = Object.entries(fields).map(([field, selection]) =>
        subscribeSse(
          system.server.url,
          scopedKey,
          `subscription($after: String) { ${field}(after: $after) { ${selection} } }`,
          { after: cursor },
        ),
      );
      await label(theirs, 'theirs');
      await label(mine, 'mine');
      const [nodes, , , operations, records] = heard;
      await nodes?.next(({ node }) => node.id === mine.node, 'my node');
      await operations?.next(({ operation }) => operation.cluster.id === mine.cluster, 'my operation');
      // All of its records are of after the cursor: once they have been heard, so has what was before them.
      await until(async () => {
        const expected = await readHistory(system.ask, { cluster: mine.cluster });
        return records?.received.length === expected.length;
      }, 'all my records');
      const text = JSON.stringify(heard.map(({ received }) => received));
      expect(text).toContain(mine.cluster);
      expect(text).not.toContain(theirs.cluster);
      expect(text).not.toContain(theirs.node);
      expect(text).not.toContain(theirs.member.hostId);
      for (const subscriber of heard) {
        expect(subscriber.errors).toEqual([]);
        subscriber.stop();
      }
    });

    it('changes that cluster, and what belongs to none is not there for it', async () => {
      const own = as(scopedKey);
      expect(await own('updateNodeLabels', { nodes: [mine.node], set: [{ key: 'own' }] })).toMatchObject({
        state: 'SUCCEEDED',
      });
      expect((await own('revealJoinToken', { cluster: mine.cluster, role: 'WORKER' })).payload.token).toMatch(
        /^SWMTKN-/,
      );
      for (const [mutation, input] of [
        ['updateNodeLabels', { nodes: [theirs.node], set: [{ key: 'own' }] }],
        ['revealJoinToken', { cluster: theirs.cluster, role: 'WORKER' }],
        ['createEnrolment', {}],
        ['initCluster', { host: theirs.member.hostId }],
      ] as const) {
        const done = await own(mutation, input);
        expect(done, mutation).toMatchObject({ state: 'REFUSED', failure: { code: 'NOT_FOUND' } });
        for (const secret of Object.values(done.payload)) expect(secret).toBeNull();
      }
    });
  });
});

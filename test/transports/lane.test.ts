// The lane before yoga: what it answers, from kept answers or compiled, is what graphql's own execution answers then and
// to the same key. Each answer is held against the same query with a field beside it that the lane leaves to yoga.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { changeLabels } from '../support/labels.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { type HeldQuery, heldQueries } from './held-queries.ts';
import { send, type Told } from './raw.ts';

/** Of no projection: with it, a query is not held. */
const beside = 'beside: __schema { queryType { name } }';
type Variables = Record<string, unknown>;

describe(`the lane before yoga (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let clusters: string[];
  let nodes: { id: string; cluster: { id: string } }[];
  let viewers: string[];

  const keyFor = async (name: string, more: Variables = {}): Promise<string> =>
    (await perform('createApiKey', { name, role: 'VIEWER', ...more })).payload.key;
  const bodyOf = (query: string, variables: Variables = {}): string => JSON.stringify({ query, variables });
  const byLane = (key: string | null, { of }: HeldQuery, variables?: Variables): Promise<Told> =>
    send(system.server, { body: bodyOf(of(''), variables), key });
  const aroundIt = async (key: string, { of }: HeldQuery, variables?: Variables): Promise<string> => {
    const { data, text } = await send(system.server, { body: bodyOf(of(beside), variables), key });
    if (!data?.beside) throw new Error(`not answered: ${text}`);
    const { beside: _, ...rest } = data;
    return JSON.stringify({ data: rest });
  };

  /** Between two answers of yoga that are the same nothing has changed: what the lane said then must be that, too. */
  const expectSame = (key: string, query: HeldQuery, variables: Variables): Promise<unknown> =>
    until(async () => {
      const before = await aroundIt(key, query, variables);
      const told = [await byLane(key, query, variables), await byLane(key, query, variables)];
      const after = await aroundIt(key, query, variables);
      if (before !== after) return false;
      for (const { status, text } of told) expect({ status, text }).toEqual({ status: 200, text: before });
      return true;
    }, `nothing changes while ${query.name} is asked`);

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    const [first, second, third] = system.members;
    if (!first || !second || !third) throw new Error('three hosts were asked for');
    perform = createPerform(system.server.url, system.server.adminKey);
    const init = async ({ hostId, host }: typeof first, name: string): Promise<string> => {
      const made = await perform('initCluster', { host: hostId, name, advertiseAddr: host.address });
      expect(made.state).toBe('SUCCEEDED');
      return made.clusterId.id;
    };
    clusters = [await init(first, 'one'), await init(second, 'two')];
    const joined = await perform('joinHosts', {
      cluster: clusters[0],
      hosts: [{ host: third.hostId }],
      role: 'WORKER',
      waitSeconds: 120,
    });
    expect(joined.state).toBe('SUCCEEDED');
    nodes = await until(async () => {
      const { nodes: page } = await system.ask('{ nodes { edges { node { id cluster { id } } } } }');
      return page.edges.length === 3 && page.edges.map(({ node }: any) => node);
    }, 'three nodes are seen');
    viewers = [
      system.server.adminKey,
      await keyFor('all'),
      await keyFor('one', { clusters: [clusters[0]] }),
      await keyFor('two', { clusters: [clusters[1]] }),
      await keyFor('both', { clusters }),
    ];
  });
  afterAll(() => system.stop());

  describe('refuses', () => {
    const [page] = heldQueries;
    if (!page) throw new Error('no query');
    const warm = async (key: string): Promise<void> => {
      for (let turn = 0; turn < 2; turn += 1) expect((await byLane(key, page)).status).toBe(200);
    };

    it('a key that is revoked, from its revocation on, though its answer is kept', async () => {
      const key = await keyFor('revoked');
      await warm(key);
      await perform('revokeApiKey', { id: key.split('_')[2] });
      const told = await byLane(key, page);
      expect([told.status, told.codes]).toEqual([401, ['UNAUTHENTICATED']]);
    });

    it('a key that has expired, from that moment on', async () => {
      const expiresAt = new Date(Date.now() + 1_500);
      const key = await keyFor('expired', { expiresAt: expiresAt.toISOString() });
      await warm(key);
      await until(async () => Date.now() > expiresAt.getTime(), 'its time is over');
      const told = await byLane(key, page);
      expect([told.status, told.codes]).toEqual([401, ['UNAUTHENTICATED']]);
    });

    it('who guesses a key’s secret, and tells him to wait, whatever is kept for that key', async () => {
      const key = at(viewers, 1);
      await warm(key);
      const guess = `skep_key_${key.split('_')[2]}_${'x'.repeat(43)}`;
      const statuses = new Set<number>();
      for (let turn = 0; turn < 25; turn += 1) statuses.add((await byLane(guess, page)).status);
      expect([...statuses]).toEqual([401, 429]);
      await warm(key);
    });

    it('nobody’s request and a body that is too large', async () => {
      expect((await byLane(null, page)).status).toBe(401);
      const body = `${bodyOf(page.of(''))}${' '.repeat(1_572_864)}`;
      expect((await send(system.server, { body })).status).toBe(413);
    });
  });

  it('answers as yoga does, whatever is accepted', async () => {
    const [page] = heldQueries;
    if (!page) throw new Error('no query');
    for (const accept of [
      '*/*',
      'application/json',
      'application/graphql-response+json',
      'application/graphql-response+json, application/json',
      'application/json, application/graphql-response+json',
      'application/json; charset=utf-8',
      'text/html',
    ]) {
      const [held, around] = await Promise.all(
        ['', beside].map((more) => send(system.server, { body: bodyOf(page.of(more)), headers: { accept } })),
      );
      const shown = ({ status, headers }: Told) => {
        const { date: _, 'content-length': __, ...rest } = Object.fromEntries(headers);
        return { accept, status, ...rest };
      };
      expect(shown(held as Told)).toEqual(shown(around as Told));
    }
  });

  it('tells what is known now, to each what its rights allow, in any order of changes and questions', async () => {
    const order = fc.record({
      field: fc.constantFrom('HOSTNAME', 'ID', 'ROLE', 'ENGINE_VERSION'),
      direction: fc.constantFrom('ASC', 'DESC'),
    });
    const question = fc.record({
      viewer: fc.nat(4),
      query: fc.constantFrom(...heldQueries),
      variables: fc.record(
        {
          first: fc.integer({ min: 1, max: 4 }),
          orderBy: order,
          with: fc.boolean(),
          filter: fc.record(
            { role: fc.constantFrom(['MANAGER'], ['WORKER']), text: fc.constantFrom('', 'e', 'zz') },
            { requiredKeys: [] },
          ),
        },
        { requiredKeys: [] },
      ),
    });
    const change = fc.record({
      node: fc.nat(2),
      value: fc.constantFrom('a', '"', 'é\u2028', '\ud83d\ude00'),
    });
    const steps = fc.array(fc.oneof({ weight: 5, arbitrary: question }, { weight: 1, arbitrary: change }), {
      minLength: 5,
      maxLength: 15,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        for (const step of script) {
          if ('query' in step) {
            const { query, variables: all } = step;
            const variables = Object.fromEntries(
              Object.entries(all).filter(([name]) => query.variables.includes(name)),
            );
            await expectSame(at(viewers, step.viewer), query, variables);
            continue;
          }
          const { id, cluster } = at(nodes, step.node);
          const set = [{ key: 'shown', value: step.value }];
          await changeLabels(system.ask, { cluster: cluster.id, nodes: [id], set });
          // At once, and not only some time later.
          const { text } = await byLane(at(viewers, 0), at(heldQueries, 0));
          const { edges } = JSON.parse(text).data.nodes;
          const told = edges.find(({ node }: { node: { id: string } }) => node.id === id).node.labels;
          expect(told).toContainEqual(at(set, 0));
        }
      }),
      { numRuns: 15 },
    );
  });

  it('never gives a key the bytes that were kept for another with other rights', async () => {
    for (const query of heldQueries)
      for (const [index, key] of viewers.entries()) {
        const { text } = await byLane(key, query);
        const others = index === 2 ? clusters[1] : index === 3 ? clusters[0] : null;
        for (const { id, cluster } of nodes) if (cluster.id === others) expect(text.includes(id)).toBe(false);
        if (others) expect(text.includes(others)).toBe(false);
        await expectSame(key, query, {});
      }
  });
});

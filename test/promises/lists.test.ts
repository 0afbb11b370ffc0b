// Promise 9: a list is complete or says that it is not.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from '../../lab/client.ts';
import { at } from '../support/at.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { connected } from '../support/operations.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe(`lists, on ${enginesNote}`, () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    await system.formSwarm();
  });
  afterAll(() => system?.stop());

  it('pages add up to the whole, and more than a page may hold is refused, never clamped', async () => {
    for (const list of ['nodes', 'hosts'] as const) {
      const found: string[] = [];
      let after: string | null = null;
      do {
        const page: Record<string, any> = (
          await system.ask(
            `query($after: String) { ${list}(first: 1, after: $after) { totalCount edges { node { id } } pageInfo { hasNextPage endCursor } } }`,
            { after },
          )
        )[list];
        expect(page).toMatchObject({ totalCount: 3 });
        found.push(...page.edges.map(({ node }: { node: { id: string } }) => node.id));
        after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      } while (after !== null);
      expect(new Set(found).size).toBe(3);
    }
    for (const [list, above] of [
      ['nodes', 1_001],
      ['hosts', 1_001],
      ['operations', 101],
      ['auditLog', 101],
    ]) {
      const { body } = await post(
        system.server.url,
        system.server.adminKey,
        `{ ${list}(first: ${above}) { edges { cursor } } }`,
      );
      expect(body.errors?.[0]?.extensions, `${list}(first: ${above})`).toMatchObject({
        code: 'BAD_USER_INPUT',
      });
    }
  });

  it('a list that cannot be read now says so, of each node and of the cluster, and never shrinks', {
    timeout: 90_000,
  }, async () => {
    const read = () =>
      system.ask('{ nodes { totalCount edges { node { stale } } } clusters { watcher { stale trouble } } }');
    await connected(system.ask);
    const { agent } = at(system.members, 0);
    await agent.kill9();
    const blind = await until(
      async () => {
        const answer = await read();
        return answer.clusters[0].watcher.stale ? answer : null;
      },
      'the cluster is told as stale',
      30_000,
    );
    expect(blind.nodes).toEqual({ totalCount: 3, edges: Array(3).fill({ node: { stale: true } }) });
    expect(blind.clusters[0].watcher.trouble).not.toBeNull();
    await agent.start();
    await connected(system.ask);
    expect((await read()).nodes.edges).toEqual(Array(3).fill({ node: { stale: false } }));
  });
});

// What was seen of a node: status changes too, which are in no audit record.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe(`past events of a node (${enginesNote})`, () => {
  let system: System;
  let cluster: string;
  let worker: string;

  const events = async (first = 20) =>
    (
      await system.ask(
        'query($ref: NodeRef!, $first: Int) { node(ref: $ref) { events(first: $first) { cursor at kind changes { path old new } operation { action } node { id status { state } } } } }',
        { ref: worker, first },
      )
    ).node.events;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2 });
    cluster = await system.formSwarm();
    const { nodes } = await system.ask('{ nodes(filter: { role: WORKER }) { edges { node { id } } } }');
    worker = nodes.edges[0].node.id;
  });
  afterAll(() => system?.stop());

  it('are asked for in pages of 1 to 100', async () => {
    for (const first of [0, 101]) await expect(events(first)).rejects.toThrow('BAD_USER_INPUT');
  });

  it('tell what was done and what happened, newest first', async () => {
    const perform = createPerform(system.server.url, system.server.adminKey);
    await perform('updateNodeLabels', { cluster, nodes: [worker], set: [{ key: 'zone', value: 'a' }] });
    await at(system.members, 1).host.kill9();
    const all = await until(
      async () => {
        const seen = await events();
        return seen[0]?.node.status.state === 'DOWN' ? seen : null;
      },
      'the node was seen down',
      60_000,
    );
    expect(all[0].changes).toContainEqual({ path: 'status.state', old: 'READY', new: 'DOWN' });
    expect(all[0].operation).toBeNull();
    const labelled = all.find(({ changes }: any) => changes.some(({ path }: any) => path === 'labels.zone'));
    expect(labelled).toMatchObject({ operation: { action: 'updateNodeLabels' }, node: { id: worker } });
    expect(all.at(-1).kind).toBe('ADDED');
    const times = all.map((event: any) => Date.parse(event.at));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect((await events(1)).map(({ cursor }: any) => cursor)).toEqual([all[0].cursor]);
  });
});

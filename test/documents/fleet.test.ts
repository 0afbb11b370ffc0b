// docs/fleet.md, on SIMULATED engines: planned, judged, applied, in sync; then somebody changes a node without Skep.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { changeNode } from '../support/docker.ts';
import { engineOf } from '../support/engine-api.ts';
import type { Subscriber } from '../support/live.ts';
import { ended } from '../support/operations.ts';
import { snippet } from '../support/snippets.ts';
import { type System, startSystem } from '../support/system.ts';
import { transports } from '../support/transports.ts';

const dryRun = 'dryRun: true';

describe('docs/fleet.md, on SIMULATED engines', () => {
  let system: System;
  let cluster: string;
  let drift: Subscriber;

  const plan = async () => (await system.ask(snippet('docs/fleet.md', 'Plan'))).planFleet;
  const apply = async (text = snippet('docs/fleet.md', 'Apply')) => (await system.ask(text)).applyFleet;
  const declared = async () =>
    (await system.ask(snippet('docs/fleet.md', 'Declared'), { cluster })).cluster.fleet;

  beforeAll(async () => {
    system = await startSystem({
      engines: { kind: 'simulated', version: '28.5', speed: 4 },
      env: { SKEP_DRIFT_INTERVAL_MS: '2000' },
    });
  });
  afterAll(async () => {
    drift?.stop();
    await system?.stop();
  });

  it('a plan has the steps in their order, and changes nothing', async () => {
    const planned = await plan();
    expect(planned).toMatchObject({ clusterId: null, inSync: false });
    const mutations = planned.steps.map(({ mutation }: any) => mutation);
    expect(mutations[0]).toBe('initCluster');
    expect(mutations[1]).toBe('joinHosts');
    expect(mutations.at(-1)).toBe('createNetwork');
    const { clusters } = await system.ask('{ clusters { id } }');
    expect(clusters).toEqual([]);
  });

  it('a dry run is judged, and does nothing', async () => {
    expect(await apply()).toMatchObject({ state: 'SUCCEEDED', guards: [], failure: null });
    const { clusters } = await system.ask('{ clusters { id } }');
    expect(clusters).toEqual([]);
  });

  it('meant, it makes the cluster as declared; a second time it does nothing', async () => {
    const text = snippet('docs/fleet.md', 'Apply');
    expect(text).toContain(dryRun);
    const { id, failure } = await apply(text.replace(dryRun, ''));
    expect(failure).toBeNull();
    expect(await ended(system.ask, id)).toMatchObject({ state: 'SUCCEEDED' });
    const { clusters, nodes } = await system.ask(
      '{ clusters { id name } nodes { edges { node { role labels { key value } } } } }',
    );
    expect(clusters).toMatchObject([{ name: 'production' }]);
    cluster = clusters[0].id;
    const node = { role: 'MANAGER', labels: [{ key: 'checked', value: 'today' }] };
    expect(nodes.edges).toEqual([{ node }, { node }, { node }]);
    expect(await declared()).toMatchObject({ drift: [], driftSince: null, failure: null });

    const again = await ended(system.ask, (await apply(text.replace(dryRun, ''))).id);
    expect(again).toMatchObject({ state: 'SUCCEEDED' });
    const { operation } = await system.ask('query($id: ID!) { operation(id: $id) { children { id } } }', {
      id: again.id,
    });
    expect(operation.children).toEqual([]);
    // Its network is of the plan's document alone.
    expect((await plan()).steps).toMatchObject([{ mutation: 'createNetwork', name: 'backend' }]);
  });

  it('what somebody changes without Skep is told as drift, and its end', async () => {
    drift = at(transports, 0).listen(system, snippet('docs/fleet.md', 'Drift'), { cluster });
    const { host } = at(system.members, 0);
    const { ID } = (await engineOf(host).nodes())[host.hostname];
    const check = (value: string) => changeNode(host, ID, () => ({ Labels: { checked: value } }));
    const difference = { kind: 'NODE', name: host.hostname, path: 'labels.checked' };
    await check('yesterday');
    const [appeared] = (await drift.next((item) => item.appeared.length > 0, 'drift is told')).appeared;
    expect(appeared).toMatchObject({ ...difference, declared: 'today', actual: 'yesterday' });
    expect((await declared()).drift).toMatchObject([difference]);
    await check('today');
    expect((await drift.next((item) => item.gone.length > 0, 'its end is told')).gone).toMatchObject([
      difference,
    ]);
    expect((await declared()).drift).toEqual([]);
    expect(drift.errors).toEqual([]);
  });
});

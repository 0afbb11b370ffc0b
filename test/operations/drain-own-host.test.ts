// HOSTS_SKEP: the host that this server itself runs on is drained only when it is meant. On simulated engines, whose
// agents run on this machine as the server does.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engineOf } from '../support/engine-api.ts';
import { connected } from '../support/operations.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type Member, type System, startSystem } from '../support/system.ts';

describe('the server’s own host, on SIMULATED engines', () => {
  const env: NodeJS.ProcessEnv = {};
  let system: System;
  let perform: Perform;
  let cluster: string;

  const idOf = async ({ host }: Member): Promise<string> => (await engineOf(host).get('/info')).Swarm.NodeID;
  const guardsOf = async (mutation: string, index: number, more: object = {}): Promise<string[]> => {
    const nodes = [await idOf(at(system.members, index))];
    const { guards } = await perform(mutation, { cluster, nodes, dryRun: true, ...more });
    return guards.map(({ guard }: { guard: string }) => guard);
  };
  const restartAs = async (ownHost: string) => {
    env.SKEP_OWN_HOST = ownHost;
    await system.server.stop();
    await system.server.start();
    await connected(system.ask);
  };

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 }, hosts: 1, env });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
  });
  afterAll(() => system?.stop());

  it('is the one host with the server’s boot id, and none where several engines share a kernel', async () => {
    expect(await guardsOf('drainNodes', 0)).toEqual(['LAST_ACTIVE_NODE', 'HOSTS_SKEP']);
    const second = await system.enrol(await system.machines.addHost());
    const joined = await perform('joinHosts', { cluster, hosts: [{ host: second.hostId }] });
    expect(joined).toMatchObject({ state: 'SUCCEEDED' });
    for (const index of [0, 1]) expect(await guardsOf('drainNodes', index)).toEqual([]);
  });

  it('is the one that is named, for every mutation that takes its tasks away', {
    timeout: 60_000,
  }, async () => {
    await restartAs(at(system.members, 1).host.hostname);
    expect(await guardsOf('drainNodes', 0)).toEqual([]);
    expect(await guardsOf('drainNodes', 1)).toEqual(['HOSTS_SKEP']);
    expect(await guardsOf('decommissionNodes', 1)).toEqual(['HOSTS_SKEP']);
    expect(await guardsOf('setNodeAvailability', 1, { availability: 'DRAIN' })).toEqual(['HOSTS_SKEP']);
    expect(await guardsOf('setNodeAvailability', 1, { availability: 'PAUSE' })).toEqual([]);
    const nodes = [await idOf(at(system.members, 1))];
    expect(await perform('drainNodes', { cluster, nodes })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'HOSTS_SKEP' },
    });
    const meant = { cluster, nodes, override: ['HOSTS_SKEP'], reason: 'the server moves first' };
    expect(await perform('drainNodes', meant)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('is none where that is said', { timeout: 60_000 }, async () => {
    await restartAs('none');
    expect(await guardsOf('drainNodes', 1)).toEqual([]);
  });
});

// What is left over in a cluster: nodes that nobody is any more, hosts that nobody lists, and that the advice is right.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/host.ts';
import { at } from '../support/at.ts';
import { listNodes } from '../support/docker.ts';
import { engineOf } from '../support/engine-api.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type Member, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('clean-up, on SIMULATED engines', () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let manager: LabHost;
  const member = (index: number): Member => at(system.members, index);
  const idOf = async ({ host }: Member): Promise<string> => (await engineOf(host).get('/info')).Swarm.NodeID;
  const cleanup = async (downForSeconds = 3_600): Promise<Record<string, any>[]> => {
    const answer = await system.ask(
      'query($id: ID!, $seconds: Int) { cluster(id: $id) { cleanup(downForSeconds: $seconds) { kind since advice mutation node { id downSince } host { id } } } }',
      { id: cluster, seconds: downForSeconds },
    );
    return answer.cluster.cleanup;
  };
  const isDown = (id: string) =>
    until(
      async () => {
        const { node } = await system.ask('query($id: NodeRef!) { node(ref: $id) { status { state } } }', {
          id,
        });
        return node?.status.state === 'DOWN';
      },
      `${id} is Down`,
      60_000,
    );
  const advised = (count: number, downForSeconds?: number) =>
    until(
      async () => {
        const list = await cleanup(downForSeconds);
        return list.length === count ? list : null;
      },
      `${count} pieces of advice`,
      30_000,
    );

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 8 }, hosts: 4 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    manager = member(0).host;
  });
  afterAll(() => system?.stop());

  it('refuses a time that is none, and has nothing to say of a cluster that is well', async () => {
    await expect(cleanup(-1)).rejects.toThrow('BAD_USER_INPUT');
    expect(await cleanup(0)).toEqual([]);
  });

  it('a host that joined again by hand leaves a node that nobody is any more', async () => {
    const old = await idOf(member(1));
    const { JoinTokens } = await engineOf(manager).get('/swarm');
    await engineOf(member(1).host).post('/swarm/leave');
    await engineOf(member(1).host).post('/swarm/join', {
      ListenAddr: '0.0.0.0:2377',
      JoinToken: JoinTokens.Worker,
      RemoteAddrs: [`${manager.address}:2377`],
    });
    await isDown(old);
    const [advice] = await advised(1);
    expect(advice).toMatchObject({
      kind: 'NODE_SUPERSEDED',
      node: { id: old },
      host: { id: member(1).hostId },
      mutation: 'decommissionNodes',
    });
    expect(advice?.advice).toContain(await idOf(member(1)));
  });

  it('a host that left by hand leaves a node, too', async () => {
    const id = await idOf(member(2));
    await engineOf(member(2).host).post('/swarm/leave');
    await isDown(id);
    const [, advice] = await advised(2);
    expect(advice).toMatchObject({ kind: 'NODE_LEFT', node: { id }, host: { id: member(2).hostId } });
  });

  it('a machine that is gone counts after the time that is asked for, which a restart does not move', {
    timeout: 60_000,
  }, async () => {
    const id = await idOf(member(3));
    await member(3).host.powerOff();
    await isDown(id);
    expect((await cleanup()).map(({ kind }) => kind)).toEqual(['NODE_SUPERSEDED', 'NODE_LEFT']);
    const [, , advice] = await advised(3, 0);
    expect(advice).toMatchObject({ kind: 'NODE_DOWN', node: { id }, mutation: 'decommissionNodes' });
    expect(advice?.since).toBe(advice?.node.downSince);
    // As its managers wrote it, and not later than now.
    expect(new Date(advice?.since).getTime()).toBeLessThanOrEqual(Date.now());
    await system.server.kill9();
    await system.server.start();
    const again = await until(async () => {
      const list = await cleanup(0);
      return list.length === 3 && list.every(({ mutation }) => mutation !== null) ? list : null;
    }, 'the cluster is read again');
    expect(again[2]?.since).toBe(advice?.since);
    // The host of the superseded node is still known.
    expect(again[0]).toMatchObject({ kind: 'NODE_SUPERSEDED', host: { id: member(1).hostId } });
  });

  it('an engine that runs and is cut off is not to be removed', async () => {
    const id = await idOf(member(1));
    await member(1).host.cut();
    await isDown(id);
    const advice = (await cleanup(0)).find(({ node }) => node?.id === id);
    expect(advice).toMatchObject({ kind: 'NODE_DOWN', mutation: null });
    await member(1).host.heal();
    await until(async () => !(await cleanup(0)).some(({ node }) => node?.id === id), 'it is back', 30_000);
  });

  it('what is advised can be done: nothing is left over but the orphan that comes back', {
    timeout: 60_000,
  }, async () => {
    for (const { mutation, node } of await cleanup(0))
      expect(await perform(mutation, { cluster, nodes: [node.id] })).toMatchObject({ state: 'SUCCEEDED' });
    expect(await cleanup(0)).toEqual([]);
    expect((await listNodes(manager)).map(({ Status }) => Status.State)).toEqual(['ready', 'ready']);
    await member(3).host.start();
    const [orphan] = await advised(1);
    expect(orphan).toMatchObject({
      kind: 'HOST_ORPHANED',
      node: null,
      host: { id: member(3).hostId },
      mutation: 'leaveSwarm',
    });
    const { payload } = await perform('createApiKey', {
      name: 'forcer',
      role: 'ADMIN',
      permissions: ['cluster:force'],
    });
    const forcer = createPerform(system.server.url, payload.key);
    expect(
      await forcer('leaveSwarm', { hosts: [member(3).hostId], force: true, reason: 'orphaned' }),
    ).toMatchObject({ state: 'SUCCEEDED' });
    await advised(0);
  });
});

// Leaving, falling silent, removal and return: what becomes of a node when its engine goes.
import { expect, test } from 'vitest';
import { describeContract } from './describe-contract.ts';
import { change, idOf, init, join, until, untilState } from './swarm-steps.ts';

describeContract('membership', (lab) => {
  test('a worker that leaves is Down some time later, and can be removed then', async () => {
    const manager = lab.member(1);
    await init(manager);
    const id = await join(lab.member(2), manager, 'Worker');
    await join(lab.member(3), manager, 'Worker');
    await change(manager, id, { Labels: { keep: 'no' } });
    expect(await lab.member(2).api.call('POST', '/swarm/leave')).toMatchObject({ status: 200, text: '' });
    expect((await lab.member(2).api.info()).Swarm).toMatchObject({ LocalNodeState: 'inactive', NodeID: '' });
    const down = await untilState(manager, id, 'down');
    expect(down.Status.Message).toBe('heartbeat failure');
    expect((await manager.api.call('DELETE', `/nodes/${id}`)).status).toBe(200);
    expect((await manager.api.call('GET', `/nodes/${id}`)).status).toBe(404);
  });

  test('a host that joins again is another node, with nothing of the old one', async () => {
    const manager = lab.member(1);
    const id = await join(lab.member(2), manager, 'Worker');
    await change(manager, id, { Labels: { zone: 'a' }, Availability: 'drain' });
    await lab.member(2).api.call('POST', '/swarm/leave');
    const again = await join(lab.member(2), manager, 'Worker');
    expect(again).not.toBe(id);
    const fresh = await untilState(manager, again, 'ready');
    expect(fresh.Spec).toEqual({ Labels: {}, Role: 'worker', Availability: 'active' });
    const old = await untilState(manager, id, 'down');
    expect(old.Spec).toMatchObject({ Labels: { zone: 'a' }, Availability: 'drain' });
    expect((await manager.api.call('DELETE', `/nodes/${id}`)).status).toBe(200);
  });

  test('a worker that is killed is Down, and Ready once it is back', async () => {
    const manager = lab.member(1);
    const member = lab.member(2);
    const id = await idOf(member);
    const stream = await manager.api.watchNodes();
    await member.host.kill9();
    await expect(member.api.call('GET', '/_ping')).rejects.toMatchObject({ code: expect.any(String) });
    await untilState(manager, id, 'down');
    await member.host.start();
    await untilState(manager, id, 'ready');
    expect(await idOf(member)).toBe(id);
    const states = stream.events.map(({ Actor }) => Actor.Attributes['state.new']).filter(Boolean);
    expect(states).toEqual(['down', 'ready']);
    stream.close();
  });

  test('a worker that fell silent while there was no manager is Down once there is one', async () => {
    const manager = lab.member(1);
    const member = lab.member(2);
    const id = await idOf(member);
    await member.host.kill9();
    await manager.host.kill9();
    await manager.host.start();
    await until(async () => expect((await manager.api.node(id)).Status.State).toBe('down'));
    await member.host.start();
    await untilState(manager, id, 'ready');
  });

  test('a frozen worker is Down, and answers late what it was asked', async () => {
    const manager = lab.member(1);
    const member = lab.member(2);
    const id = await idOf(member);
    await member.host.pause();
    let answered = false;
    const ping = member.api.call('GET', '/_ping').then((answer) => {
      answered = true;
      return answer;
    });
    await untilState(manager, id, 'down');
    expect(answered).toBe(false);
    await member.host.resume();
    expect((await ping).status).toBe(200);
    await untilState(manager, id, 'ready');
  });

  test('a worker without its cable is Down and does not know it', async () => {
    const manager = lab.member(1);
    const member = lab.member(2);
    const id = await idOf(member);
    await member.host.cut();
    await untilState(manager, id, 'down');
    expect((await member.api.info()).Swarm).toMatchObject({
      LocalNodeState: 'active',
      NodeID: id,
      Error: '',
    });
    await member.host.heal();
    await untilState(manager, id, 'ready');
  });

  test('the last manager leaves by force, and the swarm is gone', async () => {
    const manager = lab.member(1);
    expect((await manager.api.call('POST', '/swarm/leave?force=1')).status).toBe(200);
    expect((await manager.api.info()).Swarm.LocalNodeState).toBe('inactive');
    const worker = lab.member(2);
    expect((await worker.api.info()).Swarm.LocalNodeState).toBe('active');
    expect((await worker.api.call('POST', '/swarm/leave')).status).toBe(200);
    await until(async () => expect((await worker.api.info()).Swarm.LocalNodeState).toBe('inactive'));
  });
});

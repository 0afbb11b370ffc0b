// Promotion and demotion: what becomes true in which order, and what the raft group does not allow.
import { expect, test } from 'vitest';
import { describeContract } from './describe-contract.ts';
import { change, idOf, init, join, promote, until, untilBack } from './swarm-steps.ts';

describeContract('roles', (lab) => {
  test('does not demote the only manager', async () => {
    const manager = lab.member(1);
    const id = await init(manager);
    await join(lab.member(2), manager, 'Worker');
    await join(lab.member(3), manager, 'Worker');
    const { Spec } = await manager.api.node(id);
    expect(await manager.api.updateNode(id, { ...Spec, Role: 'worker' })).toMatchObject({
      status: 400,
      message:
        'rpc error: code = FailedPrecondition desc = attempting to demote the last manager of the swarm',
    });
  });

  test('makes a manager in steps: the wish, then the raft group, then its own socket', async () => {
    const manager = lab.member(1);
    const member = lab.member(2);
    const id = await idOf(member);
    const { Spec, Version } = await manager.api.node(id);
    expect((await manager.api.updateNode(id, { ...Spec, Role: 'manager' }, Version.Index)).status).toBe(200);
    // The node is not in the raft group yet: the engine knows no such manager.
    expect(await manager.api.updateNode(id, { ...Spec, Role: 'worker' }, Version.Index)).toMatchObject({
      status: 404,
      message: "rpc error: code = NotFound desc = can't find manager in raft memberlist",
    });
    const wished = await manager.api.node(id);
    expect(wished.Spec.Role).toBe('manager');
    expect(wished.ManagerStatus).toBeUndefined();
    expect((await member.api.info()).Swarm.ControlAvailable).toBe(false);
    await until(async () => {
      expect((await manager.api.node(id)).ManagerStatus?.Reachability).toBe('reachable');
    });
    await until(async () => expect((await member.api.info()).Swarm.ControlAvailable).toBe(true));
    expect((await member.api.info()).Swarm).toMatchObject({ Nodes: 3, Managers: 2 });
  });

  test('lets every manager write, and each sees it at once', async () => {
    const [first, second] = [lab.member(1), lab.member(2)];
    const id = await idOf(lab.member(3));
    await change(second, id, { Labels: { by: 'second' } });
    expect((await first.api.node(id)).Spec.Labels).toEqual({ by: 'second' });
    await change(first, id, { Labels: {} });
    const strip = (nodes: { ManagerStatus?: unknown }[]) =>
      nodes.map((node) => ({ ...node, ManagerStatus: null }));
    expect(strip(await second.api.nodes())).toEqual(strip(await first.api.nodes()));
    expect(await second.api.swarm()).toEqual(await first.api.swarm());
  });

  test('tells a manager of two that leaving would cost the quorum', async () => {
    expect(await lab.member(2).api.call('POST', '/swarm/leave')).toMatchObject({
      status: 503,
      message:
        'You are attempting to leave the swarm on a node that is participating as a manager. Removing this node leaves 1 managers out of 2. Without a Raft quorum your swarm will be inaccessible. The only way to restore a swarm that has lost consensus is to reinitialize it with `--force-new-cluster`. Use `--force` to suppress this message.',
    });
  });

  test('does not demote a healthy manager while that would lose the quorum', {
    timeout: 180_000,
  }, async () => {
    const [first, second, third] = [lab.member(1), lab.member(2), lab.member(3)];
    await promote(first, third);
    const dead = await idOf(third);
    const healthy = await idOf(second);
    await third.host.kill9();
    await until(async () => {
      expect((await first.api.node(dead)).ManagerStatus?.Reachability).toBe('unreachable');
    });
    const { Spec } = await first.api.node(healthy);
    expect(await first.api.updateNode(healthy, { ...Spec, Role: 'worker' })).toMatchObject({
      status: 400,
      message:
        "rpc error: code = FailedPrecondition desc = can't remove member from the raft: this would result in a loss of quorum",
    });
    // The dead one itself may go, and comes back as a worker.
    await change(first, dead, { Role: 'worker' });
    await until(async () => expect((await first.api.node(dead)).ManagerStatus).toBeUndefined());
    await third.host.start();
    await untilBack(first, third, dead);
    await until(async () => {
      expect((await third.api.info()).Swarm).toMatchObject({
        LocalNodeState: 'active',
        ControlAvailable: false,
      });
    });
  });

  test('passes the lead on when the leader is demoted', async () => {
    const [first, second] = [lab.member(1), lab.member(2)];
    const old = await idOf(first);
    const next = await idOf(second);
    await change(second, old, { Role: 'worker' });
    await until(async () => {
      expect((await second.api.node(next)).ManagerStatus).toMatchObject({ Leader: true });
      expect((await second.api.node(old)).ManagerStatus).toBeUndefined();
    });
    await until(async () => {
      expect((await first.api.info()).Swarm).toMatchObject({
        ControlAvailable: false,
        LocalNodeState: 'active',
      });
    });
    expect((await first.api.call('GET', '/nodes')).status).toBe(503);
    await until(async () => {
      expect((await second.api.nodes()).map((node) => node.Status.State)).toEqual([
        'ready',
        'ready',
        'ready',
      ]);
    });
  });
});

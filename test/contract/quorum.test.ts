// The raft group under loss: a new leader, no leader, a new beginning.
import { expect, test } from 'vitest';
import { engineRefusal } from '../../agent/engine-failures.ts';
import { describeContract } from './describe-contract.ts';
import { idOf, init, join, until } from './swarm-steps.ts';

const LIMIT_MS = 180_000;
/** Less than a test has: what it waited for is then told. */
const PART_MS = 85_000;
const NO_LEADER =
  "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online. Make sure more than half of the managers are online.";

describeContract('quorum', (lab) => {
  test('shows a follower that dies as unreachable, then Down, then back', { timeout: LIMIT_MS }, async () => {
    const [first, second, third] = [lab.member(1), lab.member(2), lab.member(3)];
    await init(first);
    await join(second, first, 'Manager');
    await join(third, first, 'Manager');
    const id = await idOf(third);
    await third.host.kill9();
    await until(async () => {
      expect((await first.api.node(id)).ManagerStatus?.Reachability).toBe('unreachable');
    });
    await until(async () => expect((await first.api.node(id)).Status.State).toBe('down'), LIMIT_MS);
    await third.host.start();
    await until(async () => {
      expect(await first.api.node(id)).toMatchObject({
        Status: { State: 'ready' },
        ManagerStatus: { Reachability: 'reachable' },
      });
    }, LIMIT_MS);
  });

  test('elects a new leader when the leader dies', { timeout: LIMIT_MS }, async () => {
    const [first, second] = [lab.member(1), lab.member(2)];
    const old = await idOf(first);
    await first.host.kill9();
    await until(async () => {
      const nodes = await second.api.nodes();
      const leader = nodes.find((node) => node.ManagerStatus?.Leader);
      expect(leader).toBeDefined();
      expect(leader?.ID).not.toBe(old);
      expect(nodes.find((node) => node.ID === old)?.ManagerStatus?.Reachability).toBe('unreachable');
    }, PART_MS);
    await first.host.start();
    // All are in the raft group again. Real engines of every version now and then leave one of them Down for minutes
    // after an election, until its engine is started anew: that is theirs, and shown as it is.
    await until(async () => {
      const nodes = await first.api.nodes();
      for (const node of nodes) expect(node).toMatchObject({ ManagerStatus: { Reachability: 'reachable' } });
      expect(nodes.filter(({ Status }) => Status.State === 'ready').length).toBeGreaterThanOrEqual(2);
    }, PART_MS);
  });

  test('lets a call wait, then says that there is no leader', { timeout: LIMIT_MS }, async () => {
    const [first, second, third] = [lab.member(1), lab.member(2), lab.member(3)];
    const id = await idOf(third);
    await Promise.all([first.host.kill9(), second.host.kill9()]);
    const waited = await until(async () => {
      const answer = await third.api.call('GET', '/nodes');
      expect(answer.status).toBe(500);
      return answer;
    }, LIMIT_MS);
    // By gRPC's words, and they differ by where the call was when time was up: what the agent makes of them is what counts.
    expect(engineRefusal('read', waited.status, waited.message).code, waited.message).toBe('NO_LEADER');
    await until(async () => {
      expect(await third.api.call('GET', '/nodes')).toMatchObject({ status: 500, message: NO_LEADER });
    }, LIMIT_MS);
    const { Swarm } = await third.api.info();
    expect(Swarm).toMatchObject({
      NodeID: id,
      LocalNodeState: 'active',
      ControlAvailable: true,
      Error: NO_LEADER,
    });
    expect(Swarm.Nodes).toBeUndefined();
    expect(await third.api.call('POST', '/swarm/leave')).toMatchObject({
      status: 503,
      message: expect.stringMatching(
        /a swarm that has lost consensus is to reinitialize it with `--force-new-cluster`\. Use `--force` to suppress this message\.$/,
      ),
    });
  });

  test('begins anew from one manager, with its id and its tokens', { timeout: LIMIT_MS }, async () => {
    const [first, , third] = [lab.member(1), lab.member(2), lab.member(3)];
    const id = await idOf(third);
    const body = { ListenAddr: '0.0.0.0:2377', ForceNewCluster: true };
    const answer = await third.api.call('POST', '/swarm/init', body);
    expect(answer).toMatchObject({ status: 200, text: `${JSON.stringify(id)}\n` });
    await until(async () => {
      expect(await third.api.node(id)).toMatchObject({
        Status: { State: 'ready' },
        ManagerStatus: { Leader: true, Reachability: 'reachable' },
      });
    }, LIMIT_MS);
    const nodes = await third.api.nodes();
    expect(nodes).toHaveLength(3);
    for (const node of nodes.filter((other) => other.ID !== id)) {
      expect(node.Spec.Role).toBe('manager');
      expect(node.ManagerStatus).toBeUndefined();
    }
    await first.host.start();
    expect((await first.api.call('POST', '/swarm/leave?force=1')).status).toBe(200);
    const again = await join(first, third, 'Manager');
    await until(async () => {
      expect((await third.api.node(again)).ManagerStatus?.Reachability).toBe('reachable');
    });
  });
});

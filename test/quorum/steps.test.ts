// What takes its time, and what happens between two steps, on simulated engines that can be told to be slow: steps say
// why, the rule is applied again before each target, and the watcher is elsewhere before a manager is demoted.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { readJournal } from '../support/commands.ts';
import { changeNode, listNodes } from '../support/docker.ts';
import { engineOf } from '../support/engine-api.ts';
import { begin, ended, readOperation } from '../support/operations.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type Member, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

type Step = { name: string; target: string; state: string; detail: string | null; startedAt: string };

describe('steps of role changes, on SIMULATED engines', () => {
  let system: System;
  let cluster: string;
  let perform: Perform;
  /** Of the hosts 1 and 2, whose turn comes first. */
  let first = 1;
  let second = 2;
  const member = (index: number): Member => at(system.members, index);
  const name = (index: number): string => member(index).host.hostname;
  const simulated = (index: number) => at(system.machines.world?.engines() ?? [], index);
  const override = {
    override: ['NO_FAULT_TOLERANCE', 'UNREACHABLE_MANAGER', 'JOIN_ADDRESS_GONE'],
    reason: 'a test',
  };
  const demote = (indexes: number[], more: Record<string, unknown> = {}) =>
    begin(system.ask, 'demoteNodes', { cluster, nodes: indexes.map(name), ...more });
  const promote = (index: number) =>
    perform('promoteNodes', { cluster, nodes: [name(index)], ...override, waitSeconds: 120 });
  const step = ({ steps }: Record<string, any>, wanted: string): Step =>
    at(steps.filter((one: Step) => one.name === wanted) as Step[], 0);
  /** A step's detail while it runs. */
  const told = (id: string, wanted: string, words: string) =>
    until(
      async () => {
        const found = (await readOperation(system.ask, id)).steps.find((one: Step) => one.name === wanted);
        return found?.detail?.includes(words) ? (found as Step) : null;
      },
      `${wanted} says «${words}»`,
      30_000,
    );
  const nodeOf = async (through: number, index: number) =>
    (await listNodes(member(through).host)).find(({ Description }) => Description.Hostname === name(index));
  const reachability = async (through: number, index: number) =>
    (await nodeOf(through, index))?.ManagerStatus?.Reachability;
  const watcher = async (): Promise<string> =>
    (await system.ask('query($id: ID!) { cluster(id: $id) { watcher { host { name } } } }', { id: cluster }))
      .cluster.watcher.host.name;
  const demotions = (index: number) =>
    readJournal(member(index)).filter(
      ({ state, kind, args }) =>
        state === 'accepted' && kind === 'UpdateNode' && args?.wantedRole === 'worker',
    );

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 }, hosts: 5 });
    cluster = await system.formSwarm({ managers: 5 });
    const ids = new Map(
      (await listNodes(member(0).host)).map(({ ID, Description }) => [Description.Hostname, ID]),
    );
    // A plural call takes equal managers in the order of their ids.
    [first = 1, second = 2] = [1, 2].sort((a, b) =>
      (ids.get(name(a)) ?? '') < (ids.get(name(b)) ?? '') ? -1 : 1,
    );
    perform = createPerform(system.server.url, system.server.adminKey);
  });
  afterAll(() => system?.stop());

  it('a plural demotion is judged again before each target: a manager that dies meanwhile stops it', async () => {
    simulated(first).putOffDemotions(20_000);
    const { id } = await demote([first, second]);
    await told(id, 'observe', 'put it off');
    await member(4).host.kill9();
    await until(async () => (await reachability(0, 4)) === 'unreachable', 'the leader has noticed');
    const done = await ended(system.ask, id);
    expect(done).toMatchObject({
      state: 'FAILED',
      failure: { code: 'PARTIAL' },
      targets: [{ state: 'SUCCEEDED' }, { state: 'FAILED', failure: { code: 'UNREACHABLE_MANAGER' } }],
    });
    expect((await nodeOf(0, second))?.ManagerStatus).toBeDefined();
    expect(step(done, 'observe').detail).toMatch(/^3 of 4 managers are reachable, .+ leads$/);
  }, 90_000);

  it('a plural leave is judged again before each host', async () => {
    // Of three that are reachable and one that is dead none may go: it is brought back, and by hand another goes.
    await member(4).host.start();
    await until(async () => (await reachability(0, 4)) === 'reachable', 'it is back');
    simulated(first).putOffDemotions(0);
    expect(await promote(first)).toMatchObject({ state: 'SUCCEEDED' });
    const { id } = await begin(system.ask, 'leaveSwarm', {
      hosts: [member(first).hostId, member(second).hostId],
      waitSeconds: 0,
    });
    await until(
      async () => (await readOperation(system.ask, id)).steps.some((one: Step) => one.name === 'await down'),
      'the first has left',
    );
    const byHand = await nodeOf(0, 4);
    await changeNode(member(0).host, byHand?.ID ?? '', () => ({ Role: 'worker' }));
    const done = await ended(system.ask, id);
    expect(done.targets).toMatchObject([
      { state: 'SUCCEEDED' },
      { state: 'FAILED', failure: { code: 'NO_FAULT_TOLERANCE' } },
    ]);
    expect((await nodeOf(0, second))?.ManagerStatus?.Reachability).toBe('reachable');
  }, 90_000);

  it('the watcher is elsewhere before a demotion is sent, which goes elsewhere too, and it comes back', async () => {
    // Managers by now: 0, which leads, the second and 3.
    await until(async () => (await watcher()) === name(0), 'the leader is read');
    const earlier = [0, second, 3].map((index) => demotions(index).length);
    const { id } = await demote([0], override);
    const done = await ended(system.ask, id);
    expect(done).toMatchObject({ state: 'SUCCEEDED' });
    expect(done.warnings.map(({ code }: { code: string }) => code)).toContain('LEADER_MOVES');
    expect(done.steps.map((one: Step) => one.name)).toEqual([
      'move the watcher',
      'update',
      'observe',
      'await control given up',
    ]);
    const moved = step(done, 'move the watcher').detail ?? '';
    expect(moved).toMatch(/^the cluster is read through /);
    expect(moved).not.toContain(name(0));
    expect(demotions(0).length).toBe(at(earlier, 0));
    expect(demotions(second).length + demotions(3).length).toBe(at(earlier, 1) + at(earlier, 2) + 1);
    expect(await promote(0)).toMatchObject({ state: 'SUCCEEDED' });
    for (const index of [second, 3])
      expect(await ended(system.ask, (await demote([index], override)).id)).toMatchObject({
        state: 'SUCCEEDED',
      });
    await until(async () => (await watcher()) === name(0), 'it is read again');
  }, 120_000);

  it('the last manager with an agent is not demoted, nor leaves', async () => {
    expect(await promote(second)).toMatchObject({ state: 'SUCCEEDED' });
    await member(second).agent.kill9();
    await until(async () => {
      const { host } = await system.ask('query($id: ID!) { host(id: $id) { status } }', {
        id: member(second).hostId,
      });
      return host.status === 'DISCONNECTED';
    }, 'its agent is gone');
    for (const [mutation, input] of [
      ['demoteNodes', { nodes: [name(0)], cluster }],
      ['leaveSwarm', { hosts: [member(0).hostId] }],
    ] as const)
      expect(await perform(mutation, { ...input, ...override })).toMatchObject({
        state: 'REFUSED',
        failure: { code: 'NO_OTHER_AGENT' },
      });
    await member(second).agent.start();
    await until(
      async () =>
        (await perform('demoteNodes', { nodes: [name(0)], cluster, dryRun: true })).failure?.code !==
        'NO_OTHER_AGENT',
      'it is back',
    );
  }, 60_000);

  it('a demotion that is put off for longer than anybody waits ends as DEMOTION_PUT_OFF, and can be taken back', async () => {
    expect(await promote(3)).toMatchObject({ state: 'SUCCEEDED' });
    simulated(3).putOffDemotions(3_600_000);
    const { id } = await demote([3], override);
    expect((await told(id, 'observe', 'put it off')).state).toBe('RUNNING');
    const done = await ended(system.ask, id);
    expect(done).toMatchObject({ state: 'FAILED', failure: { code: 'DEMOTION_PUT_OFF' } });
    // While it hangs it counts as gone, too: without it and that one none but 0 would be left, and without both of them nobody.
    const all = await perform('demoteNodes', { nodes: [name(0), name(second)], cluster, ...override });
    expect(all).toMatchObject({ state: 'REFUSED', failure: { code: 'LAST_MANAGER' } });
    simulated(3).putOffDemotions(0);
    expect(await promote(3)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await reachability(0, 3)).toBe('reachable');
  }, 120_000);
});

describe('the first write with two managers, on SIMULATED engines at the pace of real ones', () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 1 }, hosts: 3 });
  });
  afterAll(() => system?.stop());

  it('takes seconds, and its step says why', async () => {
    const cluster = await system.formSwarm();
    const names = system.members.map(({ host }) => host.hostname);
    const perform = createPerform(system.server.url, system.server.adminKey);
    const promotion = await begin(system.ask, 'promoteNodes', { cluster, nodes: [at(names, 1)] });
    // One of the writes meets the half second in which the raft group of two begins.
    const slow = await until(async () => {
      const done = await perform('updateNodeLabels', {
        cluster,
        nodes: [at(names, 2)],
        set: [{ key: 'at', value: String(performance.now()) }],
      });
      expect(done).toMatchObject({ state: 'SUCCEEDED' });
      return (done.steps as Step[]).find(({ name, detail }) => name === 'update' && detail !== null);
    }, 'a write takes its time');
    expect(slow.detail).toMatch(
      /^it took [3-7] seconds until the engine had answered: the first write after going from one manager to two/,
    );
    expect(await ended(system.ask, promotion.id)).toMatchObject({ state: 'SUCCEEDED' });
  }, 60_000);

  it('a node that its host has left is not counted as active until it is Down', async () => {
    const { clusters } = await system.ask('{ clusters { id } }');
    const cluster = clusters[0].id;
    const perform = createPerform(system.server.url, system.server.adminKey);
    const drain = (index: number) =>
      perform('setNodeAvailability', {
        cluster,
        nodes: [at(system.members, index).host.hostname],
        availability: 'DRAIN',
      });
    expect(await drain(0)).toMatchObject({ state: 'SUCCEEDED' });
    const gone = at(system.members, 2);
    expect((await engineOf(gone.host).post('/swarm/leave')).status).toBe(200);
    await until(async () => {
      const { host } = await system.ask('query($id: ID!) { host(id: $id) { swarm { localState } } }', {
        id: gone.hostId,
      });
      return host.swarm.localState === 'INACTIVE';
    }, 'its host says so');
    const last = await drain(1);
    const listed = (await listNodes(at(system.members, 0).host)).find(
      ({ Description }) => Description.Hostname === gone.host.hostname,
    );
    expect(listed?.Status.State).toBe('ready');
    expect(last).toMatchObject({ state: 'REFUSED', failure: { code: 'LAST_ACTIVE_NODE' } });
  }, 60_000);
});

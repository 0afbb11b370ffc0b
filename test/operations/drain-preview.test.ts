// A drain's preview, compared with what the drain then does. On simulated engines.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/host.ts';
import { at } from '../support/at.ts';
import { engineOf } from '../support/engine-api.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { createService, listTasks, removeServices, runningOn } from '../support/services.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('the preview of a drain, on SIMULATED engines', () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let manager: LabHost;
  /** Node ids: the manager, which takes no tasks, and two workers. */
  let ids: string[];

  const placed = (template: object) => ({ template: { Placement: template } });
  const only = (...constraints: string[]) => placed({ Constraints: constraints });
  const running = (count: number) =>
    until(
      async () =>
        (await listTasks(manager)).filter(({ Status }) => Status.State === 'running').length === count,
      `${count} tasks run`,
    );
  const preview = async (nodes: readonly string[], more: object = {}) =>
    perform('drainNodes', {
      cluster,
      nodes,
      dryRun: true,
      override: ['LAST_ACTIVE_NODE'],
      reason: 'look',
      ...more,
    });

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 10 }, hosts: 3 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    manager = at(system.members, 0).host;
    const nodes = await engineOf(manager).nodes();
    ids = system.members.map(({ host }) => nodes[host.hostname].ID);
    await perform('setNodeAvailability', { cluster, nodes: [at(ids, 0)], availability: 'DRAIN' });
    await perform('updateNodeLabels', { cluster, nodes: [at(ids, 1)], set: [{ key: 'disk', value: 'ssd' }] });
  });
  afterAll(() => system?.stop());
  beforeEach(async () => {
    await perform('setNodeAvailability', { cluster, nodes: ids.slice(1), availability: 'ACTIVE' });
  });
  afterEach(async () => {
    await removeServices(manager);
    await until(async () => (await listTasks(manager)).length === 0, 'no task is left');
  });

  it('changes nothing and tells what then happens: what moves, has a gap, waits, and ends', async () => {
    await createService(manager, { name: 'spread', replicas: 2 });
    await createService(manager, { name: 'here', ...only(`node.id == ${at(ids, 1)}`) });
    await createService(manager, { name: 'elsewhere', ...only(`node.id != ${at(ids, 1)}`) });
    await createService(manager, { name: 'each', mode: { Global: {} } });
    await running(6);
    const there = (await runningOn(manager, at(ids, 1))).map(({ ID }) => ID);
    const dry = await preview([at(ids, 1)]);
    expect(dry).toMatchObject({
      state: 'SUCCEEDED',
      impact: {
        tasksMoving: 2,
        servicesWithGap: ['here'],
        unplaceable: ['here'],
        standaloneContainers: 0,
        managersBefore: null,
      },
    });
    expect(dry.warnings.map(({ code }: any) => code)).toEqual(['SERVICE_GAP', 'UNPLACEABLE']);
    expect((await runningOn(manager, at(ids, 1))).map(({ ID }) => ID)).toEqual(there);

    const done = await perform('drainNodes', { cluster, nodes: [at(ids, 1)] });
    expect(done).toMatchObject({ state: 'SUCCEEDED', impact: dry.impact, warnings: dry.warnings });
    // 2 that moved, and the one of `each`, of which there is none any more.
    expect(there).toHaveLength(3);
    expect(done.progress).toEqual({ done: 3, total: 3, unit: 'tasks' });
    const { ID } = await engineOf(manager).get('/services/here');
    await until(
      async () => (await runningOn(manager, at(ids, 2))).length === 4,
      'the tasks of spread, elsewhere and each run on the other',
    );
    // The scheduler makes the new task a moment after the old one has ended.
    const waiting = await until(async () => {
      const tasks = (await listTasks(manager)).filter(({ Status }) => Status.State === 'pending');
      return tasks.length > 0 ? tasks : null;
    }, 'the task of here waits');
    expect(waiting.map(({ ServiceID }) => ServiceID)).toEqual([ID]);
  });

  it('a global service that will run nowhere is told apart', async () => {
    await createService(manager, { name: 'each', mode: { Global: {} }, ...only('node.labels.disk == ssd') });
    await running(1);
    expect(await preview([at(ids, 1)])).toMatchObject({
      impact: { tasksMoving: 0, servicesWithGap: [], unplaceable: [] },
      warnings: [{ code: 'GLOBAL_STOPS' }],
    });
  });

  it.each([
    ['a node label', only('node.labels.disk == ssd'), ['web']],
    ['a node label, the case of its value', only('node.labels.disk == SSD'), ['web']],
    ['a hostname', only('node.hostname != nosuch'), []],
    ['the role', only('node.role == worker'), []],
    ['an engine label that no node lacks', only('engine.labels.zone != a'), []],
    ['the architecture', only('node.platform.arch == x86_64'), []],
    ['another operating system', placed({ Platforms: [{ OS: 'windows', Architecture: 'amd64' }] }), ['web']],
    ['a platform by its other name', placed({ Platforms: [{ OS: 'linux', Architecture: 'amd64' }] }), []],
    ['replicas a node', placed({ MaxReplicas: 1 }), ['web']],
    ['enough replicas a node', placed({ MaxReplicas: 2 }), []],
    [
      'more memory than there is',
      { template: { Resources: { Reservations: { MemoryBytes: 1e15 } } } },
      ['web'],
    ],
    ['more CPUs than there are', { template: { Resources: { Reservations: { NanoCPUs: 1e15 } } } }, ['web']],
    ['what is not evaluated', only('node.ip != 203.0.113.7'), []],
  ])('looks at %s', async (_, parts, unplaceable) => {
    // The simulated scheduler knows fewer rules: the tasks are placed first, then the rule is set.
    await createService(manager, { name: 'web', replicas: 2 });
    await running(2);
    const { ID, Version, Spec } = await engineOf(manager).get('/services/web');
    const spec = { ...Spec, TaskTemplate: { ...Spec.TaskTemplate, ...parts.template } };
    await engineOf(manager).post(`/services/${ID}/update?version=${Version.Index}`, spec);
    const { impact } = await preview([at(ids, 1)]);
    expect(impact).toMatchObject({ unplaceable });
    expect(impact.tasksMoving).toBeGreaterThanOrEqual(1);
  });

  it('counts plain containers, which stay, and says where nobody tells', async () => {
    const [engine, other] = [at(system.machines.world?.engines() ?? [], 1), at(system.members, 2)];
    engine.runContainer('registry');
    await createService(manager, { name: 'web', replicas: 2 });
    await running(2);
    const one = await preview([at(ids, 1)]);
    expect(one).toMatchObject({
      impact: { standaloneContainers: 1 },
      warnings: [{ code: 'CONTAINERS_STAY', target: at(ids, 1) }],
    });
    expect(one.warnings[0].message).toContain('registry');
    await other.agent.stop();
    const both = await until(async () => {
      const seen = await preview(ids.slice(1));
      return seen.impact.standaloneContainers === null ? seen : null;
    }, 'the agent is gone');
    expect(both.warnings.map(({ code, target }: any) => [code, target])).toEqual([
      ['SERVICE_GAP', null],
      ['UNPLACEABLE', null],
      ['CONTAINERS_STAY', at(ids, 1)],
      ['CONTAINERS_UNKNOWN', at(ids, 2)],
    ]);
    await other.agent.start();
    await until(
      async () => (await preview([at(ids, 2)])).impact.standaloneContainers !== null,
      'the agent is back and tells',
    );
    const done = await perform('drainNodes', { cluster, nodes: [at(ids, 1)] });
    expect(done).toMatchObject({ state: 'SUCCEEDED' });
    const left = await engineOf(engine).get('/containers/json');
    expect(left.map(({ Names }: any) => Names[0])).toEqual(['/registry']);
  });

  it('setNodeAvailability DRAIN tells the same, PAUSE moves nothing', async () => {
    await createService(manager, { name: 'web', replicas: 2 });
    await running(2);
    const input = { cluster, nodes: [at(ids, 2)] };
    const { impact, warnings } = await preview(input.nodes);
    expect(
      await perform('setNodeAvailability', { ...input, availability: 'DRAIN', dryRun: true }),
    ).toMatchObject({ impact, warnings });
    expect(impact.tasksMoving).toBe(1);
    expect(
      await perform('setNodeAvailability', { ...input, availability: 'PAUSE', dryRun: true }),
    ).toMatchObject({ impact: null, warnings: [] });
  });

  it('what cannot be read is a warning, and the drain goes on', async () => {
    at(system.machines.world?.engines() ?? [], 0).fault({ match: 'GET /services', kind: 'status' });
    const done = await perform('drainNodes', { cluster, nodes: [at(ids, 1)] });
    at(system.machines.world?.engines() ?? [], 0).clearFaults();
    expect(done).toMatchObject({
      state: 'SUCCEEDED',
      impact: { tasksMoving: null, servicesWithGap: null, unplaceable: null },
    });
    expect(done.warnings.map(({ code }: any) => code)).toContain('PREVIEW_INCOMPLETE');
  });
});

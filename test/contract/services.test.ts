// As much of services as a drain needs: tasks that run, are moved, and say where they are.
import { expect, test } from 'vitest';
import { obedient } from '../support/services.ts';
import { describeContract, type Member } from './describe-contract.ts';
import { containerShape, serviceShape, taskShape } from './engine-shapes.ts';
import { change, idOf, init, join, until } from './swarm-steps.ts';

const FINAL = ['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned'];

const tasksOf = async ({ api }: Member, filters: Record<string, readonly string[]>) => {
  const answer = await api.call('GET', `/tasks?filters=${encodeURIComponent(JSON.stringify(filters))}`);
  expect(answer.status).toBe(200);
  return taskShape.array().parse(JSON.parse(answer.text));
};

const service = (name: string, command: string[], parts: Record<string, unknown> = {}) => ({
  Name: name,
  TaskTemplate: {
    ContainerSpec: { Image: 'bb:1', Command: command },
    RestartPolicy: { Condition: 'any', Delay: 1e9 },
    ...parts,
  },
  Mode: { Replicated: { Replicas: 2 } },
});

describeContract('services', (lab) => {
  const running = async (filters: Record<string, readonly string[]>) =>
    (await tasksOf(lab.member(1), filters)).filter((task) => task.Status.State === 'running');

  test('spreads the tasks of a service', async () => {
    const manager = lab.member(1);
    await init(manager);
    await join(lab.member(2), manager, 'Worker');
    await join(lab.member(3), manager, 'Worker');
    await Promise.all(
      [1, 2, 3].map((index) => lab.member(index === 1 ? 1 : index === 2 ? 2 : 3).host.importImage?.()),
    );
    await change(manager, await idOf(manager), { Availability: 'drain' });
    const web = service('web', obedient);
    expect((await manager.api.call('POST', '/services/create', web)).status).toBe(201);
    await until(async () => expect(await running({ service: ['web'] })).toHaveLength(2));
    for (const index of [2, 3] as const) {
      expect(await running({ node: [await idOf(lab.member(index))] })).toHaveLength(1);
    }
    expect(await manager.api.call('POST', '/services/create', web)).toMatchObject({
      status: 409,
      message: expect.stringContaining('name conflicts with an existing object: service web already exists'),
    });
  });

  test('refuses a network that is not there', async () => {
    const networks = { Networks: [{ Target: 'nosuch' }] };
    const lost = service('lost', ['sleep', '1'], networks);
    expect(await lab.member(1).api.call('POST', '/services/create', lost)).toMatchObject({
      status: 500,
      message: 'network nosuch not found',
    });
  });

  test('lists the running containers of one engine alone, and labels those of tasks', async () => {
    for (const index of [1, 2] as const) {
      const member = lab.member(index);
      const answer = await member.api.call('GET', '/containers/json');
      expect(answer.status).toBe(200);
      const containers = containerShape.array().parse(JSON.parse(answer.text));
      const tasks = (await tasksOf(lab.member(1), { node: [await idOf(member)] })).filter(
        (task) => task.Status.State === 'running',
      );
      expect(tasks).toHaveLength(index - 1);
      expect(containers.map(({ Labels }) => Labels['com.docker.swarm.task.id'])).toEqual(
        tasks.map(({ ID }) => ID),
      );
    }
  });

  test('lists services, and the tasks that are meant to run', async () => {
    const manager = lab.member(1);
    const answer = await manager.api.call('GET', '/services');
    expect(answer.status).toBe(200);
    expect(serviceShape.array().parse(JSON.parse(answer.text))).toMatchObject([{ Spec: { Name: 'web' } }]);
    const meant = await tasksOf(manager, { 'desired-state': ['running'] });
    expect(meant.map(({ Status, NodeID }) => [Status.State, typeof NodeID])).toEqual([
      ['running', 'string'],
      ['running', 'string'],
    ]);
  });

  const specOf = async () => {
    const answer = await lab.member(1).api.call('GET', '/services/web');
    return JSON.parse(answer.text);
  };
  const update = async (query: string, change: (template: any) => void) => {
    const { Version, Spec } = await specOf();
    change(Spec.TaskTemplate);
    const path = `/services/web/update?version=${Version.Index}${query}`;
    return lab.member(1).api.call('POST', path, {
      ...Spec,
      UpdateConfig: { Monitor: 5e8, Parallelism: 0, FailureAction: 'rollback' },
    });
  };
  const settled = (state: string) =>
    until(async () => expect((await specOf()).UpdateStatus).toMatchObject({ State: state }));

  test('tells how many tasks run and should, and replaces them when the service is changed', async () => {
    const listed = await lab.member(1).api.call('GET', '/services?status=true');
    expect(JSON.parse(listed.text)).toMatchObject([{ ServiceStatus: { RunningTasks: 2, DesiredTasks: 2 } }]);
    expect((await specOf()).UpdateStatus).toBeUndefined();
    expect((await update('', (template) => (template.ContainerSpec.Dir = '/tmp'))).status).toBe(200);
    await settled('completed');
    expect(await specOf()).toMatchObject({
      Spec: { TaskTemplate: { ContainerSpec: { Dir: '/tmp' } } },
      PreviousSpec: { Name: 'web' },
    });
    const fresh = await tasksOf(lab.member(1), { service: ['web'], '_up-to-date': ['true'] });
    expect(fresh.map(({ Status }) => Status.State)).toEqual(['running', 'running']);
    expect((await tasksOf(lab.member(1), { service: ['web'] })).length).toBeGreaterThan(2);
  });

  test('rolls back when it is asked to, and back again', async () => {
    expect((await update('&rollback=previous', () => undefined)).status).toBe(200);
    await settled('rollback_completed');
    expect((await specOf()).Spec.TaskTemplate.ContainerSpec.Dir).toBeUndefined();
    expect((await specOf()).PreviousSpec.TaskTemplate.ContainerSpec.Dir).toBe('/tmp');
  });

  test('rolls back by itself when new tasks fail, and then knows no spec before', async () => {
    expect((await update('', (template) => (template.ContainerSpec.Image = 'nosuch:9'))).status).toBe(200);
    await settled('rollback_completed');
    const { Spec, PreviousSpec } = await specOf();
    expect([Spec.TaskTemplate.ContainerSpec.Image, PreviousSpec]).toEqual(['bb:1', undefined]);
    const errors = (await tasksOf(lab.member(1), { service: ['web'] })).map(({ Status }) => Status.Err);
    expect(errors).toContainEqual(expect.stringContaining('No such image: nosuch:9'));
    expect(await update('&rollback=previous', () => undefined)).toMatchObject({
      status: 400,
      message: expect.stringContaining('does not have a previous spec'),
    });
    await until(async () => expect(await running({ service: ['web'] })).toHaveLength(2));
  });

  test('moves the tasks of a node that is drained, the new one after the old one', async () => {
    const manager = lab.member(1);
    const [drained, other] = [await idOf(lab.member(2)), await idOf(lab.member(3))];
    await change(manager, drained, { Availability: 'drain' });
    await until(async () => {
      const states = (await tasksOf(manager, { node: [drained] })).map((task) => task.Status.State);
      expect(states.filter((state) => !FINAL.includes(state))).toEqual([]);
      expect(await running({ node: [other] })).toHaveLength(2);
    });
    await change(manager, drained, { Availability: 'active' });
    expect(await running({ node: [drained] })).toEqual([]);
  });

  test('leaves a task pending that no node may take', async () => {
    const manager = lab.member(1);
    const picky = service('picky', ['sleep', '1000'], {
      Placement: { Constraints: ['node.labels.disk==ssd'] },
    });
    expect((await manager.api.call('POST', '/services/create', picky)).status).toBe(201);
    await until(async () => {
      for (const task of await tasksOf(manager, { service: ['picky'] })) {
        expect(task.Status).toMatchObject({
          State: 'pending',
          Err: expect.stringContaining('no suitable node'),
        });
      }
    });
    const id = await idOf(lab.member(2));
    await change(manager, id, { Labels: { disk: 'ssd' } });
    await until(async () => expect(await running({ service: ['picky'], node: [id] })).toHaveLength(2));
    for (const name of ['picky', 'web']) {
      expect((await manager.api.call('DELETE', `/services/${name}`)).status).toBe(200);
    }
    expect(await manager.api.call('GET', '/services/web')).toMatchObject({
      status: 404,
      message: 'service web not found',
    });
    await until(async () => expect(await tasksOf(manager, {})).toEqual([]));
  });
});

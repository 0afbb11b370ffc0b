// As much of services as a drain needs: tasks that run, are moved, and say where they are.
import { expect, test } from 'vitest';
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
    const obedient = service('web', ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done']);
    expect((await manager.api.call('POST', '/services/create', obedient)).status).toBe(201);
    await until(async () => expect(await running({ service: ['web'] })).toHaveLength(2));
    for (const index of [2, 3] as const) {
      expect(await running({ node: [await idOf(lab.member(index))] })).toHaveLength(1);
    }
    expect(await manager.api.call('POST', '/services/create', obedient)).toMatchObject({
      status: 409,
      message: expect.stringContaining('name conflicts with an existing object: service web already exists'),
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

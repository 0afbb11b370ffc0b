// The event stream: what it tells of a node, on which engines, and what it keeps to itself.
import { expect, test } from 'vitest';
import { describeContract } from './describe-contract.ts';
import type { EventStream } from './engine-client.ts';
import { change, idOf, init, join, promote, until } from './swarm-steps.ts';

const attributesOf = (stream: EventStream, id: string) =>
  stream.events.filter((event) => event.Actor.ID === id).map((event) => event.Actor.Attributes);

describeContract('events', (lab) => {
  test('tells of a join, the hostname last', async () => {
    const manager = lab.member(1);
    await init(manager);
    const stream = await manager.api.watchNodes();
    const id = await join(lab.member(2), manager, 'Worker');
    await until(() => {
      expect(attributesOf(stream, id).at(-1)).toEqual({
        name: 'ct2',
        'state.new': 'ready',
        'state.old': 'unknown',
      });
    });
    const own = stream.events.filter((event) => event.Actor.ID === id);
    expect(own[0]).toMatchObject({ Action: 'create', Actor: { Attributes: { name: '' } } });
    await join(lab.member(3), manager, 'Worker');
    stream.close();
  });

  test('tells of availability what it was and is, of labels nothing but that something changed', async () => {
    const manager = lab.member(1);
    const id = await idOf(lab.member(2));
    const stream = await manager.api.watchNodes();
    await change(manager, id, { Labels: { zone: 'a' } });
    await until(() => expect(attributesOf(stream, id)).toContainEqual({ name: 'ct2' }));
    await change(manager, id, { Availability: 'pause', Labels: { zone: 'b' } });
    await until(() => {
      expect(attributesOf(stream, id)).toContainEqual({
        name: 'ct2',
        'availability.new': 'pause',
        'availability.old': 'active',
      });
    });
    await change(manager, id, { Availability: 'active', Name: 'nick' });
    await until(() => expect(attributesOf(stream, id).at(-1)).toMatchObject({ name: 'nick' }));
    await change(manager, id, { Name: '' });
    stream.close();
  });

  test('comes with the same time on every manager, and from no worker', async () => {
    const [first, second, third] = [lab.member(1), lab.member(2), lab.member(3)];
    await promote(first, second);
    const streams = await Promise.all([first, second, third].map(({ api }) => api.watchNodes()));
    const [onFirst, onSecond, onThird] = streams;
    const id = await idOf(third);
    for (const zone of ['a', 'b', 'c']) await change(second, id, { Labels: { zone } });
    const keys = (stream: EventStream | undefined) =>
      stream?.events.filter((event) => event.Actor.ID === id).map((event) => event.timeNano);
    await until(() => {
      expect(keys(onFirst)?.length).toBeGreaterThanOrEqual(3);
      expect(keys(onSecond)).toEqual(keys(onFirst));
    });
    expect(onThird?.events).toEqual([]);
    for (const stream of streams) stream.close();
  });

  test('falls silent on a manager that was demoted, without an end', async () => {
    const [first, second] = [lab.member(1), lab.member(2)];
    const id = await idOf(second);
    const onFirst = await first.api.watchNodes();
    const onSecond = await second.api.watchNodes();
    await change(first, id, { Role: 'worker' });
    await until(() => {
      expect(attributesOf(onFirst, id)).toContainEqual({
        name: 'ct2',
        'role.new': 'worker',
        'role.old': 'manager',
      });
    });
    await until(async () => expect((await second.api.info()).Swarm.ControlAvailable).toBe(false));
    const heard = onSecond.events.length;
    const target = await idOf(lab.member(3));
    await change(first, target, { Labels: { after: 'demotion' } });
    await until(() => expect(attributesOf(onFirst, target)).not.toEqual([]));
    expect(attributesOf(onSecond, target)).toEqual([]);
    expect(onSecond.events.length).toBe(heard);
    expect(onSecond.isEnded()).toBe(false);
    onFirst.close();
    onSecond.close();
  });

  test('replays what the daemon remembers since a time, and goes on after a restart', async () => {
    const manager = lab.member(1);
    const id = await idOf(lab.member(3));
    const live = await manager.api.watchNodes();
    await change(manager, id, { Labels: { replay: 'me' } });
    const event = await until(() => {
      const [found] = live.events.filter(({ Actor }) => Actor.ID === id);
      expect(found).toBeDefined();
      return found;
    });
    const since = `${event?.timeNano.slice(0, -9)}.${event?.timeNano.slice(-9)}`;
    const replayed = await manager.api.watchNodes(`since=${since}`);
    await until(() => expect(replayed.events).toContainEqual(event));
    replayed.close();
    await manager.host.kill9();
    await until(() => expect(live.isEnded()).toBe(true));
    await manager.host.start();
    await until(async () => expect((await manager.api.call('GET', '/nodes')).status).toBe(200));
    const afterRestart = await manager.api.watchNodes('since=1');
    await change(manager, id, { Labels: {}, Availability: 'pause' });
    // Not the last: other nodes come back to the restarted manager and are told of too.
    await until(() =>
      expect(attributesOf(afterRestart, id)).toContainEqual(
        expect.objectContaining({ 'availability.new': expect.any(String) }),
      ),
    );
    afterRestart.close();
  });

  test('tells of a removal', async () => {
    const manager = lab.member(1);
    const id = await idOf(lab.member(3));
    const stream = await manager.api.watchNodes();
    expect((await manager.api.call('DELETE', `/nodes/${id}?force=1`)).status).toBe(200);
    await until(() => {
      const [removal] = stream.events.filter(({ Action }) => Action === 'remove');
      expect(removal).toMatchObject({ Actor: { ID: id, Attributes: { name: 'ct3' } } });
    });
    stream.close();
  });
});

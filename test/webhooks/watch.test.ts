// The watch of alarms where no server shows it in a short time: events deleted before they were read, one that cannot be
// parsed, a clock that is set back, an alarm of a later version.
import { expect, it, onTestFinished } from 'vitest';
import type { Cluster, SeenNode } from '../../server/clusters/cluster.ts';
import { createEvents, type Topic } from '../../server/platform/events.ts';
import { createLog } from '../../server/platform/log.ts';
import type { Message } from '../../server/webhooks/message.ts';
import { createWatchAlarms } from '../../server/webhooks/watch.ts';
import { temporaryDatabase } from '../platform/temporary-database.ts';
import { until } from '../support/until.ts';

const graceMs = 100;
const hourMs = 3_600_000;

const node = (id: string, state: string, reachability: string | null) =>
  ({
    id,
    hostname: id,
    role: reachability === null ? 'WORKER' : 'MANAGER',
    status: { state },
    managerStatus: reachability === null ? null : { reachability, leader: id === 'm1' },
  }) as unknown as SeenNode;

/** Three managers, of which one is away, and a worker that is Down. */
const cluster = {
  id: 'c',
  name: 'test',
  adoptedAt: new Date(0),
  dissolvedAt: null,
  split: null,
  trouble: null,
  formerManagers: [],
  swarm: null,
  watchedThrough: null,
  nodes: new Map(
    [
      node('m1', 'READY', 'REACHABLE'),
      node('m2', 'READY', 'REACHABLE'),
      node('m3', 'DOWN', 'UNREACHABLE'),
      node('w1', 'DOWN', null),
      node('w2', 'READY', null),
    ].map((each) => [each.id, each]),
  ),
} as unknown as Cluster;
const declared = {
  clusterId: 'c',
  drift: { differences: [{ kind: 'NODE', id: 'w1', name: 'w1', path: 'labels' }], since: null },
};

const hosts = new Map<string, object>();
const world = {
  hosts: {
    ofMember: () => null,
    find: (id: string) => hosts.get(id) ?? null,
    list: () => [...hosts.values()],
  },
  clusters: { find: (id: string) => (id === 'c' ? cluster : null), list: () => [cluster] },
  declarations: { find: () => declared, list: () => [declared] },
} as unknown as Parameters<typeof createWatchAlarms>[0]['world'];

const opened = async () => {
  const { db } = await temporaryDatabase();
  let offsetMs = 0;
  const clock = {
    now: () => new Date(Date.now() + offsetMs),
    monotonicMs: () => performance.now(),
  };
  const events = await createEvents({ db, clock, generation: 'g' });
  const told: Message[] = [];
  /** Messages of each transaction. */
  const written = new Map<unknown, number>();
  /** @param read as after a restart, when nothing is in memory. */
  const watch = async (read = events): Promise<void> => {
    const made = await createWatchAlarms({
      ...{ db, events: read, world, graceMs, clock, log: createLog({ level: 'silent' }) },
      deliveries: {
        add: async (tx: unknown, message: Message) => {
          written.set(tx, (written.get(tx) ?? 0) + 1);
          return told.push(message);
        },
      } as never,
      deliver: { wake: () => undefined, unwritten: async () => undefined } as never,
    });
    onTestFinished(() => made.stop());
  };
  const emit = (topic: Topic, before: unknown, after: unknown): Promise<void> =>
    events.transact((_, write) =>
      write({
        topic,
        kind: 'UPDATED',
        clusterId: 'c',
        subjectId: 's',
        before,
        after,
        changes: [],
        operationId: null,
      }),
    );
  return {
    db,
    clock,
    events,
    told,
    written,
    watch,
    emit,
    goesDown: (id: string) => emit('NODE', node(id, 'READY', null), node(id, 'DOWN', null)),
    setBack: (ms: number): void => {
      offsetMs -= ms;
    },
  };
};
const typesOf = (messages: readonly Message[]): string[] =>
  messages.map(({ type, told }) => `${type} ${told.node?.id ?? told.cluster?.id}`).sort();

it('tells what is so when the events were deleted before they were read', async () => {
  const { db, events, told, watch, emit } = await opened();
  await db.write(
    async (tx) => void (await tx.setting.create({ data: { key: 'webhooks.position', value: '0' } })),
  );
  for (let count = 0; count < 5; count += 1) await emit('NETWORK', null, {});
  events.reader.forget(4);
  await watch();
  await until(() => told.length >= 4, 'all is told');
  expect(typesOf(told)).toEqual(['fleet.drift c', 'node.down m3', 'node.down w1', 'quorum.at_risk c']);
  const position = await db.read.setting.findUniqueOrThrow({ where: { key: 'webhooks.position' } });
  expect(position.value).toBe('5');
});

it('passes over an event that cannot be parsed, and tells of the next', async () => {
  const { db, clock, told, watch, goesDown } = await opened();
  await db.write(
    async (tx) => void (await tx.setting.create({ data: { key: 'webhooks.position', value: '0' } })),
  );
  await goesDown('w1');
  await db.write(async (tx) => void (await tx.$executeRawUnsafe(`UPDATE "Event" SET "afterJson" = 'x'`)));
  await goesDown('w1');
  await watch(await createEvents({ db, clock, generation: 'g' }));
  await until(() => told.length > 0, 'it is told');
  expect(typesOf(told)).toEqual(['node.down w1']);
});

it('tells within the grace when the clock was set back by an hour', async () => {
  const { told, watch, goesDown, setBack } = await opened();
  await watch();
  setBack(hourMs);
  await goesDown('w1');
  await until(() => told.length > 0, 'it is told', 5_000);
  expect(typesOf(told)).toEqual(['node.down w1']);
});

it('tells of what began before the clock was set back', async () => {
  const { told, watch, goesDown, emit, setBack } = await opened();
  await watch();
  await goesDown('w1');
  setBack(hourMs);
  await emit('NETWORK', null, {});
  await until(() => told.length > 0, 'it is told', 5_000);
  expect(told[0]?.alarm?.since.getTime()).toBeLessThan(Date.now() - hourMs / 2);
});

it('leaves an alarm of a later version as it is, and tells of the others', async () => {
  const { db, told, watch, goesDown } = await opened();
  const later = { id: 'a', kind: 'OF_A_LATER_VERSION', subjectId: 's', clusterId: 'c', toldJson: '{}' };
  await db.write(
    async (tx) =>
      void (await tx.alarmCondition.create({ data: { ...later, since: new Date(), toldAt: null } })),
  );
  await watch();
  await goesDown('w1');
  await until(() => told.length > 0, 'it is told', 5_000);
  expect(typesOf(told)).toEqual(['node.down w1']);
  expect(await db.read.alarmCondition.count({ where: { kind: later.kind } })).toBe(1);
});

it('writes what comes all at once in many transactions, and all of it once', {
  timeout: 60_000,
}, async () => {
  const { told, written, watch, emit, goesDown } = await opened();
  onTestFinished(() => hosts.clear());
  const names = Array.from({ length: 300 }, (_, index) => `n${index}`);
  const all = async (status: string, to: string): Promise<void> => {
    const before = node('x', to === 'DOWN' ? 'READY' : 'DOWN', null);
    for (const id of names) {
      hosts.set(id, { id, name: id, status, lastSeenAt: null, report: null, membership: null });
      (cluster.nodes as Map<string, SeenNode>).set(id, node(id, to, null));
    }
    await Promise.all(names.map((id) => emit('NODE', { ...before, id }, node(id, to, null))));
  };
  await watch();
  await all('DISCONNECTED', 'DOWN');
  await until(() => told.length >= 600, 'all are told');
  await all('CONNECTED', 'READY');
  await until(() => told.length >= 1_200, 'their ends are told');
  // One more: what was told twice would be there by now.
  await goesDown('w1');
  await until(() => told.some(({ told: { node: of } }) => of?.id === 'w1'), 'the last is told');
  const count = (type: string) => told.filter((each) => each.type === type).length;
  expect(['node.down', 'node.up', 'agent.silent', 'agent.back'].map(count)).toEqual([301, 300, 300, 300]);
  expect(Math.max(...written.values())).toBeLessThanOrEqual(100);
});

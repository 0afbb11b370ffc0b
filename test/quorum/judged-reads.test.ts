// What role changes are judged by and wait for, without engines: managers that contradict each other, and demotions long
// or short ago among many other events.
import { expect, it } from 'vitest';
import { createReadAgreed } from '../../server/clusters/agree.ts';
import { createSettle } from '../../server/nodes/settle.ts';
import type { Run } from '../../server/operations/action.ts';
import { Failure } from '../../server/platform/failure.ts';
import { temporaryDatabase } from '../platform/temporary-database.ts';

/** A node as GET /nodes has it. */
const engineNode = (ID: string, leader: boolean) => ({
  ID,
  Version: { Index: 1 },
  CreatedAt: '',
  UpdatedAt: '',
  Spec: { Labels: {}, Role: 'manager', Availability: 'active' },
  Status: { State: 'ready' },
  ManagerStatus: { Leader: leader, Reachability: 'reachable', Addr: `${ID}:2377` },
});
const answer = (leader: string) => ({
  swarm: { ID: 'c', Version: { Index: 1 }, CreatedAt: '', UpdatedAt: '', Spec: {} },
  joinTokenDigests: { worker: 'w', manager: 'm' },
  nodes: ['a', 'b', 'c'].map((id) => engineNode(id, id === leader)),
});

/** @param second whom the second manager takes for the leader, by each time that it is asked; null: it is silent. */
const agreed = (first: string, second: (string | null)[]) => {
  const node = (id: string) => ({
    id,
    role: 'MANAGER',
    managerStatus: { leader: id === first, reachability: 'REACHABLE', address: `${id}:2377` },
  });
  let asked = 0;
  const readAgreed = createReadAgreed({
    clusters: { find: () => ({ id: 'c' }) },
    managers: { of: () => [{ id: 'host a' }, { id: 'host b', name: 'b' }] },
    read: { fresh: async () => ({ hostId: 'host a', nodes: ['a', 'b', 'c'].map(node) }) },
    commands: {
      read: async (hostId: string) => {
        expect(hostId).toBe('host b');
        const leader = second[Math.min(asked, second.length - 1)] ?? null;
        asked += 1;
        if (leader === null) throw new Failure('ENGINE_TIMEOUT', 'no answer in time');
        return answer(leader);
      },
    },
  } as unknown as Parameters<typeof createReadAgreed>[0]);
  return readAgreed('c').then(
    () => 'agreed',
    (error: unknown) => (error as Failure).code,
  );
};

it('two managers that name different leaders are NO_LEADER, and one that is silent contradicts nobody', async () => {
  expect(await agreed('a', ['a'])).toBe('agreed');
  expect(await agreed('a', [null])).toBe('agreed');
  // An election that is over when they are asked again.
  expect(await agreed('a', ['b', 'a'])).toBe('agreed');
  expect(await agreed('a', ['b'])).toBe('NO_LEADER');
  expect(await agreed('nobody', ['nobody'])).toBe('NO_LEADER');
}, 30_000);

it('a demotion some seconds ago is found behind a thousand other events, and waited for', async () => {
  const { db } = await temporaryDatabase();
  const began = new Date('2030-01-01T00:00:00Z').getTime();
  let now = began;
  const row = (subjectId: string, path: string, at: number) => ({
    at: new Date(at),
    topic: 'NODE',
    kind: 'UPDATED',
    subjectId,
    afterJson: '{}',
    changesJson: JSON.stringify([{ path, old: null, new: 'WORKER' }]),
  });
  await db.write(async (tx) => {
    await tx.event.createMany({
      data: [
        row('long ago', 'role', began - 20_000),
        row('just now', 'role', began - 3_000),
        ...Array.from({ length: 1_200 }, () => row('another', 'labels.x', began - 1_000)),
      ],
    });
  });
  const settle = createSettle({
    db,
    clock: { now: () => new Date(now), monotonicMs: () => now },
    hosts: {},
    links: {},
  } as unknown as Parameters<typeof createSettle>[0]);
  const told: string[] = [];
  const run = {
    signal: new AbortController().signal,
    step: (_name: string, _target: string, work: (tell: (detail: string) => void) => Promise<void>) =>
      work((detail) => {
        told.push(detail);
        now = began + 13_000;
      }),
  } as unknown as Run;
  await settle.demotion(run, 'long ago');
  await settle.demotion(run, 'another');
  expect(told).toEqual([]);
  await settle.demotion(run, 'just now');
  expect(told).toEqual([
    'it became a worker 3 seconds ago; promoted before 15 have passed it would take half a minute',
  ]);
});

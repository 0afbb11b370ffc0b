// Persons by the clock and over restarts: what a running server shows in hours only.
import { expect, it, vi } from 'vitest';
import { createApiKeys } from '../../server/access/api-keys.ts';
import { actorOf, createHolders } from '../../server/access/holders.ts';
import { createPersons, type Person, type Persons, personId } from '../../server/access/persons.ts';
import { createSessions } from '../../server/access/sessions.ts';
import { createTickets } from '../../server/access/tickets.ts';
import { createAudit } from '../../server/audit/record.ts';
import { createEvents } from '../../server/platform/events.ts';
import { createLog } from '../../server/platform/log.ts';
import { temporaryDatabase } from '../platform/temporary-database.ts';

const hourMs = 3_600_000;

const createParts = async () => {
  const { db } = await temporaryDatabase();
  let now = new Date('2030-01-01T00:00:00Z').getTime();
  const clock = { now: () => new Date(now), monotonicMs: () => now };
  const events = await createEvents({ db, clock, generation: 'g' });
  const apiKeys = await createApiKeys({ db, events, clock });
  const start = async () => {
    const persons = await createPersons({ db, events, clock });
    const holders = createHolders({ apiKeys, persons });
    const parts = {
      db,
      events,
      clock,
      holders,
      audit: createAudit({ clock }),
      log: createLog({ level: 'silent' }),
    };
    return { persons, holders, sessions: await createSessions({ ...parts, hours: 12, anew: false }) };
  };
  const personNow = (more: Partial<Person> = {}): Person => ({
    kind: 'PERSON',
    id: personId('https://id.example', 'a'),
    issuer: 'https://id.example',
    subject: 'a',
    name: 'somebody',
    role: 'operator',
    permissions: ['secret:reveal'],
    clusters: ['one'],
    expiresAt: new Date(now + 12 * hourMs),
    endedAt: null,
    ...more,
  });
  const requester = { actor: actorOf(personNow()), requestId: 'r', sourceAddress: null };
  const signIn = async ({ persons, sessions }: Awaited<ReturnType<typeof start>>, person: Person) =>
    sessions.signIn(person, requester, 'OIDC', { input: {}, write: (tx) => persons.write(tx, person) });
  return {
    clock,
    start,
    signIn,
    personNow,
    requester,
    pass: (ms: number) => {
      now += ms;
    },
  };
};

const actor = { kind: 'PERSON', id: personId('https://id.example', 'a'), name: 'somebody' } as const;

it('a person holds what the sign-in gave, for its clusters, and nothing before it or as another kind', async () => {
  const { start, signIn, personNow } = await createParts();
  const parts = await start();
  const { holders } = parts;
  expect([holders.authorise(actor, 'cluster:read'), holders.clustersOf(actor)]).toEqual([false, []]);
  await signIn(parts, personNow());
  const may = (permission: string, clusterId?: string | null) =>
    holders.authorise(actor, permission, clusterId);
  expect([may('node:promote'), may('node:promote', 'one'), may('secret:reveal', 'one')]).toEqual([
    true,
    true,
    true,
  ]);
  expect([may('node:promote', 'two'), may('node:promote', null), may('key:admin')]).toEqual([
    false,
    false,
    false,
  ]);
  expect(holders.clustersOf(actor)).toEqual(['one']);
  for (const kind of ['API_KEY', 'AGENT', 'EXTERNAL', 'ANONYMOUS'] as const)
    expect([
      holders.authorise({ ...actor, kind }, 'cluster:read'),
      holders.clustersOf({ ...actor, kind }),
    ]).toEqual([false, []]);
});

it('what it holds outlives its session, for what it began, and a restart; it ends with the hours of the sign-in', async () => {
  const { start, signIn, personNow, requester, pass } = await createParts();
  const parts = await start();
  const { session } = await signIn(parts, personNow());
  await parts.sessions.signOut(session, requester);
  expect(parts.holders.authorise(actor, 'node:promote', 'one')).toBe(true);
  const again = await start();
  expect(again.holders.authorise(actor, 'node:promote', 'one')).toBe(true);
  pass(12 * hourMs);
  expect(again.holders.authorise(actor, 'node:promote', 'one')).toBe(false);
  expect((await start()).holders.authorise(actor, 'node:promote', 'one')).toBe(false);
});

it('an ended person holds nothing until it signs in again, also after a restart, and who listens is told', async () => {
  const { start, signIn, personNow } = await createParts();
  const parts = await start();
  const { secret, session } = await signIn(parts, personNow());
  let told = 0;
  parts.sessions.onEnd(session.id, () => {
    told += 1;
  });
  await parts.persons.end(actor.id);
  expect(told).toBe(1);
  expect([parts.sessions.authenticate(secret), parts.holders.authorise(actor, 'cluster:read')]).toEqual([
    null,
    false,
  ]);
  expect((await start()).holders.authorise(actor, 'cluster:read')).toBe(false);
  await signIn(parts, personNow({ role: 'viewer' }));
  expect(parts.holders.authorise(actor, 'cluster:read')).toBe(true);
  expect(parts.holders.authorise(actor, 'node:promote')).toBe(false);
});

it('a link cannot put the end of a person off', async () => {
  const { start, signIn, personNow, requester, pass, clock } = await createParts();
  const parts = await start();
  const { session } = await signIn(parts, personNow());
  pass(11 * hourMs);
  const tickets = createTickets(clock);
  const taken = tickets.take(tickets.create(actor.id).ticket);
  const holder = parts.holders.use(taken?.holderId ?? '');
  if (!holder) throw new Error('nobody');
  const linked = await parts.sessions.signIn(holder, requester, 'TICKET');
  expect(linked.session.expiresAt).toEqual(session.expiresAt);
  pass(hourMs);
  expect(parts.sessions.authenticate(linked.secret)).toBeNull();
});

it('a sign-in that cannot be put on record gives no rights', async () => {
  const { start, personNow, requester } = await createParts();
  const parts = await start();
  const write: Persons['write'] = async (tx, person) => {
    await parts.persons.write(tx, person);
    throw new Error('the disk is full');
  };
  const person = personNow();
  const refused = parts.sessions.signIn(person, requester, 'OIDC', {
    input: {},
    write: (tx) => write(tx, person),
  });
  await expect(refused).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
  expect([parts.persons.find(actor.id), parts.holders.authorise(actor, 'cluster:read')]).toEqual([
    null,
    false,
  ]);
  expect((await start()).persons.find(actor.id)).toBeNull();
});

it('its sessions are closed by themselves when their time is over', async () => {
  const { start, signIn, personNow } = await createParts();
  const parts = await start();
  const { session } = await signIn(parts, personNow());
  vi.useFakeTimers();
  try {
    let told = 0;
    const forget = parts.sessions.onEnd(session.id, () => {
      told += 1;
    });
    vi.advanceTimersByTime(12 * hourMs - 1);
    expect(told).toBe(0);
    vi.advanceTimersByTime(1);
    expect(told).toBe(1);
    forget();
  } finally {
    vi.useRealTimers();
  }
});

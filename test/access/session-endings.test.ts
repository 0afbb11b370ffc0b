// Sessions and tickets by the clock, and when the history cannot be written: what a running server shows in hours only.
import { expect, it, onTestFinished, vi } from 'vitest';
import { createApiKeys } from '../../server/access/api-keys.ts';
import { createHolders } from '../../server/access/holders.ts';
import { createPersons } from '../../server/access/persons.ts';
import { createSessions, mostSessions, signInsPerMinute } from '../../server/access/sessions.ts';
import { createTickets, mostTickets } from '../../server/access/tickets.ts';
import { createAudit } from '../../server/audit/record.ts';
import { createEvents } from '../../server/platform/events.ts';
import { createLog } from '../../server/platform/log.ts';
import { temporaryDatabase } from '../platform/temporary-database.ts';
import { at } from '../support/at.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const createClockByHand = () => {
  let now = new Date('2030-01-01T00:00:00Z').getTime();
  return {
    clock: { now: () => new Date(now), monotonicMs: () => now },
    pass: (ms: number) => {
      now += ms;
    },
  };
};

const createParts = async () => {
  const { db } = await temporaryDatabase();
  const { clock, pass } = createClockByHand();
  const events = await createEvents({ db, clock, generation: 'g' });
  const apiKeys = await createApiKeys({ db, events, clock });
  const key = { name: 'a', role: 'viewer', permissions: [], clusters: null, createdById: null } as const;
  const made = await apiKeys.create('aaaaaaaa', { ...key, expiresAt: null });
  const actor = { kind: 'API_KEY', id: made.key.id, name: made.key.name } as const;
  const requester = { actor, requestId: 'r', sourceAddress: null };
  const holders = createHolders({ apiKeys, persons: await createPersons({ db, events, clock }) });
  const parts = { db, events, apiKeys, holders, clock, log: createLog({ level: 'silent' }) };
  let broken = false;
  const audit = createAudit({ clock });
  const start = (anew = false) =>
    createSessions({
      ...parts,
      audit: {
        append: (...record) =>
          broken ? Promise.reject(new Error('the disk is full')) : audit.append(...record),
      },
      hours: 12,
      anew,
    });
  return {
    ...parts,
    key: made.key,
    requester,
    pass,
    start,
    breakAudit: (isBroken: boolean) => {
      broken = isBroken;
    },
  };
};

const codeOf = (refused: Promise<unknown>): Promise<unknown> =>
  refused.then(
    () => 'done',
    (error: unknown) => (error as { code: unknown }).code,
  );

it('a session ends after its hours, used or not, and who listens is told', async () => {
  const { start, key, requester, pass } = await createParts();
  const sessions = await start();
  const { session, secret } = await sessions.signIn(key, requester, 'KEY');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  let ended = 0;
  sessions.onEnd(session.id, () => {
    ended += 1;
  });
  for (let hour = 1; hour <= 12; hour += 1) {
    expect(sessions.authenticate(secret), `in hour ${hour}`).toMatchObject({
      session,
      holder: { id: key.id },
    });
    expect(ended).toBe(0);
    pass(hourMs);
    vi.advanceTimersByTime(hourMs);
  }
  expect(sessions.authenticate(secret)).toBeNull();
  expect(ended).toBe(1);
  // Who comes too late to listen is told, too.
  await new Promise<void>((resolve) => void sessions.onEnd(session.id, resolve));
});

it('what is not on record does not happen', async () => {
  const { start, key, requester, breakAudit, db } = await createParts();
  const sessions = await start();
  breakAudit(true);
  expect(await codeOf(sessions.signIn(key, requester, 'KEY'))).toBe('AUDIT_UNAVAILABLE');
  expect(await db.read.session.count()).toBe(0);
  breakAudit(false);
  const { session, secret } = await sessions.signIn(key, requester, 'KEY');
  let ended = false;
  sessions.onEnd(session.id, () => {
    ended = true;
  });
  breakAudit(true);
  expect(await codeOf(sessions.signOut(session, requester))).toBe('AUDIT_UNAVAILABLE');
  expect([sessions.authenticate(secret)?.session, ended]).toEqual([session, false]);
  breakAudit(false);
  await sessions.signOut(session, requester);
  await sessions.signOut(session, requester);
  expect([sessions.authenticate(secret), ended]).toEqual([null, true]);
  const actions = (await db.read.auditRecord.findMany({ orderBy: { seq: 'asc' } })).map(
    ({ action }) => action,
  );
  expect(actions).toEqual(['signIn', 'signOut']);
});

it('of one key so many are open, and begin in a minute; the oldest goes for the next', async () => {
  const { start, key, requester } = await createParts();
  const sessions = await start();
  const secrets: string[] = [];
  for (let n = 0; n < signInsPerMinute; n += 1)
    secrets.push((await sessions.signIn(key, requester, 'KEY')).secret);
  expect(await codeOf(sessions.signIn(key, requester, 'KEY'))).toBe('RATE_LIMITED');
  const open = secrets.map((secret) => sessions.authenticate(secret) !== null);
  expect(open.filter(Boolean)).toHaveLength(mostSessions);
  expect(open.lastIndexOf(false)).toBe(signInsPerMinute - mostSessions - 1);
});

it('a start keeps what lives and deletes the rest; after a restore nothing is kept', async () => {
  const { start, key, requester, pass, apiKeys, db } = await createParts();
  const before = await start();
  const old = await before.signIn(key, requester, 'KEY');
  pass(6 * hourMs);
  const young = await before.signIn(key, requester, 'TICKET');
  pass(6 * hourMs);
  const after = await start();
  expect(after.authenticate(old.secret)).toBeNull();
  expect(after.authenticate(young.secret)?.session).toEqual(young.session);
  expect((await db.read.session.findMany()).map(({ id }) => id)).toEqual([young.session.id]);
  // One that ended in the time that is lost would live again.
  expect((await start(true)).authenticate(young.secret)).toBeNull();
  expect(await db.read.session.count()).toBe(0);
  await before.signIn(key, requester, 'KEY');
  await apiKeys.revoke(key.id);
  await start();
  expect(await db.read.session.count()).toBe(0);
});

it('a ticket is good for five minutes, once, and of one key there are few', () => {
  const { clock, pass } = createClockByHand();
  const tickets = createTickets(clock);
  expect(tickets.take('nosuch')).toBeNull();
  const late = tickets.create('a');
  pass(5 * minuteMs - 1);
  const inTime = tickets.create('a');
  pass(1);
  expect(tickets.take(late.ticket)).toBeNull();
  expect(tickets.take(inTime.ticket)).toMatchObject({ holderId: 'a' });
  expect(tickets.take(inTime.ticket)).toBeNull();
  const other = tickets.create('b');
  const many = Array.from({ length: mostTickets + 1 }, () => tickets.create('a'));
  expect(tickets.take(at(many, 0).ticket)).toBeNull();
  for (const { ticket } of many.slice(1)) expect(tickets.take(ticket)).toMatchObject({ holderId: 'a' });
  expect(tickets.take(other.ticket)).toMatchObject({ holderId: 'b' });
});

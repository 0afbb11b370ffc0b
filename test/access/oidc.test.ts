// People who sign in at an OpenID provider, a real one: who is let in, as whom, with what rights, and what ends it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askSession, originOf, signIn, signOut } from '../support/console.ts';
import { createHeadlessBrowser, signInAt } from '../support/oidc-browser.ts';
import {
  clientSecret,
  type Person,
  personAt,
  personBy,
  startWorld,
  type World,
} from '../support/oidc-world.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';
import { openSocket, type RawSocket } from '../transports/raw.ts';

const rules = `
- { group: admins, role: ADMIN, clusters: ["*"], permissions: [secret:reveal] }
- { group: ops, role: OPERATOR, clusters: ["*"] }
- { group: keepers, role: ADMIN, clusters: [somewhere] }
- { group: readers, role: VIEWER, clusters: [somewhere, elsewhere] }
`;
const who = '{ viewer { kind id name role clusters permissions } }';
const waiting = 'subscription { auditRecorded { cursor } }';

let world: World;
let perform: Perform;
let own: string;
const sockets: RawSocket[] = [];
/** All that must be found nowhere. */
const secrets: string[] = [clientSecret];

beforeAll(async () => {
  world = await startWorld({
    rules,
    accounts: {
      anna: { preferred_username: 'anna', name: 'Anna A.', groups: ['admins'] },
      olga: { preferred_username: 'olga', groups: ['everybody', 'ops'] },
      oleg: { preferred_username: 'olga', groups: 'ops' },
      kim: { preferred_username: 'kim', groups: ['keepers'] },
      rita: { email: 'rita@example.org', groups: ['readers', 'ops of another system'] },
      both: { name: 'Both of them', groups: ['readers', 'ops'] },
      moves: { groups: ['ops'] },
      nemo: { name: 'Nemo', groups: ['everybody'] },
      none: {},
      odd: { groups: { ops: true } },
    },
    env: { SKEP_MUTATIONS_PER_MINUTE: '40' },
  });
  perform = createPerform(world.server.url, world.server.adminKey);
  own = originOf(world.server);
});
afterAll(async () => {
  for (const each of sockets) each.close();
  await world.stop();
});

const enter = async (login: string): Promise<Person> => {
  const person = await personAt(world.server, login);
  secrets.push(person.cookie.split('=')[1] ?? '');
  return person;
};
const idOf = async ({ ask }: Person): Promise<string> => (await ask('{ viewer { id } }')).viewer.id;
const connected = async ({ cookie }: Person): Promise<RawSocket> => {
  const socket = openSocket(world.server, { headers: { cookie }, origin: own });
  sockets.push(socket);
  socket.init(null);
  await until(() => socket.messages.some(({ type }) => type === 'connection_ack'), 'it is let in');
  return socket;
};

describe('not let in', () => {
  it.each([
    ['whose groups may do nothing here', 'nemo', 'Nemo'],
    ['without groups', 'none', 'none'],
  ])('a person %s, on record by name', async (_, login, name) => {
    expect(await signInAt(world.server, login)).toMatchObject({
      status: 303,
      cookie: null,
      code: 'NO_GROUP_FITS',
    });
    const denied = await readHistory(world.ask, { phase: ['DENIED'], action: 'signIn' });
    expect(denied.at(-1)).toMatchObject({
      actor: { kind: 'PERSON', id: expect.stringMatching(/^person_/), name },
      failure: { code: 'NO_GROUP_FITS' },
      sourceAddress: expect.stringContaining('127.0.0.1'),
    });
  });

  it('a person whose groups are no list', async () => {
    expect(await signInAt(world.server, 'odd')).toMatchObject({ cookie: null, code: 'SIGN_IN_INVALID' });
  });

  it('who cancels at the provider', async () => {
    expect(await signInAt(world.server, '')).toMatchObject({ cookie: null, code: 'SIGN_IN_REFUSED' });
  });
});

describe('a person', () => {
  it('is let in with the role of the group, under the same id each time, with a cookie that no script reads', async () => {
    const { status, location, setCookies, cookie } = await signInAt(world.server, 'olga');
    expect([status, location]).toEqual([303, `${own}/`]);
    expect(setCookies).toEqual([
      expect.stringMatching(
        /^skep_session=skep_session_[\w-]{43}; Path=\/; Max-Age=4(3200|3199); HttpOnly; SameSite=Strict$/,
      ),
      'skep_signin=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    ]);
    const olga = personBy(world.server, cookie ?? '');
    const { viewer } = await olga.ask(who);
    expect(viewer).toMatchObject({ kind: 'PERSON', name: 'olga', role: 'OPERATOR', clusters: null });
    expect(viewer.permissions).toContain('node:promote');
    expect(viewer.permissions).not.toContain('key:admin');
    expect(await idOf(await enter('olga'))).toBe(viewer.id);
    // Somebody else with the same name.
    const oleg = await enter('oleg');
    expect((await oleg.ask(who)).viewer.name).toBe('olga');
    expect(await idOf(oleg)).not.toBe(viewer.id);
  });

  it('of two groups has the rights of the first entry, and no sum of both', async () => {
    const { viewer } = await (await enter('both')).ask(who);
    expect(viewer).toMatchObject({ name: 'Both of them', role: 'OPERATOR', clusters: null });
  });

  it('has the permissions beyond the role that the entry gives', async () => {
    const { viewer } = await (await enter('anna')).ask(who);
    expect(viewer.permissions).toContain('secret:reveal');
    expect(viewer.permissions).not.toContain('cluster:force');
  });

  it('signs in and out on record, as whom the provider knows it', async () => {
    const rita = await enter('rita');
    const id = await idOf(rita);
    const [begun] = await readHistory(world.ask, { actor: id, action: 'signIn' });
    expect(begun).toMatchObject({
      phase: 'OBSERVED',
      actor: { kind: 'PERSON', id, name: 'rita@example.org' },
      targets: [{ kind: 'PERSON', id, name: 'rita@example.org' }, { kind: 'SESSION' }],
      input: {
        with: 'OIDC',
        issuer: world.provider.issuer,
        subject: 'rita',
        role: 'viewer',
        clusters: ['somewhere', 'elsewhere'],
      },
    });
    await signOut(world.server, rita.cookie);
    expect(await rita.refused(who)).toEqual(['UNAUTHENTICATED']);
    expect(
      (await readHistory(world.ask, { actor: id })).map(({ action, actor }) => [action, actor.kind]),
    ).toEqual([
      ['signIn', 'PERSON'],
      ['signOut', 'PERSON'],
    ]);
  });

  it('is refused what the group does not allow, on record', async () => {
    const olga = await enter('olga');
    const id = await idOf(olga);
    expect(await olga.refused('{ apiKeys { id } }')).toEqual(['FORBIDDEN']);
    await expect(olga.perform('createApiKey', { name: 'x', role: 'VIEWER' })).rejects.toThrow('FORBIDDEN');
    const denied = await until(async () => {
      const found = await readHistory(world.ask, { actor: id, phase: ['DENIED'] });
      return found.length >= 2 ? found : null;
    }, 'both are on record');
    expect(denied.map(({ action }) => action).sort()).toEqual(['apiKeys', 'createApiKey']);
  });

  it('makes an API key, on record as its maker, and none beyond its own rights', async () => {
    const anna = await enter('anna');
    const id = await idOf(anna);
    expect(
      await anna.perform('createApiKey', { name: 'more', role: 'ADMIN', permissions: ['cluster:force'] }),
    ).toMatchObject({ state: 'REFUSED', failure: { code: 'FORBIDDEN' } });
    const made = await anna.perform('createApiKey', {
      name: 'script of anna',
      role: 'VIEWER',
      reason: 'nightly',
    });
    secrets.push(made.payload.key);
    const records = await readHistory(world.ask, { operation: made.id });
    expect(records.map(({ phase, actor }) => [phase, actor.kind, actor.id])).toEqual([
      ['INTENT', 'PERSON', id],
      ['OUTCOME', 'PERSON', id],
    ]);
    await signOut(world.server, anna.cookie);
    // The key is the script's: it goes on.
    const byKey = createPerform(world.server.url, made.payload.key);
    expect(await byKey('createSignInLink', { dryRun: true })).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('for a cluster sees no more than a key for it would', async () => {
    const kim = await enter('kim');
    expect((await kim.ask(who)).viewer.clusters).toEqual(['somewhere']);
    const inside = await perform('createApiKey', { name: 'inside', role: 'VIEWER', clusters: ['somewhere'] });
    const { apiKeys, sessions } = await kim.ask('{ apiKeys { name } sessions { actor { name } } }');
    expect(apiKeys).toEqual([{ name: 'inside' }]);
    expect(new Set(sessions.map(({ actor }: any) => actor.name))).toEqual(new Set(['kim']));
    await expect(kim.perform('createEnrolment', {})).resolves.toMatchObject({ state: 'REFUSED' });
    expect(await kim.perform('createApiKey', { name: 'wide', role: 'VIEWER' })).toMatchObject({
      state: 'REFUSED',
    });
    expect(await kim.perform('revokeApiKey', { id: inside.payload.apiKey.id })).toMatchObject({
      state: 'SUCCEEDED',
    });
  });

  it('has idempotency keys of its own', async () => {
    const [olga, anna] = [await enter('olga'), await enter('anna')];
    const input = { idempotencyKey: 'mine', reason: 'once' };
    const first = await olga.perform('createSignInLink', input);
    secrets.push(first.payload.ticket);
    const again = await olga.perform('createSignInLink', input);
    expect([again.id, again.payload.ticket]).toEqual([first.id, null]);
    const others = await anna.perform('createSignInLink', input);
    const byKey = await perform('createSignInLink', input);
    secrets.push(others.payload.ticket, byKey.payload.ticket);
    expect(new Set([first.id, others.id, byKey.id]).size).toBe(3);
  });

  it('is limited as a key is, by itself and over all of its sessions', async () => {
    const [one, other] = [await enter('moves'), await enter('moves')];
    const id = await idOf(one);
    const ask = (person: Person) =>
      person.ask('mutation { createSignInLink(input: { dryRun: true }) { operation { state } } }').then(
        () => 'answered',
        (error: unknown) => String(error),
      );
    const told: string[] = [];
    for (let count = 0; count < 42; count += 1) told.push(await ask(count % 2 ? one : other));
    expect(told.filter((each) => each === 'answered').length).toBe(40);
    expect(told.at(-1)).toContain('RATE_LIMITED');
    const denied = await until(async () => {
      const found = await readHistory(world.ask, { actor: id, phase: ['DENIED'] });
      return found.length > 0 ? found : null;
    }, 'it is on record');
    expect(denied[0]).toMatchObject({ actor: { kind: 'PERSON' }, failure: { code: 'RATE_LIMITED' } });
    expect(await ask(await enter('anna'))).toBe('answered');
  });

  it('makes a link that signs in as itself, until its own time is over', async () => {
    const olga = await enter('olga');
    const made = await olga.perform('createSignInLink', {});
    expect(made.targets).toMatchObject([{ kind: 'PERSON', id: await idOf(olga), name: 'olga' }]);
    const linked = personBy(world.server, await signIn(world.server, { ticket: made.payload.ticket }));
    secrets.push(made.payload.ticket, linked.cookie.split('=')[1] ?? '');
    expect((await linked.ask(who)).viewer).toEqual((await olga.ask(who)).viewer);
    const { sessions } = await linked.ask('{ sessions { expiresAt isCurrent } }');
    const current = sessions.find(({ isCurrent }: any) => isCurrent);
    const latest = sessions.filter(({ isCurrent }: any) => !isCurrent).map(({ expiresAt }: any) => expiresAt);
    expect(latest).toContain(current.expiresAt);
  });

  it('exports the history with the permission for it, and is found by the filter of actors', async () => {
    const [anna, olga] = [await enter('anna'), await enter('olga')];
    const id = await idOf(anna);
    const download = (cookie: string) =>
      fetch(`${own}/audit/export?format=csv&actor=${id}`, {
        headers: { cookie, 'sec-fetch-site': 'same-origin' },
      });
    expect((await download(olga.cookie)).status).toBe(403);
    const text = await (await download(anna.cookie)).text();
    const actors = [...text.matchAll(/^\d+,[^,]+,\w+,\w+,\w*,(\w+),([\w-]+),/gm)].map(([, kind, by]) => [
      kind,
      by,
    ]);
    expect(actors.length).toBeGreaterThan(3);
    expect(new Set(actors.map(String))).toEqual(new Set([`PERSON,${id}`]));
  });

  it('is told of events over a socket and a stream, by its own rights', async () => {
    const socket = await connected(await enter('olga'));
    socket.subscribe('s', 'subscription { auditRecorded { record { action } } }');
    await perform('createApiKey', { name: 'an event', role: 'VIEWER' });
    await until(() => JSON.stringify(socket.messages).includes('createApiKey'), 'it is told');
    const narrow = await connected(await enter('rita'));
    narrow.subscribe('s', 'subscription { auditRecorded { record { reason } } }');
    narrow.subscribe('q', '{ apiKeys { id } }');
    await until(() => JSON.stringify(narrow.messages).includes('FORBIDDEN'), 'it is refused');
    await perform('createSignInLink', { reason: 'of no cluster' });
    const kim = await enter('kim');
    await kim.perform('createSignInLink', { reason: 'of somewhere' });
    await until(() => JSON.stringify(narrow.messages).includes('of somewhere'), 'it is told of its cluster');
    expect(JSON.stringify(narrow.messages)).not.toContain('of no cluster');
  });

  it('goes on to the page where it was', async () => {
    const path = '/session/oidc?return=%2Fnodes%3Ffilter%3Ddown';
    expect(await signInAt(world.server, 'olga', { path })).toMatchObject({
      location: `${own}/nodes?filter=down`,
    });
  });
});

describe('a session of a person', () => {
  const sessionsOf = async (person: Person): Promise<any[]> =>
    (await person.ask('{ sessions { id actor { kind id name } role isCurrent sourceAddress expiresAt } }'))
      .sessions;

  it('is listed to its owner, and to who administers keys', async () => {
    const [olga, other] = [await enter('olga'), await enter('olga')];
    const id = await idOf(olga);
    const listed = await sessionsOf(olga);
    expect(listed.length).toBeGreaterThanOrEqual(2);
    expect(new Set(listed.map(({ actor }) => actor.id))).toEqual(new Set([id]));
    expect(listed.filter(({ isCurrent }) => isCurrent)).toMatchObject([
      { actor: { kind: 'PERSON', name: 'olga' }, role: 'OPERATOR' },
    ]);
    expect((await sessionsOf(other)).find(({ isCurrent }) => isCurrent).id).not.toBe(
      listed.find(({ isCurrent }) => isCurrent).id,
    );
    const all = (await world.ask('{ sessions { actor { id } } }')).sessions;
    expect(all.map(({ actor }: any) => actor.id)).toContain(id);
  });

  it('of another is no session to who may not see it', async () => {
    const [olga, anna] = [await enter('olga'), await enter('anna')];
    const [hers] = (await sessionsOf(anna)).filter(({ isCurrent }) => isCurrent);
    for (const id of [hers.id, 'nosuch'])
      expect(await olga.perform('revokeSession', { id })).toMatchObject({
        state: 'REFUSED',
        failure: { code: 'NOT_FOUND' },
        targets: [{ kind: 'SESSION', id: null, name: id }],
      });
    expect((await anna.ask(who)).viewer.name).toBe('anna');
  });

  it('that is revoked ends at once, with what is open over it, and no other of its person', async () => {
    const [olga, staying] = [await enter('olga'), await enter('olga')];
    const [socket, open] = [await connected(olga), await connected(staying)];
    socket.subscribe('s', waiting);
    open.subscribe('s', waiting);
    const [{ id }] = (await sessionsOf(olga)).filter(({ isCurrent }) => isCurrent);
    const { payload } = await olga.perform('createSignInLink', {});
    secrets.push(payload.ticket);
    const ended = await staying.perform('revokeSession', { id, reason: 'a lost laptop' });
    expect(ended).toMatchObject({ state: 'SUCCEEDED', targets: [{ kind: 'SESSION', id, name: 'olga' }] });
    expect(await socket.closed).toMatchObject({ code: 4403 });
    expect(await olga.refused(who)).toEqual(['UNAUTHENTICATED']);
    // Nor is there a way back in by what was made over it.
    expect(await askSession(world.server, { body: { ticket: payload.ticket } })).toMatchObject({
      status: 401,
    });
    expect((await staying.ask(who)).viewer.name).toBe('olga');
    expect(await staying.perform('revokeSession', { id })).toMatchObject({ failure: { code: 'NOT_FOUND' } });
    const records = await readHistory(world.ask, { operation: ended.id });
    expect(records.map(({ phase, reason }) => [phase, reason])).toEqual([
      ['INTENT', 'a lost laptop'],
      ['OUTCOME', 'a lost laptop'],
    ]);
    await perform('createSignInLink', {});
    await until(() => open.messages.some(({ type }) => type === 'next'), 'the other is told on');
  });

  it('that is the last one and revoked by an admin ends what the person may do', async () => {
    const kim = await enter('kim');
    const link = await kim.perform('createSignInLink', {});
    secrets.push(link.payload.ticket);
    const kims = (await world.ask('{ sessions { id actor { name } } }')).sessions.filter(
      ({ actor }: any) => actor.name === 'kim',
    );
    for (const { id } of kims) await perform('revokeSession', { id });
    expect(await kim.refused(who)).toEqual(['UNAUTHENTICATED']);
    // A ticket of before is worth nothing either.
    expect(await askSession(world.server, { body: { ticket: link.payload.ticket } })).toMatchObject({
      status: 401,
    });
    expect((await (await enter('kim')).ask(who)).viewer.name).toBe('kim');
  });

  it('ends when its person comes back with other rights, which count from then on', async () => {
    const { accounts } = world.provider;
    accounts.set('moves', { groups: ['ops'] });
    const before = await enter('moves');
    const socket = await connected(before);
    accounts.set('moves', { groups: ['readers'] });
    // What the group was at the sign-in, it is until the session ends.
    expect((await before.ask(who)).viewer.role).toBe('OPERATOR');
    const after = await enter('moves');
    expect((await after.ask(who)).viewer).toMatchObject({
      role: 'VIEWER',
      clusters: ['somewhere', 'elsewhere'],
    });
    expect(await socket.closed).toMatchObject({ code: 4403 });
    expect(await before.refused(who)).toEqual(['UNAUTHENTICATED']);
    expect(await idOf(await enter('moves'))).toBe(await idOf(after));
  });

  it('ends when its person comes back with no rights at all', async () => {
    const { accounts } = world.provider;
    accounts.set('leaves', { groups: ['admins'] });
    const before = await enter('leaves');
    const id = await idOf(before);
    const socket = await connected(before);
    accounts.set('leaves', { groups: [] });
    expect(await signInAt(world.server, 'leaves')).toMatchObject({ cookie: null, code: 'NO_GROUP_FITS' });
    expect(await before.refused(who)).toEqual(['UNAUTHENTICATED']);
    expect(await socket.closed).toMatchObject({ code: 4403 });
    const ended = await readHistory(world.ask, { actor: id, action: 'signOut' });
    expect(ended).toMatchObject([{ phase: 'OBSERVED', actor: { id } }]);
  });

  it('outlives a restart of the server, with its rights', async () => {
    const olga = await enter('olga');
    const browser = createHeadlessBrowser();
    const begun = await browser.ask(`${own}/session/oidc`);
    const { viewer } = await olga.ask(who);
    await world.server.kill9();
    await world.server.start();
    expect((await olga.ask(who)).viewer).toEqual(viewer);
    // One that was under way is over.
    const state = new URL(begun.location ?? '').searchParams.get('state');
    const back = await browser.ask(`${own}/session/callback?code=x&state=${state}`);
    expect(back.location).toBe(`${own}/#sign-in=SIGN_IN_EXPIRED`);
  });
});

it('no secret of all this is in the database, the log or the history', async () => {
  expect(secrets.length).toBeGreaterThan(30);
  const files = readdirSync(world.dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name !== 'client-secret')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  const text = [...files, JSON.stringify(await readHistory(world.ask))].join('\n');
  expect(text).toContain('signIn');
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  // Nor what came from the provider: tokens are JWT, and begin so.
  expect(text).not.toMatch(/eyJ[\w-]{20}/);
});

// Denials are on record, and nobody can fill the history with them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from '../../lab/client.ts';
import { createDenials, type Denial } from '../../server/audit/denials.ts';
import { createAudit } from '../../server/audit/record.ts';
import { createClock } from '../../server/platform/clock.ts';
import { createEvents } from '../../server/platform/events.ts';
import { createLog } from '../../server/platform/log.ts';
import { temporaryDatabase } from '../platform/temporary-database.ts';
import { engines } from '../support/engines.ts';
import { connect, subscribe } from '../support/live.ts';
import { createPerform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

const total = (records: readonly Record<string, any>[]): number =>
  records.reduce((sum, { input }) => sum + input.count, 0);

describe('a server without hosts', () => {
  let system: System;
  const denials = () => readHistory(system.ask, { phase: ['DENIED'] });

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 0 });
  });
  afterAll(() => system?.stop());

  it('5,000 wrong keys are a handful of records with the right total, and the key’s id when it is one', async () => {
    const wrong = system.server.adminKey.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const made = `skep_key_zzzzzzzz_${'a'.repeat(43)}`;
    for (let sent = 0; sent < 5_000; sent += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          post(system.server.url, index % 2 === 0 ? wrong : made, '{ viewer { id } }'),
        ),
      );
    // What was only counted is written when the server stops.
    await system.server.stop();
    await system.server.start();
    const records = (await denials()).filter(({ action }) => action === 'authenticate');
    expect(total(records)).toBe(5_000);
    expect(records.length).toBeLessThan(20);
    const codes = new Set(records.map(({ failure }) => failure.code));
    expect([...codes].filter((code) => code !== 'UNAUTHENTICATED' && code !== 'RATE_LIMITED')).toEqual([]);
    const id = system.server.adminKey.split('_')[2];
    const actors = new Set(records.map(({ actor }) => `${actor.kind} ${actor.id}`));
    expect(actors).toEqual(new Set(['ANONYMOUS anonymous', `ANONYMOUS ${id}`]));
    for (const record of records)
      expect(record).toMatchObject({ sourceAddress: expect.stringContaining('127.0.0.1'), outcome: null });
    expect(JSON.stringify(records)).not.toContain(wrong.slice(-20));
  });

  it('a wrong key over a WebSocket, and each field that a key may not ask for', async () => {
    const perform = createPerform(system.server.url, system.server.adminKey);
    const made = await perform('createApiKey', { name: 'looker', role: 'VIEWER' });
    const before = total(await denials());
    const socket = connect(system.server.socketUrl, 'nosuch');
    const { errors } = subscribe(socket, '{ viewer { id } }');
    await until(() => errors.length > 0, 'the socket is refused');
    await post(system.server.url, made.payload.key, '{ apiKeys { id } }');
    await post(system.server.url, made.payload.key, '{ enrolments { id } }');
    await until(async () => total(await denials()) >= before + 3, 'three more are on record');
    const told = (await denials()).slice(-2).map(({ actor, action }) => `${actor.name}: ${action}`);
    expect(told.sort()).toEqual(['looker: apiKeys', 'looker: enrolments']);
  });
});

it('from however many sources, the groups are bounded and the total is right', async () => {
  const { db } = await temporaryDatabase();
  const clock = createClock();
  const log = createLog({ level: 'error' });
  const events = await createEvents({ db, clock, generation: 'one' });
  const audit = createAudit({ clock });
  const denials = createDenials({
    events,
    audit,
    sourceKey: (address) => address ?? '',
    clock,
    log,
    intervalMs: 1_000_000,
    mostGroups: 10,
  });
  const from = (sourceAddress: string): Denial => ({
    action: 'authenticate',
    actor: { kind: 'ANONYMOUS', id: 'anonymous', name: 'nobody' },
    failure: { code: 'UNAUTHENTICATED', message: 'no', hint: null, retryable: false },
    requestId: null,
    sourceAddress,
  });
  for (let index = 0; index < 2_000; index += 1)
    await denials.denied(from(`10.0.${index >> 8}.${index & 255}`));
  await denials.stop();
  const rows = await db.read.auditRecord.findMany({ where: { phase: 'DENIED' } });
  expect(rows).toHaveLength(10 + 2);
  expect(rows.reduce((sum, { inputJson }) => sum + JSON.parse(inputJson ?? '').count, 0)).toBe(2_000);
});

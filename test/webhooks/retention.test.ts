// The log of deliveries does not grow for ever, and what waits for a receiver that is away has an end.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLog } from '../../lab/processes.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('what is kept of deliveries, on no engines', () => {
  let system: System;
  let perform: Perform;
  let id: string;

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5' }, hosts: 0 });
    perform = createPerform(system.server.url, system.server.adminKey);
    const input = { name: 'pager', url: 'http://127.0.0.1:9/', alarms: ['AUDIT_UNAVAILABLE'] };
    id = (await perform('createWebhook', input)).payload.webhook.id;
  });
  afterAll(() => system?.stop());

  const opened = <T>(use: (file: Database.Database) => T): T => {
    const file = new Database(join(system.dir, 'data', 'skep.db'));
    try {
      return use(file);
    } finally {
      file.close();
    }
  };
  const day = 24 * 3_600_000;
  const time = (ms: number): string => new Date(ms).toISOString().replace('Z', '+00:00');
  /** Rows as the server writes them: `m0001`, `m0002` … */
  const add = (
    count: number,
    prefix: string,
    state: string,
    at: number,
    nextAt = Date.now() + day / 4,
  ): void =>
    opened((file) => {
      const insert = file.prepare(
        `INSERT INTO "WebhookDelivery" ("id", "webhookId", "type", "body", "state", "tries", "attemptsJson", "createdAt", "nextAttemptAt", "endedAt")
         VALUES (?, ?, 'node.down', '{}', ?, 1, '[]', ?, ?, ?)`,
      );
      file.transaction(() => {
        for (let row = 0; row < count; row += 1)
          insert.run(
            `${prefix}${String(row).padStart(4, '0')}`,
            id,
            state,
            time(at),
            state === 'PENDING' ? time(nextAt) : null,
            state === 'PENDING' ? null : time(at),
          );
      })();
    });
  const count = (where: string): number =>
    opened(
      (file) => file.prepare(`SELECT COUNT(*) FROM "WebhookDelivery" WHERE ${where}`).pluck().get() as number,
    );

  it('30 days, of one webhook the newest 1,000, and all that is still to be sent', {
    timeout: 60_000,
  }, async () => {
    await system.server.stop();
    add(3, 'a-old-', 'SUCCEEDED', Date.now() - 31 * day);
    add(2, 'b-waits-', 'PENDING', Date.now() - 31 * day);
    add(1_010, 'c-new-', 'FAILED', Date.now() - 29 * day);
    await system.server.start();
    await until(() => count(`"state" <> 'PENDING'`) === 1_000, 'the older ones are gone');
    expect(count(`"id" LIKE 'a-old-%'`)).toBe(0);
    expect(count(`"id" LIKE 'b-waits-%'`)).toBe(2);
    expect(count(`"id" < 'c-new-0010' AND "id" LIKE 'c-%'`)).toBe(0);
  });

  it('what a wrong clock put off for a year is sent when the server starts', async () => {
    await system.server.stop();
    add(1, 'e-clock-', 'PENDING', Date.now(), Date.now() + 365 * day);
    await system.server.start();
    await until(() => count(`"id" LIKE 'e-clock-%' AND "attemptsJson" <> '[]'`) === 1, 'it was tried');
    expect(count(`"id" LIKE 'b-waits-%' AND "attemptsJson" = '[]'`)).toBe(2);
  });

  it('one whose attempts cannot be read is sent all the same, said once, and holds up no other', async () => {
    await system.server.stop();
    const broken = ['not JSON', '{}', '[{"at":"never","durationMs":"SWMTKN-1-in-it"}]'];
    add(broken.length, 'f-broken-', 'PENDING', Date.now(), Date.now() - 2 * day);
    add(1, 'g-behind-', 'PENDING', Date.now(), Date.now() - day);
    opened((file) => {
      for (const [row, text] of broken.entries())
        file
          .prepare('UPDATE "WebhookDelivery" SET "attemptsJson" = ? WHERE "id" = ?')
          .run(text, `f-broken-000${row}`);
    });
    await system.server.start();
    await until(
      () => count(`"id" LIKE 'g-behind-%' AND "attemptsJson" <> '[]'`) === 1,
      'what is behind them was tried',
    );
    await until(
      () => count(`"id" LIKE 'f-broken-%' AND json_valid("attemptsJson") AND "tries" = 2`) === broken.length,
      'each was tried, and that is written',
    );
    const { webhook } = await system.ask(
      'query($id: ID!) { webhook(id: $id) { deliveries(first: 100, state: [PENDING]) { edges { node { id attempts { error } } } } } }',
      { id },
    );
    const told = webhook.deliveries.edges.filter(({ node }: any) => node.id.startsWith('f-broken-'));
    expect(told.map(({ node }: any) => node.attempts)).toEqual(broken.map(() => [{ error: 'REFUSED' }]));
    const lines = readLog(system.server.logPath)
      .split('\n')
      .filter((line) => line.includes('before cannot be read'));
    expect(lines.map((line) => JSON.parse(line).delivery).sort()).toEqual(
      broken.map((_, row) => `f-broken-000${row}`),
    );
    expect(lines.join()).not.toContain('in-it');
  });

  it('while 5,000 wait, further ones are given up at once', { timeout: 60_000 }, async () => {
    await system.server.stop();
    add(5_000, 'd-waits-', 'PENDING', Date.now());
    await system.server.start();
    const other = new Database(join(system.dir, 'data', 'skep.db'));
    other.exec('BEGIN IMMEDIATE');
    try {
      const refused = await perform.error('createApiKey', { name: 'x', role: 'VIEWER' });
      expect(refused).toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    } finally {
      other.exec('ROLLBACK');
      other.close();
    }
    const of = `"type" = 'audit.unavailable'`;
    await until(() => count(of) === 1, 'it is in the log');
    expect(count(`${of} AND "state" = 'FAILED' AND "tries" = 0 AND "endedAt" IS NOT NULL`)).toBe(1);
  });
});

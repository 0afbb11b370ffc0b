// A key that ends, revoked or expired, ends what is open with it: sockets and streams, within a second, with the right
// code; and at the right time, however far away that is.
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { createApiKeys } from '../../server/access/api-keys.ts';
import { createEvents } from '../../server/platform/events.ts';
import { temporaryDatabase } from '../platform/temporary-database.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { subscribeSse } from '../support/sse.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe(`what is open with a key that ends (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  const document = 'subscription { auditRecorded { cursor } }';

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1 });
    perform = createPerform(system.server.url, system.server.adminKey);
  });
  afterAll(() => system?.stop());

  /** An idle socket, one with a subscription, and a stream. */
  const open = async (key: string) => {
    const closed: { code: number; at: number }[] = [];
    let connected = 0;
    const sockets = [false, true].map((subscribes) => {
      const client = createClient({
        url: system.server.socketUrl,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${key}` },
        lazy: false,
        retryAttempts: 0,
        onNonLazyError: () => undefined,
        on: {
          connected: () => {
            connected += 1;
          },
          closed: (event) => closed.push({ code: (event as { code: number }).code, at: Date.now() }),
        },
      });
      if (subscribes)
        client.subscribe(
          { query: document },
          { next: () => undefined, error: () => undefined, complete: () => undefined },
        );
      return client;
    });
    const stream = subscribeSse(system.server.url, key, document);
    await until(() => connected === 2, 'both are connected');
    return {
      closed,
      stream,
      stop: async () => {
        stream.stop();
        await Promise.all(sockets.map((client) => client.dispose()));
      },
    };
  };
  const expectEnded = async (
    { closed, stream, stop }: Awaited<ReturnType<typeof open>>,
    ends: () => number,
  ) => {
    await until(() => closed.length === 2 && stream.ended(), 'all have ended');
    expect(closed.map(({ code }) => code)).toEqual([4403, 4403]);
    for (const { at } of closed) expect(at - ends()).toBeLessThan(1_000);
    expect(Date.now() - ends()).toBeLessThan(1_000);
    expect(stream.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    await stop();
  };

  it('revoked: closed within a second', async () => {
    const { payload } = await perform('createApiKey', { name: 'revoked', role: 'VIEWER' });
    const all = await open(payload.key);
    const asked = Date.now();
    expect(await perform('revokeApiKey', { id: payload.apiKey.id })).toMatchObject({ state: 'SUCCEEDED' });
    await expectEnded(all, () => asked);
  });

  it('expired: closed within a second, and not before', async () => {
    const ends = Date.now() + 4_000;
    const { payload } = await perform('createApiKey', {
      name: 'expired',
      role: 'VIEWER',
      expiresAt: new Date(ends).toISOString(),
    });
    const all = await open(payload.key);
    await expectEnded(all, () => ends);
    expect(Date.now()).toBeGreaterThanOrEqual(ends);
  });
});

it('an end further away than a timer can be set is heard of too', async () => {
  const { db } = await temporaryDatabase();
  let now = new Date('2030-01-01T00:00:00Z').getTime();
  const clock = { now: () => new Date(now), monotonicMs: () => now };
  const events = await createEvents({ db, clock, generation: 'g' });
  const keys = await createApiKeys({ db, events, clock });
  const dayMs = 86_400_000;
  await keys.create('aaaaaaaa', {
    name: 'long',
    role: 'viewer',
    permissions: [],
    clusters: null,
    expiresAt: new Date(now + 60 * dayMs),
    createdById: null,
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    let ended = false;
    keys.onEnd('aaaaaaaa', () => {
      ended = true;
    });
    for (let day = 1; day <= 61; day += 1) {
      now += dayMs;
      vi.advanceTimersByTime(dayMs);
      expect(ended, `on day ${day}`).toBe(day >= 60);
    }
  } finally {
    vi.useRealTimers();
  }
});

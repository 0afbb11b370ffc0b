// A server that is killed anywhere between an event and its delivery: the alarm comes, by one id, and is on record.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { startsAgain } from '../support/killed.ts';
import { connected } from '../support/operations.ts';
import { createPerform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { type Receiver, startReceiver, verified } from './receiver.ts';

describe('servers killed with an alarm under way, on SIMULATED engines', () => {
  let system: System;
  let receiver: Receiver;
  let secret: string;
  const env: NodeJS.ProcessEnv = {
    // Long enough for agents to be back after a restart: their silence would be an alarm of its own.
    SKEP_WEBHOOK_GRACE_SECONDS: '3',
  };

  beforeAll(async () => {
    system = await startSystem({
      engines: { kind: 'simulated', version: '28.5', speed: 4 },
      hosts: 2,
      env,
    });
    await system.formSwarm();
    receiver = await startReceiver();
    const perform = createPerform(system.server.url, system.server.adminKey);
    const made = await perform('createWebhook', {
      name: 'pager',
      url: receiver.url,
      alarms: ['NODE_DOWN'],
    });
    secret = made.payload.secret;
  });
  afterAll(async () => {
    await receiver?.close();
    await system?.stop();
  });

  const killedAt = async (place: string): Promise<void> => {
    const { host } = at(system.members, 1);
    const before = receiver.received.length;
    await system.server.stop();
    env.SKEP_FAILPOINTS = `${place}=kill@1`;
    await system.server.start();
    await connected(system.ask);
    const killed = system.server.whenEnded();
    await host.kill9();
    expect(await killed).toMatchObject({ signal: 'SIGKILL' });
    delete env.SKEP_FAILPOINTS;
    await startsAgain(system);
    const news = () => receiver.received.slice(before);
    const down = await until(
      () => news().find(({ body }) => body.type === 'node.down'),
      'the alarm comes',
      30_000,
    );
    await host.start();
    const up = await until(() => news().find(({ body }) => body.type === 'node.up'), 'and its end', 30_000);
    expect(up.body.data.alarm).toEqual(down.body.data.alarm);
    for (const each of news()) verified(secret, each);
    expect([...new Set(news().map(({ id }) => id))]).toEqual([down.id, up.id]);
    const { webhooks } = await system.ask(
      '{ webhooks { deliveries(first: 2) { edges { node { id state } } } } }',
    );
    await until(
      async () =>
        (await system.ask('{ webhooks { deliveries(first: 2) { edges { node { state } } } } }')).webhooks[0]
          .deliveries.edges[0].node.state === 'SUCCEEDED',
      'both are on record',
    );
    expect(webhooks[0].deliveries.edges.map(({ node }: any) => node.id)).toEqual([up.id, down.id]);
  };

  it('an alarm of which the event alone is known yet comes all the same', { timeout: 120_000 }, () =>
    killedAt('webhook.eventsRead'),
  );

  it.each([
    // Known to hold, and not told yet.
    'webhook.beforeAlarm',
    'webhook.alarmWritten',
    'webhook.beforeSend',
    // The receiver has it, and the server does not know.
    'webhook.answered',
  ])('one that is killed at %s tells it by the same id', { timeout: 120_000 }, killedAt);
});

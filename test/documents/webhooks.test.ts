// The mutations of docs/webhooks.md, run one after the other: made, sent again when its receiver is there, another secret.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPerform, type Perform } from '../support/perform.ts';
import { snippet } from '../support/snippets.ts';
import { type System, startSystem } from '../support/system.ts';
import { type Receiver, startReceiver, verified } from '../webhooks/receiver.ts';

let system: System;
let perform: Perform;
let receiver: Receiver;
let id: string;
let secret: string;

const succeeded = { state: 'SUCCEEDED', failure: null };

beforeAll(async () => {
  system = await startSystem({
    engines: { kind: 'simulated', version: '28.5' },
    hosts: 0,
    env: { SKEP_WEBHOOK_SECONDS: '2' },
  });
  perform = createPerform(system.server.url, system.server.adminKey);
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver?.close();
  await system?.stop();
});

it('one is made, and its secret shown', async () => {
  const { createWebhook } = await system.ask(snippet('docs/webhooks.md', 'Make'));
  expect(createWebhook).toMatchObject({
    secret: expect.stringMatching(/^whsec_/),
    webhook: { name: 'pager', host: 'receiver.example' },
    operation: succeeded,
  });
  expect(createWebhook.webhook.alarms).toHaveLength(5);
  ({ secret } = createWebhook);
  ({ id } = createWebhook.webhook);
});

it('a delivery that failed is sent again, by the same webhook-id', async () => {
  // Nobody has the address of the page.
  const { state, payload } = await perform('testWebhook', { id });
  expect(state).toBe('FAILED');
  const failed = async () => {
    const { webhooks } = await system.ask(snippet('docs/webhooks.md', 'Deliveries'));
    return webhooks[0].deliveries.edges.map(({ node }: any) => node);
  };
  expect(await failed()).toMatchObject([{ id: payload.delivery.id, type: 'webhook.test', state: 'FAILED' }]);
  expect(await perform('updateWebhook', { id, url: receiver.url })).toMatchObject(succeeded);
  const delivery = payload.delivery.id;
  const { redeliver } = await system.ask(snippet('docs/webhooks.md', 'Redeliver'), { delivery });
  expect(redeliver).toEqual(succeeded);
  const received = await receiver.of('webhook.test');
  expect(received.id).toBe(delivery);
  verified(secret, received);
});

it('with another secret, messages are signed by both for a while', async () => {
  const { rotateWebhookSecret } = await system.ask(snippet('docs/webhooks.md', 'Rotate'), { webhook: id });
  expect(rotateWebhookSecret.operation).toEqual(succeeded);
  const hours = (Date.parse(rotateWebhookSecret.webhook.secretsUntil) - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(47);
  expect(hours).toBeLessThanOrEqual(48);
  receiver.received.length = 0;
  expect(await perform('testWebhook', { id })).toMatchObject(succeeded);
  const received = await receiver.of('webhook.test');
  for (const each of [secret, rotateWebhookSecret.secret]) verified(each, received);
});

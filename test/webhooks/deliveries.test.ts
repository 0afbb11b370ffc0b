// How a webhook's messages are brought: tried again, given up, sent again, signed by two secrets, and not held up by others.
// The alarm is that of an agent that is stopped, since it needs no swarm.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { connected } from '../support/operations.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';
import { type Receiver, secretOfAddress, startReceiver, verified } from './receiver.ts';

describe(`deliveries (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let receiver: Receiver;
  let other: Receiver;
  /** Takes all that is told, whatever becomes of the others. */
  let witness: Receiver;
  let id: string;
  let secret: string;
  const env: NodeJS.ProcessEnv = {
    SKEP_WEBHOOK_GRACE_SECONDS: '0.1',
    SKEP_WEBHOOK_RETRY_SECONDS: '0,0',
    SKEP_WEBHOOK_SECONDS: '1',
  };

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1, env });
    perform = createPerform(system.server.url, system.server.adminKey);
    receiver = await startReceiver();
    other = await startReceiver();
    witness = await startReceiver();
    await perform('createWebhook', { name: 'witness', url: witness.url, alarms: ['AGENT_SILENT'] });
    const made = await perform('createWebhook', {
      name: 'pager',
      url: receiver.url,
      alarms: ['AGENT_SILENT'],
    });
    id = made.payload.webhook.id;
    secret = made.payload.secret;
  });
  afterAll(async () => {
    await Promise.all([receiver, other, witness].map((one) => one?.close()));
    await system?.stop();
  });
  afterEach(() => {
    for (const one of [receiver, other]) one.answer(204);
  });

  const deliveryFields =
    'id type state body nextAttemptAt endedAt attempts { status error durationMs } webhook { name }';
  const deliveries = async (of = id, state: string[] | null = null): Promise<Record<string, any>[]> => {
    const { webhook } = await system.ask(
      `query($id: ID!, $state: [WebhookDeliveryState!]) { webhook(id: $id) { deliveries(state: $state) { edges { node { ${deliveryFields} } } } } }`,
      { id: of, state },
    );
    return webhook.deliveries.edges.map(({ node }: Record<string, any>) => node);
  };
  const webhook = async () =>
    (
      await system.ask(
        'query($id: ID!) { webhook(id: $id) { disabledAt disabledReason failingSince secretsUntil host } }',
        {
          id,
        },
      )
    ).webhook;
  /** Every agent is back, and that was told: the next silence is another alarm. */
  const quiet = async (): Promise<void> => {
    await connected(system.ask);
    const ofType = (type: string) =>
      witness.received
        .filter(({ body }) => body.type === type)
        .map(({ body }) => body.data.alarm.id)
        .sort();
    await until(
      () => JSON.stringify(ofType('agent.silent')) === JSON.stringify(ofType('agent.back')),
      'each agent that was silent is told to be back',
    );
    await until(async () => (await deliveries(id, ['PENDING'])).length === 0, 'nothing is to be sent');
  };
  /** The delivery of an alarm that is provoked now, once it has ended as told. */
  const alarm = async (state: string): Promise<Record<string, any>> => {
    const before = new Set((await deliveries()).map((each) => each.id));
    const { agent } = at(system.members, 0);
    await agent.kill9();
    try {
      return await until(
        async () =>
          (await deliveries()).find(
            (each) => each.type === 'agent.silent' && !before.has(each.id) && each.state === state,
          ),
        `a delivery ends as ${state}`,
      );
    } finally {
      await agent.start();
      await quiet();
    }
  };
  const came = (delivery: string) => receiver.received.filter((each) => each.id === delivery);

  it('a test is posted at once, signed, and is on record without the address', async () => {
    const tested = await perform('testWebhook', { id });
    expect(tested).toMatchObject({
      state: 'SUCCEEDED',
      payload: {
        delivery: { type: 'webhook.test', state: 'SUCCEEDED', attempts: [{ status: 204, error: null }] },
      },
    });
    const got = at(came(tested.payload.delivery.id), 0);
    expect(verified(secret, got)).toMatchObject({ type: 'webhook.test', data: { version: 1, alarm: null } });
    expect(got.text).toBe(tested.payload.delivery.body);
    const history = JSON.stringify(await readHistory(system.ask));
    expect(history).toContain('createWebhook');
    expect(history).toContain(`127.0.0.1:${receiver.port}`);
    expect(history).not.toContain(secretOfAddress);
  });

  it.each([
    { answer: 500, attempt: { status: 500, error: null } },
    { answer: 302, attempt: { status: 302, error: null } },
    { answer: 410, attempt: { status: 410, error: null } },
    { answer: 'hang up', attempt: { status: null, error: 'BROKEN' } },
    { answer: 'never', attempt: { status: null, error: 'TIMEOUT' } },
  ] as const)(
    'a test that is answered by $answer fails, once, and follows nobody',
    async ({ answer, attempt }) => {
      receiver.answer(answer);
      const count = receiver.received.length;
      expect(await perform('testWebhook', { id })).toMatchObject({
        state: 'FAILED',
        failure: { code: 'DELIVERY_FAILED' },
        payload: { delivery: { state: 'FAILED', attempts: [attempt] } },
      });
      expect(receiver.received).toHaveLength(count + 1);
      expect(await webhook()).toMatchObject({ disabledAt: null });
    },
  );

  it('is tried again until it is taken, by the same id and signed anew', async () => {
    receiver.answer(500, 2);
    const taken = await alarm('SUCCEEDED');
    expect(taken.attempts.map(({ status }: any) => status)).toEqual([500, 500, 204]);
    expect(taken).toMatchObject({ nextAttemptAt: null, webhook: { name: 'pager' } });
    const got = came(taken.id);
    expect(got).toHaveLength(3);
    for (const each of got) expect(verified(secret, each)).toEqual(JSON.parse(taken.body));
    expect(new Set(got.map(({ text }) => text))).toEqual(new Set([taken.body]));
    expect(await webhook()).toMatchObject({ failingSince: null });
  });

  it('is given up after the last try, and sent again when somebody asks for it', async () => {
    await receiver.close();
    const failed = await alarm('FAILED');
    expect(failed.attempts.map(({ error }: any) => error)).toEqual(['REFUSED', 'REFUSED', 'REFUSED']);
    expect(failed.endedAt).not.toBeNull();
    expect(await webhook()).toMatchObject({ disabledAt: null, failingSince: expect.any(String) });
    await receiver.open();
    expect(await perform('redeliver', { delivery: failed.id, reason: 'it is back' })).toMatchObject({
      state: 'SUCCEEDED',
      targets: [{ kind: 'WEBHOOK_DELIVERY', id: failed.id, name: 'pager agent.silent' }],
    });
    const got = await until(() => came(failed.id)[0], 'it comes again');
    expect(verified(secret, got)).toEqual(JSON.parse(failed.body));
    await until(
      async () => (await deliveries()).find((each) => each.id === failed.id)?.state === 'SUCCEEDED',
      'it is on record',
    );
    // By state, and page by page.
    expect((await deliveries(id, ['PENDING'])).map((each) => each.id)).toEqual([]);
    const { webhook: page } = await system.ask(
      'query($id: ID!) { webhook(id: $id) { deliveries(first: 1) { edges { node { id } } pageInfo { hasNextPage endCursor } } } }',
      { id },
    );
    const { webhook: next } = await system.ask(
      'query($id: ID!, $after: String) { webhook(id: $id) { deliveries(first: 1, after: $after) { edges { node { id } } } } }',
      { id, after: page.deliveries.pageInfo.endCursor },
    );
    expect(page.deliveries.pageInfo.hasNextPage).toBe(true);
    expect(next.deliveries.edges[0].node.id < page.deliveries.edges[0].node.id).toBe(true);
  });

  it('a secret that was rotated signs for a while beside the new one', async () => {
    const rotated = await perform('rotateWebhookSecret', { id });
    const both = at(came((await perform('testWebhook', { id })).payload.delivery.id), 0);
    expect(both.headers['webhook-signature']?.split(' ')).toHaveLength(2);
    expect(verified(secret, both)).toEqual(verified(rotated.payload.secret, both));
    expect((await webhook()).secretsUntil).toHaveLength(1);
    const last = await perform('rotateWebhookSecret', { id, overlapHours: 0 });
    const one = at(came((await perform('testWebhook', { id })).payload.delivery.id), 0);
    expect(verified(last.payload.secret, one)).toBeTruthy();
    for (const old of [secret, rotated.payload.secret])
      expect(() => verified(old, one)).toThrow('No matching');
    expect((await webhook()).secretsUntil).toHaveLength(0);
    secret = last.payload.secret;
  });

  it('a receiver that does not answer holds up no other one', async () => {
    receiver.answer('never');
    const fast = await perform('createWebhook', { name: 'fast', url: other.url, alarms: ['AGENT_SILENT'] });
    const seen = alarm('FAILED');
    await other.of('agent.silent');
    const slow = await deliveries(id, ['PENDING']);
    expect(slow.map(({ type }) => type)).toContain('agent.silent');
    expect((await seen).attempts.map(({ error }: any) => error)).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT']);
    await perform('deleteWebhook', { id: fast.payload.webhook.id });
    expect((await system.ask('{ webhooks { name } }')).webhooks).toEqual([
      { name: 'pager' },
      { name: 'witness' },
    ]);
  });

  it('410 Gone disables it, on record by the server itself; enabled again it is told again', async () => {
    receiver.answer(410);
    const gone = await alarm('FAILED');
    expect(gone.attempts.map(({ status }: any) => status)).toEqual([410]);
    expect(await webhook()).toMatchObject({ disabledReason: 'GONE', disabledAt: expect.any(String) });
    const [record] = (await readHistory(system.ask)).filter(({ action }) => action === 'webhookDisabled');
    expect(record).toMatchObject({
      phase: 'OBSERVED',
      actor: { kind: 'SYSTEM' },
      targets: [{ kind: 'WEBHOOK', id, name: 'pager' }],
      input: { reason: 'GONE', host: `127.0.0.1:${receiver.port}` },
    });
    expect(await perform('redeliver', { delivery: gone.id })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'WEBHOOK_DISABLED' },
    });
    receiver.answer(204);
    expect(await perform('testWebhook', { id })).toMatchObject({ state: 'SUCCEEDED' });
    expect(await perform('updateWebhook', { id, enabled: true })).toMatchObject({ state: 'SUCCEEDED' });
    await alarm('SUCCEEDED');
  });

  it('one that fails for too long is disabled, and by an operator too', async () => {
    env.SKEP_WEBHOOK_DISABLE_HOURS = '0';
    await system.server.stop();
    await system.server.start();
    await quiet();
    receiver.answer(503);
    await alarm('FAILED');
    expect(await webhook()).toMatchObject({ disabledReason: 'FAILING' });
    const records = (await readHistory(system.ask)).filter(({ action }) => action === 'webhookDisabled');
    expect(records.map(({ input }) => input.reason)).toEqual(expect.arrayContaining(['GONE', 'FAILING']));
    await perform('updateWebhook', { id, enabled: true, url: other.url });
    expect(await webhook()).toMatchObject({ disabledAt: null, host: `127.0.0.1:${other.port}` });
    await perform('updateWebhook', { id, enabled: false });
    expect(await webhook()).toMatchObject({ disabledReason: 'BY_OPERATOR' });
  });

  it('a change that changes nothing, contradicts itself or takes a name is refused', async () => {
    expect((await perform.error('updateWebhook', { id })).code).toBe('BAD_USER_INPUT');
    const both = await perform.error('updateWebhook', { id, clusters: ['c'], allClusters: true });
    expect(both).toMatchObject({ code: 'BAD_USER_INPUT' });
    await perform('createWebhook', { name: 'second', url: other.url, alarms: ['NODE_DOWN'] });
    expect(await perform('updateWebhook', { id, name: 'second' })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NAME_TAKEN' },
    });
  });

  it('the hundred and first is refused', { timeout: 60_000 }, async () => {
    const make = (name: string) => perform('createWebhook', { name, url: other.url, alarms: ['NODE_DOWN'] });
    const { webhooks } = await system.ask('{ webhooks { id } }');
    for (let count = webhooks.length; count < 100; count += 1) await make(`filler ${count}`);
    expect(await make('one too many')).toMatchObject({ state: 'REFUSED', failure: { code: 'TOO_MANY' } });
  });

  it('a key without the permission, or for some clusters, gets no webhook of all', async () => {
    const input = { name: 'theirs', url: other.url, alarms: ['NODE_DOWN'] };
    const operator = await perform('createApiKey', { name: 'operator', role: 'OPERATOR' });
    const asOperator = createPerform(system.server.url, operator.payload.key);
    expect(await asOperator.error('createWebhook', input)).toMatchObject({ code: 'FORBIDDEN' });
    const clusters = ['a'];
    const scoped = await perform('createApiKey', { name: 'scoped', role: 'ADMIN', clusters });
    expect((await system.as(scoped.payload.key)('{ webhooks { id } }')).webhooks).toEqual([]);
    const asScoped = createPerform(system.server.url, scoped.payload.key);
    const refused = { state: 'REFUSED', failure: { code: 'FORBIDDEN' } };
    expect(await asScoped('createWebhook', input)).toMatchObject(refused);
    // What listens on the server's own machine is of no cluster.
    for (const url of [other.url, 'http://localhost/', 'http://[::1]/'])
      expect(await asScoped('createWebhook', { ...input, url, clusters })).toMatchObject({
        ...refused,
        failure: { code: 'FORBIDDEN', message: expect.stringContaining('this machine') },
      });
    expect(
      await asScoped('createWebhook', { ...input, url: 'https://receiver.example', clusters }),
    ).toMatchObject({ failure: { code: 'NOT_FOUND' } });
  });
});

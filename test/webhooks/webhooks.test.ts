// Webhooks through the front door: what is refused, what is told of a node that dies, and who signed it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { type Receiver, startReceiver, verified } from './receiver.ts';

describe(`webhooks (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let receiver: Receiver;
  let cluster: string;

  beforeAll(async () => {
    system = await startSystem({
      engines,
      hosts: 3,
      env: { SKEP_WEBHOOK_GRACE_SECONDS: '0.2', SKEP_CONSOLE_URL: 'https://console.example/' },
    });
    cluster = await system.formSwarm();
    perform = createPerform(system.server.url, system.server.adminKey);
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await receiver?.close();
    await system?.stop();
  });

  const input = (more: Record<string, unknown> = {}) => ({
    name: 'pager',
    url: receiver.url,
    alarms: ['NODE_DOWN'],
    ...more,
  });

  it.each([
    'http://receiver.example/secret-path',
    'https://user:secret-path@receiver.example/',
    'ftp://receiver.example/secret-path',
    'https://169.254.169.254/secret-path',
    'https://[fe80::1]/secret-path',
    'https://[::ffff:169.254.169.254]/secret-path',
    'secret-path',
  ])('refuses the address %s and does not repeat it', async (url) => {
    const { code, message } = await perform.error('createWebhook', input({ url }));
    expect(code).toBe('BAD_USER_INPUT');
    expect(message).toContain('input.url');
    expect(message).not.toContain('secret-path');
  });

  it('refuses kinds that there are not, no kind, no name, and clusters that there are not', async () => {
    expect(await perform.error('createWebhook', input({ alarms: ['EARTHQUAKE'] }))).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(await perform.error('createWebhook', input({ alarms: [] }))).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(await perform.error('createWebhook', input({ name: ' ' }))).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(await perform('createWebhook', input({ clusters: ['nosuch'] }))).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NOT_FOUND' },
    });
    const { webhooks } = await system.ask('{ webhooks { id } }');
    expect(webhooks).toEqual([]);
  });

  it('tells a receiver of a node that is Down and of one that is back, signed', async () => {
    const made = await perform('createWebhook', input({ reason: 'the night shift' }));
    expect(made).toMatchObject({
      state: 'SUCCEEDED',
      payload: {
        secret: expect.stringMatching(/^whsec_[\w+/]{43}=$/),
        webhook: { name: 'pager', url: receiver.url, host: `127.0.0.1:${receiver.port}`, disabledAt: null },
      },
    });
    const { secret } = made.payload;
    expect(await perform('createWebhook', input())).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NAME_TAKEN' },
    });

    const worker = at(system.members, 2);
    await worker.host.kill9();
    const down = await receiver.of('node.down');
    expect(verified(secret, down)).toEqual(down.body);
    expect(down.body).toMatchObject({
      timestamp: expect.any(String),
      data: {
        version: 1,
        alarm: { kind: 'NODE_DOWN', id: expect.any(String), since: expect.any(String) },
        cluster: { id: cluster, name: 'test' },
        node: { hostname: worker.host.hostname, role: 'WORKER' },
        host: { id: worker.hostId },
        from: 'READY',
        to: 'DOWN',
        url: `https://console.example/nodes/${down.body.data.node.id}`,
      },
    });
    expect(down.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': down.id });

    await worker.host.start();
    const up = await receiver.of('node.up');
    expect(verified(secret, up)).toEqual(up.body);
    expect(up.body.data.alarm).toEqual(down.body.data.alarm);
    expect(up.id).not.toBe(down.id);

    const tampered = { ...down, text: down.text.replace('DOWN', 'GONE') };
    expect(() => verified(secret, tampered)).toThrow('No matching signature');
    expect(() => verified(`whsec_${Buffer.alloc(32).toString('base64')}`, down)).toThrow(
      'No matching signature',
    );
  });

  it('a key for some clusters learns of the others that a name is taken, and nothing else', async () => {
    const { payload } = await perform('createApiKey', { name: 'some', role: 'ADMIN', clusters: [cluster] });
    const [pager] = (await system.ask('{ webhooks { id name } }')).webhooks;
    const asScoped = createPerform(system.server.url, payload.key);
    const url = 'https://receiver.example';
    const taken = await asScoped('createWebhook', input({ url, clusters: [cluster] }));
    expect(taken).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NAME_TAKEN', message: 'another webhook is called pager' },
    });
    expect(JSON.stringify(taken)).not.toContain(pager.id);
    expect(await asScoped('updateWebhook', { id: pager.id, enabled: false })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NOT_FOUND' },
    });
    expect((await system.as(payload.key)('{ webhooks { id } }')).webhooks).toEqual([]);
  });
});

// docs/webhooks.md is true: its receivers run against real deliveries, its list and its message are those of the code.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, readLog } from '../../lab/processes.ts';
import { openCertificate } from '../../server/certificate.ts';
import { readConfig } from '../../server/config.ts';
import { alarmKinds, alarms } from '../../server/webhooks/alarms.ts';
import { headersOf } from '../../server/webhooks/deliver.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { snippetsOf } from '../support/snippets.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const path = fileURLToPath(new URL('../../docs/webhooks.md', import.meta.url));
const page = readFileSync(path, 'utf8');
const inLanguage = (language: string): string =>
  snippetsOf('docs/webhooks.md').find((each) => each.language === language)?.text ?? '';

it('lists the alarms (vitest -u writes the list anew)', async () => {
  const rows = alarmKinds.map((kind) => {
    const { means, begins, ends } = alarms[kind];
    return `| \`${kind}\` | ${means} | \`${begins}\` | ${ends === null ? '' : `\`${ends}\``} |\n`;
  });
  const list = `| alarm | means | begins with | ends with |\n| --- | --- | --- | --- |\n${rows.join('')}`;
  const written = page.replace(
    /(<!-- alarms: .* -->\n)[\s\S]*(<!-- \/alarms -->)/,
    (_, begin, end) => `${begin}${list}${end}`,
  );
  await expect(written).toMatchFileSnapshot(path);
});

it('names the waits that are the default', () => {
  expect(page).toContain('5 seconds, 5 minutes, half an hour, 2, 5, 10 and 10 hours');
  expect(readConfig({}).webhookRetrySeconds).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 36_000]);
});

describe('receivers, on no engines', () => {
  let system: System;
  let perform: Perform;
  let folder: string;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skep-hooks-'));
    const made = await openCertificate({ kind: 'self-signed' }, folder, ['localhost']);
    writeFileSync(join(folder, 'ca.pem'), made?.cert ?? '');
    system = await startSystem({
      engines: { kind: 'simulated', version: '28.5' },
      hosts: 0,
      env: { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
    });
    perform = createPerform(system.server.url, system.server.adminKey);
  });
  afterAll(async () => {
    for (const each of running) each.kill('SIGKILL');
    await system?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const answers = (port: number): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      }).on('error', () => resolve(false));
    });

  it.each([
    { language: 'js', file: 'receive.mjs', command: process.execPath },
    { language: 'python', file: 'receive.py', command: 'python3' },
  ])('the one in $language takes what is genuine and nothing else', async ({ language, file, command }) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const made = await perform('createWebhook', { name: language, url, alarms: ['NODE_DOWN'] });
    const { id } = made.payload.webhook;
    const { secret } = made.payload;
    writeFileSync(join(folder, file), inLanguage(language));
    let told = '';
    const program = spawn(command, [file], {
      cwd: folder,
      env: { ...process.env, PORT: String(port), WEBHOOK_SECRET: secret },
    });
    running.push(program);
    for (const stream of [program.stdout, program.stderr])
      stream.on('data', (part: Buffer) => {
        told += part.toString();
      });
    await until(() => answers(port), `the receiver answers: ${told}`);
    const tested = await perform('testWebhook', { id });
    expect(tested).toMatchObject({
      state: 'SUCCEEDED',
      payload: { delivery: { attempts: [{ status: 204 }] } },
    });
    await until(() => told.includes('webhook.test'), 'it says so');
    // By both secrets for a while: it still has the old one.
    await perform('rotateWebhookSecret', { id });
    expect(await perform('testWebhook', { id })).toMatchObject({ state: 'SUCCEEDED' });
    await perform('rotateWebhookSecret', { id, overlapHours: 0 });
    expect(await perform('testWebhook', { id })).toMatchObject({
      state: 'FAILED',
      failure: { message: 'The receiver answered 401.' },
    });

    const { body } = tested.payload.delivery;
    const post = async (text: string, headers: Record<string, string>): Promise<number> =>
      (await fetch(url, { method: 'POST', body: text, headers })).status;
    const now = new Date();
    const genuine = headersOf('msg_1', now, body, [secret]);
    expect(await post(body, genuine)).toBe(204);
    expect(await post(body.replace('test', 'tset'), genuine)).toBe(401);
    expect(await post(body, { ...genuine, 'webhook-id': 'msg_2' })).toBe(401);
    expect(await post(body, headersOf('msg_1', new Date(now.getTime() - 3_600_000), body, [secret]))).toBe(
      401,
    );
    expect(await post(body, { 'content-type': 'application/json' })).toBe(401);
  });

  it('speaks HTTPS to those whose certificate it can check, and to no others', async () => {
    const { cert, key } = (await openCertificate({ kind: 'self-signed' }, folder, ['localhost'])) ?? {};
    const received: string[] = [];
    const server = createServer({ cert, key }, (request, response) => {
      received.push(String(request.headers['webhook-id']));
      response.writeHead(200).end();
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const input = { name: 'tls', url: `https://localhost:${port}/`, alarms: ['NODE_DOWN'] };
      const { id } = (await perform('createWebhook', input)).payload.webhook;
      const tested = await perform('testWebhook', { id });
      expect(tested).toMatchObject({ state: 'SUCCEEDED' });
      expect(received).toEqual([tested.payload.delivery.id]);
      // The certificate is not for this name.
      await perform('updateWebhook', { id, url: `https://127.0.0.2:${port}/` });
      expect(await perform('testWebhook', { id })).toMatchObject({
        state: 'FAILED',
        payload: { delivery: { attempts: [{ status: null, error: 'TLS' }] } },
      });
      expect(received).toHaveLength(1);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('by another key nothing is sent, until address and secret are given anew', async () => {
    await system.server.stop();
    rmSync(join(system.dir, 'data', 'server-key.pem'));
    await system.server.start();
    const { webhooks } = await system.ask('{ webhooks { id name url host } }');
    const tls = webhooks.find(({ name }: any) => name === 'tls');
    expect(tls).toMatchObject({ url: null, host: expect.stringContaining('127.0.0.2:') });
    expect(await perform('testWebhook', { id: tls.id })).toMatchObject({
      payload: { delivery: { attempts: [{ error: 'KEY_CHANGED' }] } },
    });
    expect(readLog(system.server.logPath)).toContain('a webhook was sealed by another key');
    await perform('updateWebhook', { id: tls.id, url: 'http://127.0.0.1:9/' });
    const { secret } = (await perform('rotateWebhookSecret', { id: tls.id })).payload;
    expect(secret).toMatch(/^whsec_/);
    expect(await perform('testWebhook', { id: tls.id })).toMatchObject({
      payload: { delivery: { attempts: [{ error: 'REFUSED' }] } },
    });
  });

  it('the message has the fields that the page shows, in their order', async () => {
    const { webhooks } = await system.ask('{ webhooks { deliveries { edges { node { body } } } } }');
    const { body } = webhooks.flatMap(({ deliveries }: any) => deliveries.edges)[0].node;
    const [shown, real] = [JSON.parse(inLanguage('json')), JSON.parse(body)];
    expect(Object.keys(shown)).toEqual(Object.keys(real));
    expect(Object.keys(shown.data)).toEqual(Object.keys(real.data));
    expect(shown.data.version).toBe(real.data.version);
  });
});

// `skep webhook`: refused, then made, told, sent again, changed, taken away. No address is an argument or printed.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alarmKinds } from '../../cli/commands/webhook.ts';
import { createPerform } from '../support/perform.ts';
import { type Skep, skepOf } from '../support/skep.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { type Receiver, secretOfAddress, startReceiver, verified } from '../webhooks/receiver.ts';

describe('skep webhook, on SIMULATED engines', () => {
  let system: System;
  let skep: Skep;
  let receiver: Receiver;
  let cluster: string;
  let viewer: { env: NodeJS.ProcessEnv };
  let address: string;
  const secretFile = (): string => join(skep.env.HOME ?? '', 'pager.secret');

  const type = async (line: string, options: Parameters<Skep>[1] = {}): Promise<string> => {
    const { code, out, err } = await skep(line, options);
    expect({ line, code, err: code === 0 ? '' : err }).toEqual({ line, code: 0, err: '' });
    expect(out + err).not.toContain(secretOfAddress);
    return out;
  };
  const webhooks = async (): Promise<Record<string, any>[]> =>
    (
      await system.ask(
        '{ webhooks { id name host url alarms clusters disabledReason secretsUntil deliveries { edges { node { id type state } } } } }',
      )
    ).webhooks;

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 } });
    cluster = await system.formSwarm();
    skep = skepOf(system);
    receiver = await startReceiver();
    address = join(system.dir, 'address');
    writeFileSync(address, `${receiver.url}\n`, { mode: 0o600 });
    const perform = createPerform(system.server.url, system.server.adminKey);
    const { payload } = await perform('createApiKey', { name: 'looks', role: 'VIEWER' });
    viewer = { env: { SKEP_KEY: payload.key } };
  });
  afterAll(async () => {
    await receiver?.close();
    await system?.stop();
  });

  it('knows all kinds of alarms', async () => {
    const { __type } = await system.ask('{ __type(name: "AlarmKind") { enumValues { name } } }');
    expect([...alarmKinds].sort()).toEqual(__type.enumValues.map(({ name }: any) => name).sort());
  });

  it('2: takes no address as an argument, and repeats none', async () => {
    const { code, out, err } = await skep(
      `webhook create pager --alarm node-down --url-file ${receiver.url.replaceAll("'", '')}`,
    );
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('--url-file takes a file');
    expect(err).not.toContain(secretOfAddress);
    for (const [line, input] of [
      ['create pager --url-file nosuch --alarm node-down', ''],
      ['create pager --url-file - --alarm node-down', ''],
      ['create pager --url-file - --alarm node-down', `http://receiver.example/${secretOfAddress}`],
      ['create pager --url-file - --alarm earthquake', receiver.url],
      ['create pager --url-file -', receiver.url],
      ['create pager --alarm node-down', receiver.url],
      ['update pager', ''],
      ['update pager --enable --disable', ''],
      [`create pager --url-file - --alarm node-down --output ${address}`, receiver.url],
    ] as const) {
      const told = await skep(`webhook ${line}`, { input });
      expect({ line, ...told }).toMatchObject({ line, code: 2, out: '' });
      expect(told.err).not.toContain(secretOfAddress);
    }
    expect(await webhooks()).toEqual([]);
  });

  it('5: a viewer neither lists nor makes one; 1: there is none', async () => {
    expect(await skep('webhook ls', viewer)).toMatchObject({ code: 5, out: '' });
    const line = `webhook create pager --url-file ${address} --alarm node-down`;
    expect(await skep(`${line} --output pager.secret`, viewer)).toMatchObject({ code: 5, out: '' });
    expect(existsSync(secretFile())).toBe(false);
    for (const word of ['rm', 'test', 'rotate', 'deliveries', 'update --disable'])
      expect({ word, ...(await skep(`webhook ${word} nosuch`)) }).toMatchObject({ word, code: 1, out: '' });
  });

  it('is made, after a dry run, with its secret in a file of the owner’s', async () => {
    const line = `webhook create pager --url-file ${address} --alarm node-down,quorum-lost --alarm operation-failed`;
    expect(await type(`${line} --dry-run`)).toContain('Dry run: createWebhook would be done');
    expect(await webhooks()).toEqual([]);
    const made = await skep(`${line} --output pager.secret --reason 'the night shift'`);
    expect(made).toMatchObject({ code: 0, out: '' });
    expect(made.err).toContain('posts to 127.0.0.1');
    expect(made.err).not.toMatch(new RegExp(`whsec_|${secretOfAddress}`));
    expect(statSync(secretFile()).mode & 0o777).toBe(0o600);
    expect(readFileSync(secretFile(), 'utf8')).toMatch(/^whsec_\S+\n$/);
    expect(await webhooks()).toMatchObject([
      { name: 'pager', url: receiver.url, alarms: ['NODE_DOWN', 'QUORUM_LOST', 'OPERATION_FAILED'] },
    ]);
    // Refused: its name is taken.
    expect(await skep(line)).toMatchObject({ code: 3, out: '' });
  });

  it('is listed in a table, in JSON and in brief', async () => {
    const [{ id }] = (await webhooks()) as [Record<string, any>];
    expect(await type('webhook ls')).toMatch(
      new RegExp(
        `^${id} +pager +127\\.0\\.0\\.1\\S* +node-down,quorum-lost,operation-failed +all .* Enabled$`,
        'm',
      ),
    );
    expect(await type('webhook ls -q')).toBe(`${id}\n`);
    const [listed] = JSON.parse(await type('webhook ls --format json'));
    expect(listed).toMatchObject({ id, name: 'pager' });
    expect(listed).not.toHaveProperty('url');
  });

  it('a test is posted, signed by the secret; one that is not taken fails', async () => {
    expect(await type('webhook test pager')).toMatch(/^It was taken: 204, after \d+ ms\.\n$/);
    const secret = readFileSync(secretFile(), 'utf8').trim();
    expect(verified(secret, await receiver.of('webhook.test'))).toMatchObject({ type: 'webhook.test' });
    receiver.answer(500, 1);
    const { code, out, err } = await skep('webhook test pager');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('DELIVERY_FAILED');
  });

  it('deliveries are listed by state, and sent again', async () => {
    const told = await type('webhook deliveries pager');
    expect(told).toMatch(/^ID +TYPE +STATE +CREATED +ATTEMPTS +LAST ANSWER +NEXT$/m);
    expect(told).toMatch(/ webhook\.test +Failed .* 1 +500$/m);
    const failed = (await type('webhook deliveries pager --state failed -q')).trim();
    expect(failed).toMatch(/^\S+$/);
    expect(JSON.parse(await type('webhook deliveries pager -n 1 --format json'))).toMatchObject([
      { id: failed, attempts: [{ status: 500 }] },
    ]);
    expect(await type(`webhook redeliver ${failed} --reason 'the receiver was down'`)).toBe(`${failed}\n`);
    await until(
      async () => (await type('webhook deliveries pager --state succeeded -q')).includes(failed),
      'it was taken',
    );
    expect(await skep('webhook redeliver nosuch')).toMatchObject({ code: 1 });
  });

  it('its secret is made anew; the old one signs too for as long as was said', async () => {
    const before = readFileSync(secretFile(), 'utf8').trim();
    expect(await skep('webhook rotate pager --output pager.secret')).toMatchObject({ code: 2 });
    const { code, out, err } = await skep('webhook rotate pager --overlap 2h');
    expect(code).toBe(0);
    expect(err).toContain('One of before signs too, until ');
    const secret = out.trim();
    expect(secret).toMatch(/^whsec_/);
    const [{ secretsUntil }] = (await webhooks()) as [Record<string, any>];
    expect(secretsUntil).toHaveLength(1);
    receiver.received.length = 0;
    await type('webhook test pager');
    const message = await receiver.of('webhook.test');
    for (const one of [before, secret]) expect(verified(one, message)).toBeDefined();
    const last = await skep('webhook rotate pager --overlap 0 -q');
    expect(last).toMatchObject({ code: 0, err: '' });
    receiver.received.length = 0;
    await type('webhook test pager');
    expect(() => verified(secret, receiver.received[0] as never)).toThrow();
    expect(verified(last.out.trim(), await receiver.of('webhook.test'))).toBeDefined();
  });

  it('is narrowed down, widened, given another address, disabled and enabled', async () => {
    expect(await type('webhook update pager --for-cluster test --name night --alarm token-overdue')).toBe(
      'night\n',
    );
    expect(await webhooks()).toMatchObject([
      { name: 'night', clusters: [cluster], alarms: ['TOKEN_OVERDUE'] },
    ]);
    await type('webhook update night --all-clusters --disable');
    expect(await webhooks()).toMatchObject([{ clusters: null, disabledReason: 'BY_OPERATOR' }]);
    expect(await type('webhook ls')).toContain('Disabled (By operator)');
    const other = `${receiver.url}&other=1`;
    await type('webhook update night --enable --url-file -', { input: other });
    expect(await webhooks()).toMatchObject([{ url: other, disabledReason: null }]);
  });

  it('completion gives the names', async () => {
    expect(await type('complete -- webhook test n')).toContain('night');
  });

  it('is removed', async () => {
    expect(await skep('webhook rm night', viewer)).toMatchObject({ code: 5 });
    expect(await type("webhook rm night --reason 'over'")).toBe('night\n');
    expect(await webhooks()).toEqual([]);
  });
});

// TLS between agent and server: whose proof is bound to which connection, and that nobody in between can pass it on.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Agent, startAgent } from '../../agent/agent.ts';
import { readConfig } from '../../agent/config.ts';
import { createLog } from '../../agent/log.ts';
import { openCertificate } from '../../server/certificate.ts';
import { readConfig as readServerConfig } from '../../server/config.ts';
import { connectByHand, enrolByHand, newAgentKey } from '../support/hand-made-agent.ts';
import { type SecureApp, securePost, startSecureApp } from '../support/secure-app.ts';
import { startTlsRelay, type TlsRelay } from '../support/tls-relay.ts';
import { until } from '../support/until.ts';
import { type EngineDouble, startEngineDouble } from './engine-double.ts';

vi.setConfig({ testTimeout: 30_000 });

let folder: string;
let server: SecureApp;
let engine: EngineDouble;
let agents: Agent[];
let relays: TlsRelay[];
let lines: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skep-tls-'));
  server = await startSecureApp(folder);
  engine = await startEngineDouble(join(folder, 'engine.sock'));
  agents = [];
  relays = [];
  lines = [];
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.stop(0)));
  await server.app.close();
  await Promise.all(relays.map((relay) => relay.close()));
  await engine.close();
  rmSync(folder, { recursive: true });
});

const agentUrl = (port = server.app.port): string => `wss://127.0.0.1:${port}/agent`;

const start = async (environment: Record<string, string>): Promise<void> => {
  const config = readConfig({
    args: [],
    environment: {
      SKEP_AGENT_SERVER: agentUrl(),
      SKEP_AGENT_STATE: join(folder, 'state'),
      SKEP_AGENT_DOCKER_SOCKET: engine.socketPath,
      ...environment,
    },
  });
  agents.push(
    await startAgent({
      config,
      version: '0.0.0',
      log: createLog({ level: 'debug', write: (line) => lines.push(line) }),
      times: { linkDelays: { shortestMs: 5, longestMs: 50, refusedMs: 20 }, reportIntervalMs: 20 },
    }),
  );
};

const hosts = async (): Promise<{ status: string }[]> => {
  const { hosts: page } = await server.ask('{ hosts { edges { node { id status } } } }');
  return page.edges.map(({ node }: { node: { status: string } }) => node);
};
const isAttached = async (): Promise<boolean> => (await hosts())[0]?.status === 'CONNECTED';

const relay = async (to = server.app.port): Promise<TlsRelay> => {
  const made = await openCertificate({ kind: 'self-signed' }, mkdtempSync(join(folder, 'relay-')), [
    '127.0.0.1',
  ]);
  if (!made) throw new Error('no certificate');
  const started = await startTlsRelay(made, to);
  relays.push(started);
  return started;
};

test('an agent enrols and attaches over TLS with a certificate that nobody has signed', async () => {
  await start({ SKEP_AGENT_ENROLMENT: await server.enrolment() });
  await until(isAttached, 'the agent is attached');
});

test('somebody who relays between two TLS connections hears no enrolment secret', async () => {
  const secret = await server.enrolment();
  const between = await relay();
  await start({ SKEP_AGENT_SERVER: agentUrl(between.port), SKEP_AGENT_ENROLMENT: secret });
  await until(() => lines.some((line) => line.includes('somebody stands in between')), 'it is refused');
  expect(await hosts()).toEqual([]);
});

test('an enrolled agent is not attached through somebody in between, and is attached without', async () => {
  await start({ SKEP_AGENT_ENROLMENT: await server.enrolment() });
  await until(isAttached, 'the agent is attached');
  await agents.pop()?.stop(0);
  await until(async () => (await hosts())[0]?.status === 'DISCONNECTED', 'it is gone');
  const between = await relay();
  await start({ SKEP_AGENT_SERVER: agentUrl(between.port) });
  await until(() => between.connections() > 2, 'it has tried');
  expect(lines.join('')).toContain('somebody stands in between');
  expect((await hosts())[0]?.status).toBe('DISCONNECTED');
  await agents.pop()?.stop(0);
  await start({});
  await until(isAttached, 'the agent is attached');
});

test('the server does not take a proof that was given on another TLS connection', async () => {
  const key = await enrolByHand(agentUrl(), newAgentKey(), await server.enrolment());
  const between = await relay();
  // An agent that would not look at the server's proof: its own is refused all the same.
  const through = await connectByHand(agentUrl(between.port), key);
  await expect(through.attach()).rejects.toThrow('UNAUTHENTICATED');
  const straight = await connectByHand(agentUrl(), key);
  await expect(straight.attach()).resolves.toEqual({ attach: { host: key.host } });
});

test('an agent that asks for no binding is refused where there is TLS and no proxy', async () => {
  const key = await enrolByHand(agentUrl(), newAgentKey(), await server.enrolment());
  await expect(connectByHand(agentUrl(), key, { binding: 'none' })).rejects.toThrow('closed 4403');
  await expect(connectByHand(agentUrl(), key, { maxVersion: 'TLSv1.2' })).rejects.toThrow('closed 4403');
});

test('behind a proxy that ends the TLS the agent has to be told, and then trusts by certificate', async () => {
  await server.app.close();
  const env = { SKEP_TLS: 'self-signed', SKEP_BEHIND_PROXY: 'yes' };
  server = await startSecureApp(folder, env, server.adminKey);
  const proxy = await relay();
  const settings = {
    SKEP_AGENT_SERVER: agentUrl(proxy.port),
    SKEP_AGENT_ENROLMENT: await server.enrolment(),
  };
  // The proxy's certificate is signed by nobody that this host trusts.
  await start({ ...settings, SKEP_AGENT_BINDING: 'none' });
  await until(() => lines.some((line) => /self-signed certificate/.test(line)), 'the certificate is refused');
  // Somebody who trusts it, and asks as an agent does that was told.
  const told = await connectByHand(agentUrl(proxy.port), newAgentKey(), { binding: 'none' });
  expect(told.acknowledgement.binding).toBe('none');
  // An agent that was not told insists, whatever the server grants.
  await start({ ...settings, SKEP_AGENT_STATE: join(folder, 'state-2') });
  await until(() => lines.some((line) => line.includes('somebody stands in between')), 'it is refused');
  expect(await hosts()).toEqual([]);
});

test('an attach that was overheard is worth nothing on another connection', async () => {
  const key = await enrolByHand(agentUrl(), newAgentKey(), await server.enrolment());
  const first = await connectByHand(agentUrl(), key);
  let overheard = '';
  const send = first.socket.send.bind(first.socket);
  first.socket.send = (data: string) => {
    overheard = JSON.parse(data).payload.variables.signature;
    send(data);
  };
  await first.attach();
  const second = await connectByHand(agentUrl(), key, { nonce: first.nonce });
  await expect(second.attach({ signature: overheard })).rejects.toThrow('UNAUTHENTICATED');
});

test('an agent with another pin tells its enrolment to nobody', async () => {
  const secret = await server.enrolment();
  const wrong = `${secret.split('.').slice(0, 2).join('.')}.${'A'.repeat(43)}`;
  await start({ SKEP_AGENT_ENROLMENT: wrong });
  await until(() => lines.some((line) => line.includes('another key')), 'it is refused');
  expect(await hosts()).toEqual([]);
});

test('callers: https with the certificate that the server made, kept for the next start', async () => {
  expect(server.app.url).toMatch(/^https:/);
  expect(statSync(join(folder, 'data/tls.pem')).mode & 0o777).toBe(0o600);
  expect(await server.ask('{ viewer { name } }')).toEqual({ viewer: { name: 'first admin' } });
  const { createEnrolment } = await server.ask('mutation { createEnrolment(input: {}) { command } }');
  expect(createEnrolment.command).toContain(`wss://127.0.0.1:${server.app.port}/agent`);
  const other = await openCertificate({ kind: 'self-signed' }, mkdtempSync(join(folder, 'other-')), [
    '127.0.0.1',
  ]);
  await expect(
    securePost(server.app.url, other?.cert ?? '', server.adminKey, '{ viewer { name } }'),
  ).rejects.toThrow('self-signed certificate');
  const before = server.certificate();
  await server.app.close();
  server = await startSecureApp(folder, undefined, server.adminKey);
  expect(server.certificate()).toBe(before);
});

const ownCertificate = async (): Promise<void> => {
  const made = await openCertificate({ kind: 'self-signed' }, mkdtempSync(join(folder, 'own-')), [
    '127.0.0.1',
  ]);
  writeFileSync(
    join(folder, 'own.crt'),
    made?.cert.replace(/-----BEGIN PRIVATE.*?END PRIVATE KEY-----\n/s, '') ?? '',
  );
  writeFileSync(join(folder, 'own.key'), made?.key ?? '');
};

test('callers and agents: a certificate of the operator’s own, read again when told', async () => {
  await server.app.close();
  await ownCertificate();
  const env = { SKEP_TLS_CERT: join(folder, 'own.crt'), SKEP_TLS_KEY: join(folder, 'own.key') };
  server = await startSecureApp(folder, env, server.adminKey);
  const ask = (): Promise<unknown> =>
    securePost(server.app.url, server.certificate(), server.adminKey, '{ viewer { name } }');
  await expect(ask()).resolves.toMatchObject({ data: { viewer: { name: 'first admin' } } });
  const key = newAgentKey();
  await expect(connectByHand(agentUrl(), key)).resolves.toMatchObject({
    acknowledgement: { binding: 'tls-exporter' },
  });
  await ownCertificate();
  await expect(ask()).rejects.toThrow('self-signed certificate');
  await server.app.renewCertificate();
  await expect(ask()).resolves.toMatchObject({ data: { viewer: { name: 'first admin' } } });
  writeFileSync(join(folder, 'own.key'), 'nothing');
  await expect(server.app.renewCertificate()).rejects.toThrow('SKEP_TLS_KEY');
  await expect(ask()).resolves.toMatchObject({ data: { viewer: { name: 'first admin' } } });
});

test.each([
  [{ SKEP_HOST: '0.0.0.0' }, 'SKEP_TLS_CERT'],
  [{ SKEP_TLS_CERT: '/a' }, 'SKEP_TLS_KEY'],
  [{ SKEP_TLS_CERT: '/a', SKEP_TLS_KEY: '/b', SKEP_TLS: 'self-signed' }, 'SKEP_TLS'],
])('%o is refused', (env, reason) => {
  expect(() => readServerConfig(env)).toThrow(reason);
});

test('with TLS the server listens on any address', () => {
  expect(readServerConfig({ SKEP_HOST: '0.0.0.0', SKEP_TLS: 'self-signed' }).host).toBe('0.0.0.0');
});

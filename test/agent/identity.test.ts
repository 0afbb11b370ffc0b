// An agent's identity is its key bound to its engine: copies of either, and what is left of an agent that is revoked.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type AgentKey,
  connectByHand,
  enrolByHand,
  type HandMadeAgent,
  newAgentKey,
} from '../support/hand-made-agent.ts';
import { type SecureApp, startSecureApp } from '../support/secure-app.ts';
import { until } from '../support/until.ts';

vi.setConfig({ testTimeout: 30_000 });

let folder: string;
let server: SecureApp;
let url: string;
let sockets: HandMadeAgent[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skep-identity-'));
  server = await startSecureApp(folder);
  url = `wss://127.0.0.1:${server.app.port}/agent`;
  sockets = [];
});

afterEach(async () => {
  for (const { socket } of sockets) socket.terminate();
  await server.app.close();
  rmSync(folder, { recursive: true });
});

const connect = async (key: AgentKey): Promise<HandMadeAgent> => {
  const agent = await connectByHand(url, key);
  sockets.push(agent);
  return agent;
};

const enrol = async (engineId: string | null = 'engine-1'): Promise<AgentKey> =>
  enrolByHand(url, newAgentKey(), await server.enrolment(), { engineId });

const hostOf = async ({ host }: AgentKey): Promise<any> =>
  (
    await server.ask(
      `{ host(id: "${host}") { name status quarantine { reason message engine } engine { id } } }`,
    )
  ).host;

const quarantines = async (): Promise<any[]> => {
  const { auditLog } = await server.ask(
    '{ auditLog(filter: { action: "quarantineHost" }, first: 10) { edges { node { phase actor { kind } targets { id } input } } } }',
  );
  return auditLog.edges.map(({ node }: any) => node);
};

const release = async (key: AgentKey, engine?: string): Promise<any> => {
  const { releaseHost } = await server.ask(
    `mutation { releaseHost(input: { id: "${key.host}"${engine ? `, engine: "${engine}"` : ''} }) { state failure { code } } }`,
  );
  return releaseHost;
};

const reportDocument = 'mutation($input: ReportInput!) { report(input: $input) }';
const reportOf = (engineId: string): Record<string, unknown> => ({
  agentVersion: '0',
  hostname: 'by-hand',
  bootId: 'boot-1',
  allow: ['InitSwarm'],
  addresses: [{ interface: 'eth0', address: '10.0.0.1', prefixLength: 24 }],
  engine: {
    id: engineId,
    version: '27.0.0',
    apiVersion: '1.46',
    minApiVersion: '1.24',
    operatingSystem: 'x',
    kernelVersion: 'x',
    osType: 'linux',
    architecture: 'x',
    cpus: 1,
    memoryBytes: 1,
    storageDriver: 'x',
    labels: [],
  },
  swarm: { localState: 'INACTIVE', controlAvailable: false, remoteManagers: [] },
});

describe('one key twice', () => {
  test('on the same engine since the same start: the newest connection wins', async () => {
    const key = await enrol();
    const older = await connect(key);
    await older.attach();
    const newer = await connect(key);
    await newer.attach();
    expect(await older.closed).toBe(4409);
    expect(await hostOf(key)).toMatchObject({ status: 'CONNECTED', quarantine: null });
  });

  test('since another start, and the older one does not answer: the newer waits, then takes its place', async () => {
    const key = await enrol();
    const older = await connect(key);
    await older.attach({ bootId: 'boot-1' });
    older.socket.pause();
    const newer = await connect(key);
    let isAttached = false;
    const attaching = newer.attach({ bootId: 'boot-2' }).then(() => {
      isAttached = true;
    });
    // Something else is asked and answered on the way, and it still waits.
    await hostOf(key);
    expect(isAttached).toBe(false);
    await attaching;
    expect(await hostOf(key)).toMatchObject({ status: 'CONNECTED', quarantine: null });
  });

  test('since another start, and the older one answers: both are in quarantine', async () => {
    const key = await enrol();
    const older = await connect(key);
    await older.attach({ bootId: 'boot-1' });
    const newer = await connect(key);
    await expect(newer.attach({ bootId: 'boot-2' })).rejects.toThrow('HOST_QUARANTINED');
    expect(await older.closed).toBe(4403);
    expect(await hostOf(key)).toMatchObject({
      status: 'QUARANTINED',
      quarantine: { reason: 'KEY_USED_TWICE' },
    });
    expect(await quarantines()).toMatchObject([
      {
        phase: 'OBSERVED',
        actor: { kind: 'SYSTEM' },
        targets: [{ id: key.host }],
        input: { bootIds: ['boot-1', 'boot-2'] },
      },
    ]);
    await expect((await connect(key)).attach({ bootId: 'boot-1' })).rejects.toThrow('HOST_QUARANTINED');
    expect(await release(key)).toMatchObject({ state: 'SUCCEEDED' });
    await (await connect(key)).attach({ bootId: 'boot-1' });
    expect(await hostOf(key)).toMatchObject({ status: 'CONNECTED', quarantine: null });
  });

  test('on another engine: in quarantine, also when the engine is heard of later', async () => {
    const key = await enrol();
    const older = await connect(key);
    await older.attach();
    await expect((await connect(key)).attach({ engineId: 'engine-2' })).rejects.toThrow('HOST_QUARANTINED');
    expect(await older.closed).toBe(4403);
    expect(await hostOf(key)).toMatchObject({
      status: 'QUARANTINED',
      quarantine: { reason: 'ENGINE_CHANGED', engine: 'engine-2' },
    });
    await release(key);
    const silent = await connect(key);
    await silent.attach({ engineId: null });
    await expect(silent.request(reportDocument, { input: reportOf('engine-2') })).rejects.toThrow(
      /HOST_QUARANTINED|closed 4403/,
    );
    expect(await silent.closed).toBe(4403);
    expect(await hostOf(key)).toMatchObject({ status: 'QUARANTINED' });
    expect(await quarantines()).toHaveLength(2);
  });

  test('an engine that was installed anew: its host is released with the new engine', async () => {
    const key = await enrol();
    await expect((await connect(key)).attach({ engineId: 'engine-2' })).rejects.toThrow('HOST_QUARANTINED');
    expect(await release(key, 'engine-2')).toMatchObject({ state: 'SUCCEEDED' });
    await (await connect(key)).attach({ engineId: 'engine-2' });
    await expect((await connect(key)).attach({ engineId: 'engine-1' })).rejects.toThrow('HOST_QUARANTINED');
  });
});

test('an engine that is another host’s is refused: at enrolment, attached, reported, released', async () => {
  const first = await enrol('engine-1');
  const secret = await server.enrolment();
  await expect(enrolByHand(url, newAgentKey(), secret, { engineId: 'engine-1' })).rejects.toThrow(
    'ENGINE_CLAIMED',
  );
  // The secret was not spent on it.
  const second = await enrolByHand(url, newAgentKey(), secret, { engineId: null });
  await expect((await connect(second)).attach({ engineId: 'engine-1' })).rejects.toThrow('ENGINE_CLAIMED');
  const silent = await connect(second);
  await silent.attach({ engineId: null });
  await expect(silent.request(reportDocument, { input: reportOf('engine-1') })).rejects.toThrow(
    /ENGINE_CLAIMED|closed 4403/,
  );
  expect(await silent.closed).toBe(4403);
  expect(await hostOf(second)).toMatchObject({ quarantine: null, engine: null });
  await (await connect(second)).attach({ engineId: 'engine-3' });
  await expect((await connect(second)).attach({ engineId: 'engine-4' })).rejects.toThrow('HOST_QUARANTINED');
  expect(await release(second, 'engine-1')).toMatchObject({
    state: 'REFUSED',
    failure: { code: 'ENGINE_CLAIMED' },
  });
  await (await connect(first)).attach({ engineId: 'engine-1' });
});

describe('an agent that is revoked', () => {
  const revoke = (key: AgentKey) =>
    server.ask(`mutation { revokeHost(input: { id: "${key.host}" }) { state } }`);

  test('is cut off within a second without a word of its own, and does not come back', async () => {
    const key = await enrol();
    const agent = await connect(key);
    await agent.attach();
    const began = performance.now();
    await revoke(key);
    expect(await agent.closed).toBe(4403);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(await hostOf(key)).toMatchObject({ status: 'REVOKED', engine: null });
    await expect((await connect(key)).attach()).rejects.toThrow('UNAUTHENTICATED');
  });

  test('ends the commands that wait for it, also while an operation holds the host', async () => {
    const key = await enrol();
    const agent = await connect(key);
    await agent.attach();
    await agent.request(reportDocument, { input: reportOf('engine-1') });
    const commands = agent.listen();
    const { initCluster } = await server.ask(
      `mutation { initCluster(input: { host: "${key.host}", name: "x", advertiseAddr: "10.0.0.1", waitSeconds: 0 }) { id state } }`,
    );
    expect(initCluster.state).not.toBe('REFUSED');
    await until(() => commands.length > 0, 'the command came');
    await revoke(key);
    // It no longer waits for an answer, but looks whether the effect can be observed; without this it would wait a minute.
    await until(
      async () =>
        (await server.ask(`{ operation(id: "${initCluster.id}") { state } }`)).operation.state === 'UNKNOWN',
      'the command has ended',
      5_000,
    );
  });
});

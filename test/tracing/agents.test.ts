// Agents of another version, broken ones, and a server that does not trace. The engine and its agent are made by hand.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HandMadeAgent } from '../support/hand-made-agent.ts';
import {
  attachManager,
  clusterId,
  commandsOf,
  createSwarm,
  ids,
  managerId,
} from '../support/hand-made-swarm.ts';
import { type Receiver, startReceiver } from '../support/otlp.ts';
import { type SecureApp, startSecureApp } from '../support/secure-app.ts';
import { until } from '../support/until.ts';

let folder: string;
let server: SecureApp;
let receiver: Receiver;
let agent: HandMadeAgent;
let swarm: ReturnType<typeof createSwarm>;
let commands: ReturnType<typeof commandsOf>;
/** Whether commands asked for the calls of the engine. */
let asked: Set<boolean | undefined>;

/** @param more beside the result, as an agent sends it. */
const complete = (command: string, result: unknown, more: object = {}) =>
  agent.request('mutation($input: CompleteInput!) { complete(input: $input) }', {
    input: { command, outcome: 'DONE', result, ...more },
  });
const answerReads = async (): Promise<void> => {
  for (const { id } of commands()) await complete(id, swarm.list());
};

/** @param fields of commands that the agent asks for; by default as one of before did. */
const start = async (env: Record<string, string>, fields?: string): Promise<void> => {
  folder = mkdtempSync(join(tmpdir(), 'skep-traced-'));
  server = await startSecureApp(folder, {
    ...{ SKEP_TLS: 'self-signed', SKEP_WATCH_INTERVAL_MS: '60000' },
    ...env,
  });
  swarm = createSwarm();
  agent = await attachManager(server, managerId, 'engine-1');
  const taken = commandsOf(agent, fields);
  asked = new Set();
  commands = () => {
    const fresh = taken();
    for (const { trace } of fresh) asked.add(trace);
    return fresh;
  };
  let isAdopted = false;
  void server.ask(`mutation { adoptCluster(input: { cluster: "${clusterId}" }) { state } }`).then(() => {
    isAdopted = true;
  });
  await until(async () => {
    await answerReads();
    if (!isAdopted) return false;
    const { nodes } = await server.ask('{ nodes { totalCount } }');
    return nodes.totalCount === ids.length;
  }, 'it is adopted, and its nodes are known');
};

/** Sets a label; the agent answers the write with `more` beside the result. */
const setLabel = async (more: object): Promise<void> => {
  const answer = server.ask(
    `mutation { updateNodeLabels(input: { cluster: "${clusterId}", nodes: ["node1"], set: [{ key: "value", value: "1" }] }) { state } }`,
  );
  const effect = await until(async () => {
    for (const { id, kind } of commands()) {
      if (kind !== 'ReadCluster') return id;
      await complete(id, swarm.list());
    }
    return null;
  }, 'the write is sent');
  swarm.write('node1');
  await complete(effect, { changed: true, version: 10, attempts: 1 }, { seen: swarm.node('node1'), ...more });
  expect((await answer).updateNodeLabels.state).toBe('SUCCEEDED');
};

beforeEach(async () => {
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '50');
  receiver = await startReceiver();
});
afterEach(async () => {
  agent.socket.terminate();
  await server.app.close();
  await receiver.stop();
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

const command = () =>
  until(() => receiver.spans.find(({ name }) => name === 'command UpdateNode'), 'the command has come');

describe('a server that traces', () => {
  it('says so when an agent connects; one that tells of no calls has a command without any', async () => {
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/` });
    expect(agent.acknowledgement.traces).toBe(true);
    await setLabel({});
    const { spanId, attributes } = await command();
    expect(attributes['skep.command.outcome']).toBe('DONE');
    expect(receiver.spans.filter(({ parentSpanId }) => parentSpanId === spanId)).toEqual([]);
    expect(receiver.spans.filter(({ service }) => service === 'skep-agent')).toEqual([]);
  });

  it('takes of what an agent tells only what is a call of an engine, and puts it within the command', async () => {
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }, 'id trace');
    const call = (path: string, more: object = {}) => ({
      ...{ method: 'GET', path, status: 200, offsetMs: 0, durationMs: 1 },
      ...more,
    });
    await setLabel({
      engine: {
        tookMs: 1e9,
        calls: [
          call('/nodes/{id}', { offsetMs: 1e9, durationMs: 1e9 }),
          call('/swarm', { status: null }),
          call('/nodes/SWMTKN-1-canary'),
          call('/nodes?filters=canary'),
          call('/swarm', { method: 'canary' }),
          call('/swarm', { offsetMs: -1 }),
          call(`/${'canary'.repeat(10_000)}`),
          call('/canary', { status: 123_456 }),
          ...Array.from({ length: 1_000 }, () => call('/info')),
        ],
      },
    });
    expect(asked).toContain(true);
    const { spanId, start: from, end: to } = await command();
    const calls = receiver.spans.filter(({ parentSpanId }) => parentSpanId === spanId);
    expect(calls.length).toBeLessThanOrEqual(100);
    expect(calls.find(({ name }) => name === 'GET /swarm')).toMatchObject({ failed: 'no answer' });
    expect(new Set(calls.map(({ name }) => name))).toEqual(
      new Set(['GET /nodes/{id}', 'GET /swarm', 'GET /info']),
    );
    for (const { start: began, end: ended } of calls) {
      expect(began).toBeGreaterThanOrEqual(from - 0.01);
      expect(ended).toBeLessThanOrEqual(to + 0.01);
    }
    expect(receiver.text()).not.toContain('canary');
  });

  it('goes on when nobody takes its traces, and stops all the same', async () => {
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    await setLabel({});
    expect(receiver.connections()).toBe(0);
  });
});

describe('a server that does not', () => {
  it('asks for no calls and sends nothing', async () => {
    await start({}, 'id trace');
    expect(agent.acknowledgement.traces).toBeUndefined();
    await setLabel({});
    expect(asked.size).toBe(1);
    expect(asked).toEqual(new Set([false]));
    expect(receiver.connections()).toBe(0);
  });

  it('loads nothing of OpenTelemetry’s SDK', async () => {
    await start({});
    const run = async (env: NodeJS.ProcessEnv): Promise<string[]> => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--import', 'tsx', fileURLToPath(new URL('./loaded.ts', import.meta.url)), folder],
        { env: { ...process.env, ...env } },
      );
      return JSON.parse(stdout);
    };
    expect(await run({})).toEqual([]);
    expect(await run({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })).toEqual(
      expect.arrayContaining(['exporter-trace-otlp-http', 'sdk-trace-base']),
    );
  });
});

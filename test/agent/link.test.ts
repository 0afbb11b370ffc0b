// The link: who is trusted with what, and what happens when a connection breaks.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Agent, startAgent } from '../../agent/agent.ts';
import { readConfig } from '../../agent/config.ts';
import { type Dialled, dial } from '../../agent/dial.ts';
import { createLog } from '../../agent/log.ts';
import { type EngineDouble, startEngineDouble } from './engine-double.ts';
import { type StandInServer, startStandInServer } from './stand-in-server.ts';
import { until } from './until.ts';

let folder: string;
let server: StandInServer;
let engine: EngineDouble;
let agents: Agent[];
let lines: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skep-link-'));
  server = await startStandInServer(join(folder, 'server.sock'));
  engine = await startEngineDouble(join(folder, 'engine.sock'));
  agents = [];
  lines = [];
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.stop(0)));
  await server.close();
  await engine.close();
  rmSync(folder, { recursive: true });
});

async function start(environment: Record<string, string> = {}, dialled?: Dialled): Promise<Agent> {
  const config = readConfig({
    args: [],
    environment: {
      SKEP_AGENT_SERVER: server.url,
      SKEP_AGENT_STATE: join(folder, 'state'),
      SKEP_AGENT_DOCKER_SOCKET: engine.socketPath,
      SKEP_AGENT_ENROLMENT: `skep_enr_e1.c2VjcmV0.${server.pin}`,
      ...environment,
    },
  });
  const agent = await startAgent({
    config,
    version: '0.0.0',
    log: createLog({ level: 'debug', write: (line) => lines.push(line) }),
    dialled,
    times: { linkDelays: { shortestMs: 5, longestMs: 50, refusedMs: 20 }, reportIntervalMs: 20 },
  });
  agents.push(agent);
  return agent;
}

test('an agent enrols, comes back as its host, attaches, reports and listens', async () => {
  await start();
  await until(() => server.heardOf('report').length > 0 && server.heardOf('commands').length > 0, 'a report');
  expect(server.heardOf('enrol')[0]?.input).toMatchObject({
    input: { secret: 'skep_enr_e1.c2VjcmV0', hostname: 'one', engineId: 'ENGINE:1' },
  });
  expect(server.inits[0]).not.toHaveProperty('agent');
  expect(server.inits[1]).toMatchObject({ agent: 'host-1', version: '0.0.0' });
  expect(server.heard.map(({ field }) => field).slice(0, 3)).toEqual(['enrol', 'attach', 'report']);
  expect(server.heardOf('report')[0]?.input).toMatchObject({
    input: {
      hostname: 'one',
      engine: { id: 'ENGINE:1', apiVersion: '1.51' },
      swarm: { localState: 'INACTIVE' },
    },
  });
  expect(statSync(join(folder, 'state', 'agent.key')).mode & 0o777).toBe(0o600);
  expect(lines.join('')).not.toContain('c2VjcmV0');
});

test('what was dialled before is taken up; not under a name that is no longer its own', async () => {
  const early = () => dial({ url: server.url, binding: 'none', version: '0.0.0', host: '' });
  await start({}, early());
  await until(() => server.heardOf('commands').length > 0, 'attached');
  await agents.shift()?.stop(100);
  expect(server.inits.map(({ agent }) => agent)).toEqual([undefined, 'host-1']);
  await start({}, early());
  await until(() => server.heardOf('commands').length > 1, 'attached again');
  expect(
    server.inits
      .map(({ agent }) => agent)
      .slice(2)
      .sort(),
  ).toEqual(['host-1', undefined]);
  expect(server.heardOf('enrol')).toHaveLength(1);
  expect(lines.join('')).not.toContain('the server refuses');
  await until(() => server.connections() === 1, 'the first one is closed');
});

test('a server with another key than the pinned one never sees the enrolment secret', async () => {
  await start({ SKEP_AGENT_ENROLMENT: `skep_enr_e1.c2VjcmV0.${'A'.repeat(43)}` });
  await until(() => server.inits.length > 1, 'a second try');
  expect(server.heard).toEqual([]);
  expect(lines.join('')).toContain('another key');
  expect(existsSync(join(folder, 'state', 'membership.json'))).toBe(false);
});

test('a server that does not prove its pinned key is told nothing', async () => {
  server.mode.forge = true;
  await start();
  await until(() => server.inits.length > 1, 'a second try');
  expect(server.heard).toEqual([]);
});

test('an enrolled agent refuses another server and ignores a new enrolment', async () => {
  const first = await start();
  await until(() => server.heardOf('report').length > 0, 'a report');
  await first.stop(0);
  await server.close();
  server = await startStandInServer(join(folder, 'server.sock'));
  await start({ SKEP_AGENT_ENROLMENT: `skep_enr_e2.c2VjcmV0.${server.pin}` });
  await until(() => server.inits.length > 1, 'a second try');
  expect(server.heard).toEqual([]);
});

test('a broken enrolment keeps the key pair', async () => {
  server.mode.refuseAttach = true;
  const first = await start();
  await until(() => server.heardOf('enrol').length > 0, 'a try');
  const key = readFileSync(join(folder, 'state', 'agent.key'));
  await first.stop(0);
  server.mode.refuseAttach = false;
  await start();
  await until(() => server.heardOf('report').length > 0, 'a report');
  expect(readFileSync(join(folder, 'state', 'agent.key'))).toEqual(key);
});

test.each([undefined, 1000, 1001, 4403])(
  'after a close (%s) it connects, attaches and reports anew',
  async (code) => {
    await start();
    await until(() => server.heardOf('commands').length === 1, 'the first subscription');
    server.dropAll(code);
    await until(() => server.heardOf('commands').length === 2, 'the second subscription');
    await until(() => server.heardOf('report').length === 2, 'the second report');
    // The client of graphql-ws must not have connected by itself beside it.
    expect(server.inits).toHaveLength(3);
    expect(server.connections()).toBe(1);
    const fields = server.heard.map(({ field }) => field);
    expect(fields.lastIndexOf('attach')).toBeLessThan(fields.lastIndexOf('commands'));
  },
);

test('a server that falls silent is left after two heartbeats', async () => {
  await server.close();
  server = await startStandInServer(join(folder, 'server.sock'), { heartbeatSeconds: 1 });
  await start();
  await until(() => server.heardOf('commands').length === 1, 'the first subscription');
  server.fallSilent();
  await until(() => server.heardOf('commands').length === 2, 'the second subscription');
  expect(lines.join('')).toContain('fell silent');
});

test('the report is sent only when something changed', async () => {
  await start();
  await until(() => server.heardOf('report').length === 1, 'the first report');
  const before = engine.askedFor('GET /info').length;
  await until(() => engine.askedFor('GET /info').length > before + 5, 'more looks');
  expect(server.heardOf('report')).toHaveLength(1);
  engine.answers['GET /info'] = { status: 500, body: { message: 'broken' } };
  await until(() => server.heardOf('report').length === 2, 'the second report');
  expect(server.heardOf('report')[1]?.input).toMatchObject({
    input: { engine: null, swarm: null, engineFailure: 'ENGINE_ERROR: broken' },
  });
});

test('an engine that ended its events was away, also when it answers whenever it is asked', async () => {
  const streams: ServerResponse[] = [];
  engine.answers['GET /events'] = (_, response) => {
    response.flushHeaders();
    streams.push(response);
  };
  await start();
  await until(() => server.heardOf('report').length === 1 && streams.length === 1, 'the first report');
  streams[0]?.end();
  await until(() => server.heardOf('report').length === 3, 'two more reports');
  const [first, away, back] = server.heardOf('report').map(({ input }) => Object(input.input));
  expect(away).toMatchObject({
    hostname: 'one',
    engine: null,
    swarm: null,
    engineFailure: expect.stringMatching(/^ENGINE_UNREACHABLE: /),
  });
  expect(back).toEqual(first);
  await until(() => streams.length === 2, 'the events are listened to again');
  expect(server.heardOf('report')).toHaveLength(3);
});

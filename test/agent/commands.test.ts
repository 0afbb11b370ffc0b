// Commands on their way through a running agent: once each, in order, on time, allowed, and without their secrets.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Agent, startAgent } from '../../agent/agent.ts';
import { readConfig } from '../../agent/config.ts';
import { createLog } from '../../agent/log.ts';
import { type EngineDouble, inactiveInfo, startEngineDouble } from './engine-double.ts';
import { type StandInServer, startStandInServer } from './stand-in-server.ts';
import { until } from './until.ts';

vi.setConfig({ testTimeout: 20_000 });

let folder: string;
let server: StandInServer;
let engine: EngineDouble;
let agents: Agent[];
let lines: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skep-commands-'));
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

async function start(environment: Record<string, string> = {}): Promise<Agent> {
  const agent = await startAgent({
    config: readConfig({
      args: [],
      environment: {
        SKEP_AGENT_SERVER: server.url,
        SKEP_AGENT_STATE: join(folder, 'state'),
        SKEP_AGENT_DOCKER_SOCKET: engine.socketPath,
        SKEP_AGENT_ENROLMENT: `skep_enr_e1.c2VjcmV0.${server.pin}`,
        ...environment,
      },
    }),
    version: '0.0.0',
    log: createLog({ level: 'trace', write: (line) => lines.push(line) }),
    times: { linkDelays: { shortestMs: 5, longestMs: 50, refusedMs: 20 } },
  });
  agents.push(agent);
  return agent;
}

const completionOf = (id: string) =>
  until(() => server.completions().find(({ command }) => command === id), `a result of ${id}`);
const node = {
  ID: 'n1',
  Version: { Index: 5 },
  Spec: { Role: 'worker', Availability: 'active', Labels: {} },
};
const updateOf = (key: string) => ({
  __typename: 'UpdateNode',
  node: 'n1',
  setLabels: [{ key, value: 'x' }],
  removeLabels: [],
});
const remove = { __typename: 'RemoveNode', node: 'n1', force: false };
const journalText = () => readFileSync(join(folder, 'state', 'journal.jsonl'), 'utf8');

test('an effect is accepted, acknowledged, carried out, answered and confirmed', async () => {
  engine.answers['GET /nodes/n1'] = { body: node };
  engine.answers['POST /nodes/n1/update'] = {};
  await start();
  server.send('c1', updateOf('a'));
  await expect(completionOf('c1')).resolves.toEqual({
    command: 'c1',
    outcome: 'DONE',
    result: { changed: true, version: 5, attempts: 1 },
    seen: node,
  });
  await until(() => journalText().includes('confirmed'), 'the confirmation');
  // What was read is of its moment: sent again later, the result comes without it.
  expect(journalText()).not.toContain('seen');
  const states = journalText()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).state);
  expect(states).toEqual(['accepted', 'started', 'result', 'confirmed']);
  const fields = server.heard.map(({ field }) => field);
  expect(fields.indexOf('acknowledge')).toBeLessThan(fields.indexOf('complete'));
});

test('a node keeps every label and field that the command does not name', async () => {
  const labels = Object.fromEntries([
    ['__proto__', 'p'],
    ['constructor', 'c'],
    ['', 'empty'],
  ]);
  engine.answers['GET /nodes/n1'] = {
    body: { ...node, Spec: { ...node.Spec, Name: 'kept', Later: [1], Labels: labels } },
  };
  engine.answers['POST /nodes/n1/update'] = {};
  await start();
  server.send('c1', { ...updateOf('a'), removeLabels: ['', 'toString'] });
  await completionOf('c1');
  const [{ body, query } = { body: null, query: null }] = engine.askedFor('POST /nodes/n1/update');
  expect(query?.get('version')).toBe('5');
  const { Labels: written, ...spec } = Object(body);
  expect(spec).toEqual({ Role: 'worker', Availability: 'active', Name: 'kept', Later: [1] });
  expect(Object.entries(written)).toEqual([
    ['__proto__', 'p'],
    ['constructor', 'c'],
    ['a', 'x'],
  ]);
});

test('a command sent again is not run again', async () => {
  let release: ServerResponse | undefined;
  engine.answers['GET /nodes/n1'] = { body: node };
  engine.answers['DELETE /nodes/n1'] = (_, response) => {
    release = response;
  };
  await start();
  server.send('c1', remove);
  const first = await until(() => release, 'the call');
  server.dropAll();
  await until(() => server.heardOf('acknowledge').length === 2, 'a second acknowledgement');
  first.end();
  await completionOf('c1');
  expect(engine.askedFor('DELETE /nodes/n1')).toHaveLength(1);
});

test('a result that the server did not take is sent again after a reconnect', async () => {
  server.mode.refuseComplete = true;
  engine.answers['GET /nodes/n1'] = { body: node };
  engine.answers['DELETE /nodes/n1'] = {};
  await start();
  server.send('c1', remove);
  await until(() => lines.join('').includes('did not take a result'), 'the refusal');
  server.mode.refuseComplete = false;
  server.dropAll();
  await expect(completionOf('c1')).resolves.toMatchObject({ outcome: 'DONE' });
  expect(engine.askedFor('DELETE /nodes/n1')).toHaveLength(1);
});

test('a result that the server did not take is brought again on the same connection', async () => {
  engine.answers['GET /nodes/n1'] = { body: node };
  engine.answers['DELETE /nodes/n1'] = {};
  await start();
  server.mode.refuseComplete = true;
  server.send('c1', remove);
  await until(() => lines.some((line) => line.includes('did not take a result')), 'a refused result');
  server.mode.refuseComplete = false;
  await completionOf('c1');
  expect(server.heardOf('attach')).toHaveLength(1);
  expect(engine.askedFor('DELETE /nodes/n1')).toHaveLength(1);
});

test('effects run one at a time in order, reads pass them', async () => {
  const waiting: ServerResponse[] = [];
  engine.answers['GET /nodes/n1'] = { body: node };
  engine.answers['DELETE /nodes/n1'] = (_, response) => waiting.push(response);
  engine.answers['GET /tasks'] = { body: [] };
  await start();
  server.send('c1', remove);
  server.send('c2', updateOf('b'));
  engine.answers['POST /nodes/n1/update'] = {};
  server.send('r1', { __typename: 'ReadTasks', node: 'n1' });
  await expect(completionOf('r1')).resolves.toMatchObject({ outcome: 'DONE', result: { tasks: [] } });
  expect(engine.askedFor('POST /nodes/n1/update')).toHaveLength(0);
  (await until(() => waiting[0], 'the first call')).end();
  await completionOf('c2');
  expect(server.completions().map(({ command }) => command)).toEqual(['r1', 'c1', 'c2']);
  expect(journalText()).not.toContain('r1');
});

test('a command that waited too long is refused, not begun', async () => {
  const waiting: ServerResponse[] = [];
  engine.answers['GET /nodes/n1'] = { body: node };
  engine.answers['DELETE /nodes/n1'] = (_, response) => waiting.push(response);
  await start();
  server.send('c1', remove);
  server.send('c2', updateOf('b'), 1);
  server.send('r1', { __typename: 'ReadTasks', node: 'n1' }, 0);
  await expect(completionOf('r1')).resolves.toMatchObject({
    outcome: 'REFUSED',
    failure: { code: 'EXPIRED' },
  });
  (await until(() => waiting[0], 'the first call')).end();
  await expect(completionOf('c2')).resolves.toMatchObject({
    outcome: 'REFUSED',
    failure: { code: 'EXPIRED' },
  });
  expect(engine.askedFor('POST /nodes/n1/update')).toHaveLength(0);
});

test('what is not allowed is refused before the engine hears of it', async () => {
  await start({ SKEP_AGENT_ALLOW: 'reads' });
  server.send('c1', remove);
  await expect(completionOf('c1')).resolves.toMatchObject({
    outcome: 'REFUSED',
    failure: { code: 'NOT_ALLOWED' },
  });
  expect(server.heardOf('report')[0]?.input).toMatchObject({
    input: { allow: ['ReadCluster', 'ReadContainers', 'ReadTasks', 'ReadWorkload'] },
  });
  expect(engine.asked.filter(({ method }) => method !== 'GET')).toEqual([]);
});

test('arguments that no such command has are refused', async () => {
  await start();
  server.send('c1', { __typename: 'UpdateNode', node: 'n1', role: 'king', setLabels: [], removeLabels: [] });
  await expect(completionOf('c1')).resolves.toMatchObject({
    outcome: 'REFUSED',
    failure: { code: 'INVALID_ARGUMENT' },
  });
});

test('no secret reaches journal, log or failure', async () => {
  const canaries = [
    'canary-without-a-form',
    'SWMTKN-1-canary0canary-secret',
    'SWMKEY-1-canarykey',
    'canary-to-unlock-with',
  ];
  const [formless = '', token = '', key = '', given = ''] = canaries;
  engine.answers['POST /swarm/join'] = (asked, response) => {
    response.statusCode = 500;
    response.end(JSON.stringify({ message: `cannot join with ${JSON.stringify(asked.body)}` }));
  };
  engine.answers['GET /swarm/unlockkey'] = { body: { UnlockKey: key } };
  engine.answers['GET /swarm'] = {
    body: { ID: 'c', Version: { Index: 1 }, Spec: {}, JoinTokens: { Worker: token, Manager: token } },
  };
  engine.answers['GET /nodes/'] = { body: node };
  engine.answers['GET /nodes/m1'] = { body: { ...node, ID: 'm1', ManagerStatus: { Addr: '10.0.0.1:2377' } } };
  await start();
  const join = {
    __typename: 'JoinSwarm',
    remoteAddrs: ['10.0.0.1:2377'],
    listenAddr: '0.0.0.0',
    availability: 'active',
  };
  server.send('c1', { ...join, token: formless, cluster: 'c' });
  server.send('c2', { ...join, token, cluster: 'c' });
  await expect(completionOf('c1')).resolves.toMatchObject({
    outcome: 'FAILED',
    failure: { code: 'ENGINE_ERROR' },
  });
  await completionOf('c2');
  engine.answers['GET /info'] = {
    body: { ...inactiveInfo, Swarm: { ...inactiveInfo.Swarm, LocalNodeState: 'locked' } },
  };
  engine.answers['POST /swarm/unlock'] = (asked, response) => {
    response.statusCode = 500;
    response.end(JSON.stringify({ message: `cannot unlock with ${JSON.stringify(asked.body)}` }));
  };
  server.send('c3', { __typename: 'UnlockSwarm', unlockKey: given });
  await expect(completionOf('c3')).resolves.toMatchObject({ outcome: 'FAILED' });
  engine.answers['GET /info'] = {
    body: {
      ...inactiveInfo,
      Swarm: { ...inactiveInfo.Swarm, NodeID: 'm1', LocalNodeState: 'active', ControlAvailable: true },
    },
  };
  server.send('r1', { __typename: 'ReadUnlockKey', fresh: true });
  server.send('r2', { __typename: 'ReadJoinToken', role: 'worker' });
  await expect(completionOf('r1')).resolves.toMatchObject({ result: { unlockKey: key } });
  await expect(completionOf('r2')).resolves.toMatchObject({ result: { token, address: '10.0.0.1:2377' } });
  const failures = server.completions().filter(({ outcome }) => outcome !== 'DONE');
  const told = [journalText(), lines.join(''), JSON.stringify(failures)].join('\n');
  for (const canary of canaries) expect(told).not.toContain(canary);
  expect(told).not.toContain('c2VjcmV0');
});

test('a stop lets the running effect end and begins no other', async () => {
  const waiting: ServerResponse[] = [];
  engine.answers['GET /nodes/n1'] = { body: node };
  engine.answers['DELETE /nodes/n1'] = (_, response) => waiting.push(response);
  const agent = await start();
  server.send('c1', remove);
  server.send('c2', updateOf('b'));
  const call = await until(() => waiting[0], 'the call');
  await until(() => server.heardOf('acknowledge').length === 2, 'both in the journal');
  const stopped = agent.stop(5000);
  call.end();
  await stopped;
  expect(server.completions().map(({ command }) => command)).toEqual(['c1']);
  expect(engine.askedFor('POST /nodes/n1/update')).toHaveLength(0);
});

test('effects on different nodes run beside each other; on one node, and of the host, one after the other', async () => {
  const calls: { what: string; end: () => void }[] = [];
  for (const id of ['n1', 'n2']) {
    engine.answers[`GET /nodes/${id}`] = { body: { ...node, ID: id } };
    engine.answers[`POST /nodes/${id}/update`] = (_, response) =>
      calls.push({ what: id, end: () => response.end() });
  }
  engine.answers['DELETE /nodes/n1'] = (_, response) =>
    calls.push({ what: 'remove n1', end: () => response.end() });
  engine.answers['POST /swarm/leave'] = (_, response) =>
    calls.push({ what: 'leave', end: () => response.end() });
  engine.answers['GET /info'] = {
    body: {
      ...inactiveInfo,
      Swarm: { ...inactiveInfo.Swarm, NodeID: 'n9', LocalNodeState: 'active' },
    },
  };
  await start();
  const begun = (count: number) => until(() => calls.length === count, `${count} calls`);
  server.send('c1', updateOf('a'));
  server.send('c2', { ...updateOf('a'), node: 'n2' });
  server.send('c3', remove);
  server.send('c4', { __typename: 'LeaveSwarm', nodeId: 'n9', force: false });
  server.send('c5', { ...updateOf('b'), node: 'n2' });
  await begun(2);
  await until(() => server.heardOf('acknowledge').length === 5, 'all in the journal');
  const whats = () => calls.map(({ what }) => what);
  expect(whats().sort()).toEqual(['n1', 'n2']);
  calls.find(({ what }) => what === 'n1')?.end();
  await begun(3);
  expect(whats()[2]).toBe('remove n1');
  calls[2]?.end();
  await completionOf('c3');
  // One of the host's own waits for all, and all later ones wait for it.
  expect(calls).toHaveLength(3);
  calls.find(({ what }) => what === 'n2')?.end();
  await begun(4);
  expect(whats()[3]).toBe('leave');
  calls[3]?.end();
  await begun(5);
  calls[4]?.end();
  await completionOf('c5');
});

test('an event brings its node, read after it; once more when it is named again meanwhile', async () => {
  const streams: ServerResponse[] = [];
  engine.answers['GET /events'] = (_, response) => {
    response.flushHeaders();
    streams.push(response);
  };
  const reads: (() => void)[] = [];
  let version = 0;
  engine.answers['GET /nodes/n1'] = (_, response) => {
    version += 1;
    const body = JSON.stringify({ ...node, Version: { Index: version } });
    reads.push(() => response.end(body));
  };
  // Answered for what is only the beginning of an id.
  engine.answers['GET /nodes/n'] = { body: node };
  await start();
  await until(() => server.heardOf('report').length > 0, 'a report');
  const stream = await until(() => streams[0], 'a stream');
  const tell = (id: string) =>
    stream.write(`${JSON.stringify({ Type: 'node', Action: 'update', Actor: { ID: id } })}\n`);
  const notices = () =>
    server
      .heardOf('notice')
      .map(({ input }) => Object(input.input))
      .filter(({ gap }) => !gap);
  tell('n1');
  await until(() => reads.length === 1, 'the first read');
  // It takes longer than a hint may wait.
  await until(() => notices().length === 1, 'the hint alone');
  expect(notices()[0]).toEqual({ nodes: ['n1'], gap: false, seen: [] });
  tell('n1');
  tell('n1');
  reads.shift()?.();
  await until(() => reads.length === 1, 'the second read');
  reads.shift()?.();
  await until(() => notices().length >= 3, 'both reads');
  tell('n');
  await until(() => notices().some(({ nodes }) => nodes[0] === 'n'), 'the hint of the other');
  const seen = notices().flatMap((one) => one.seen.map((node: { Version: unknown }) => node.Version));
  expect(seen).toEqual([{ Index: 1 }, { Index: 2 }]);
  expect(notices().findLast(({ nodes }) => nodes[0] === 'n')).toMatchObject({ seen: [] });
});

test('the event of an own write is looked at when the write has been answered; its hint goes in time', async () => {
  const streams: ServerResponse[] = [];
  engine.answers['GET /events'] = (_, response) => {
    response.flushHeaders();
    streams.push(response);
  };
  /** For each read of the node, how many results the server had by then. */
  const reads: number[] = [];
  const held: (() => void)[] = [];
  engine.answers['GET /nodes/n1'] = (_, response) => {
    reads.push(server.completions().length);
    const answer = () => response.end(JSON.stringify({ ...node, Version: { Index: 4 + reads.length } }));
    if (reads.length === 2) held.push(answer);
    else answer();
  };
  engine.answers['POST /nodes/n1/update'] = (_, response) => {
    streams[0]?.write(`${JSON.stringify({ Type: 'node', Action: 'update', Actor: { ID: 'n1' } })}\n`);
    response.end();
  };
  await start();
  await until(() => streams[0], 'a stream');
  const notices = () =>
    server
      .heardOf('notice')
      .map(({ input }) => Object(input.input))
      .filter(({ gap }) => !gap);
  server.send('c1', updateOf('a'));
  await until(() => held.length === 1, 'the read after the write');
  await until(() => notices().length === 1, 'the hint alone');
  held[0]?.();
  await completionOf('c1');
  await until(() => notices().length === 2, 'the node');
  expect(notices()[1]).toMatchObject({ nodes: ['n1'], seen: [{ Version: { Index: 7 } }] });
  expect(reads).toEqual([0, 0, 1]);
});

test('a node that was just read is written over that version; read anew when it is another, or nothing is to do', async () => {
  let version = 1;
  let labels: object = {};
  const calls: string[] = [];
  engine.answers['GET /nodes/n1'] = (_, response) => {
    calls.push('read');
    response.end(
      JSON.stringify({ ...node, Version: { Index: version }, Spec: { ...node.Spec, Labels: labels } }),
    );
  };
  engine.answers['POST /nodes/n1/update'] = ({ query, body }, response) => {
    const isLate = query.get('version') !== String(version);
    calls.push(isLate ? 'late' : 'written');
    if (isLate) {
      response.statusCode = 500;
      response.end(JSON.stringify({ message: 'rpc error: code = Unknown desc = update out of sequence' }));
      return;
    }
    version += 1;
    labels = Object(body).Labels;
    response.end();
  };
  await start();
  const callsOf = async (id: string, body: object): Promise<string[]> => {
    calls.length = 0;
    server.send(id, { ...updateOf(''), ...body });
    await expect(completionOf(id)).resolves.toMatchObject({
      outcome: 'DONE',
      seen: { Spec: { Labels: labels } },
    });
    return [...calls];
  };
  const set = (key: string) => ({ setLabels: [{ key, value: 'x' }] });
  expect(await callsOf('c1', set('a'))).toEqual(['read', 'written', 'read']);
  expect(await callsOf('c2', set('b'))).toEqual(['written', 'read']);
  // Somebody else writes.
  version += 1;
  labels = { ...labels, theirs: 'x' };
  expect(await callsOf('c3', set('c'))).toEqual(['late', 'read', 'written', 'read']);
  expect(labels).toEqual({ a: 'x', b: 'x', c: 'x', theirs: 'x' });
  expect(await callsOf('c4', set('c'))).toEqual(['read']);
  expect(await callsOf('c5', { ...set('c'), role: 'manager' })).toEqual(['read', 'written', 'read']);
});

test('node events become notices, each stream begins with a gap', async () => {
  const streams: ServerResponse[] = [];
  engine.answers['GET /events'] = (_, response) => {
    response.flushHeaders();
    streams.push(response);
  };
  await start();
  await until(() => server.heardOf('report').length > 0, 'a report');
  const first = await until(() => streams[0], 'a stream');
  const event = (id: string) =>
    `${JSON.stringify({ Type: 'node', Action: 'update', Actor: { ID: id, Attributes: { name: 'ż' } } })}\n`;
  const bytes = Buffer.from(`${event('n1')}not json\n${event('n2')}`);
  for (const byte of bytes) first.write(Buffer.from([byte]));
  const notices = () => server.heardOf('notice').map(({ input }) => input.input);
  await until(
    () =>
      notices()
        .flatMap((notice) => Object(notice).nodes)
        .includes('n2'),
    'the notice',
  );
  expect(notices().flatMap((notice) => Object(notice).nodes)).toEqual(['n1', 'n2']);
  first.destroy();
  await until(() => notices().some((notice) => Object(notice).gap), 'the gap');
});

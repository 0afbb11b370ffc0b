// The engine client against an engine that hangs, breaks off, answers nonsense, or speaks another version.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../agent/engine.ts';
import { engineRefusal } from '../../agent/engine-failures.ts';
import { type EngineDouble, inactiveInfo, startEngineDouble } from './engine-double.ts';
import { until } from './until.ts';

const deadlines = { readMs: 200, clusterReadMs: 200, writeMs: 200, joinMs: 200 };
let folder: string;
let double: EngineDouble;
let engine: Engine;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skep-engine-'));
  double = await startEngineDouble(join(folder, 'engine.sock'));
  engine = createEngine({ socketPath: double.socketPath, deadlines });
});

afterEach(async () => {
  await double.close();
  rmSync(folder, { recursive: true });
});

describe('an engine that does not answer', () => {
  test('a hanging read failed, a hanging write is unknown', async () => {
    double.answers['GET /info'] = () => {};
    double.answers['POST /swarm/leave'] = () => {};
    await expect(engine.info()).rejects.toMatchObject({ outcome: 'FAILED', code: 'ENGINE_TIMEOUT' });
    await expect(engine.leaveSwarm(false)).rejects.toMatchObject({
      outcome: 'UNKNOWN',
      code: 'ENGINE_TIMEOUT',
    });
  });

  test('one that hangs in the middle of a body is left at the deadline', async () => {
    double.answers['GET /info'] = (_, response) => response.write('{"ID":');
    await expect(engine.info()).rejects.toMatchObject({ outcome: 'FAILED', code: 'ENGINE_TIMEOUT' });
  });

  test('one that dies in the middle of a body is noticed at once', async () => {
    const slow = createEngine({
      socketPath: double.socketPath,
      deadlines: { ...deadlines, readMs: 60_000, writeMs: 60_000 },
    });
    const die: EngineDouble['answers'][string] = (_, response) => {
      response.write('{"ID":', () => response.destroy());
    };
    double.answers['GET /info'] = die;
    double.answers['POST /swarm/init'] = die;
    await expect(slow.info()).rejects.toMatchObject({ outcome: 'FAILED', code: 'ENGINE_UNREACHABLE' });
    await expect(slow.initSwarm({})).rejects.toMatchObject({ outcome: 'UNKNOWN', code: 'ENGINE_TIMEOUT' });
  });

  test('one that dies before it answers: a write may have happened', async () => {
    double.answers['POST /swarm/leave'] = (_, response) => response.destroy();
    await expect(engine.leaveSwarm(false)).rejects.toMatchObject({
      outcome: 'UNKNOWN',
      code: 'ENGINE_TIMEOUT',
    });
  });

  test('without a socket nothing was sent, so a write failed', async () => {
    const nowhere = createEngine({ socketPath: join(folder, 'nothing.sock'), deadlines });
    await expect(nowhere.leaveSwarm(true)).rejects.toMatchObject({
      outcome: 'FAILED',
      code: 'ENGINE_UNREACHABLE',
    });
  });
});

describe('an engine that answers nonsense', () => {
  test.each(['not json', '', '{"ID":1}', '[]'])('«%s» is a bad answer', async (text) => {
    double.answers['GET /info'] = (_, response) => response.end(text);
    double.answers['POST /swarm/init'] = (_, response) => response.end(text);
    await expect(engine.info()).rejects.toMatchObject({ outcome: 'FAILED', code: 'ENGINE_BAD_ANSWER' });
    await expect(engine.initSwarm({})).rejects.toMatchObject({
      outcome: 'UNKNOWN',
      code: 'ENGINE_BAD_ANSWER',
    });
  });

  test('a refusal in plain text keeps its words', async () => {
    double.answers['GET /info'] = (_, response) => {
      response.statusCode = 500;
      response.end('broken\n');
    };
    await expect(engine.info()).rejects.toMatchObject({ code: 'ENGINE_ERROR', message: 'broken' });
  });
});

describe('the API version', () => {
  test.each([
    ['1.41', '1.41'],
    ['1.9', '1.9'],
    ['1.99', '1.51'],
  ])('an engine of %s is spoken to in %s', async (offered, used) => {
    double.state.apiVersion = offered;
    await engine.info();
    expect(double.askedFor('GET /info')[0]?.version).toBe(used);
  });

  test('an engine replaced by an older one is asked again in its version, once', async () => {
    await engine.info();
    double.state.apiVersion = '1.41';
    double.answers['POST /swarm/leave'] = ({ version }, response) => {
      if (version !== '1.41') {
        response.statusCode = 400;
        response.write(
          JSON.stringify({
            message: `client version ${version} is too new. Maximum supported API version is 1.41`,
          }),
        );
      }
      response.end();
    };
    await engine.leaveSwarm(true);
    expect(double.askedFor('POST /swarm/leave').map(({ version }) => version)).toEqual(['1.51', '1.41']);
  });

  test('DOCKER_HOST leads nowhere else', async () => {
    process.env.DOCKER_HOST = 'tcp://192.0.2.1:2375';
    try {
      const own = createEngine({ socketPath: double.socketPath, deadlines });
      await expect(own.info()).resolves.toMatchObject({ ID: inactiveInfo.ID });
    } finally {
      delete process.env.DOCKER_HOST;
    }
  });
});

test('parameters and bodies arrive as given', async () => {
  double.answers['POST /nodes/n1/update'] = {};
  double.answers['POST /swarm/leave'] = {};
  double.answers['DELETE /nodes/n1'] = {};
  const labels = Object.fromEntries([
    ['__proto__', 'x'],
    ['ключ', '🐝'],
  ]);
  await engine.updateNode('n1', 7, { Labels: labels });
  await engine.leaveSwarm(false);
  await engine.leaveSwarm(true);
  await engine.removeNode('n1', true);
  const [update, gentle, forced, removal] = double.asked.filter(({ method }) => method !== 'GET');
  expect(update?.query.get('version')).toBe('7');
  expect(update?.body).toEqual({ Labels: labels });
  expect(gentle?.query.toString()).toBe('');
  expect(gentle?.body).toBeUndefined();
  expect(forced?.query.toString()).toBe('force=1');
  expect(removal?.query.toString()).toBe('force=1');
});

test('no call leaves its socket behind', async () => {
  double.answers['GET /info'] = () => {};
  await Promise.allSettled(Array.from({ length: 20 }, () => engine.info()));
  await until(() => double.connections() === 0, 'no connections');
});

const m4 =
  "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online.";

// The texts are those that engines 20.10 to 28.5 gave.
test.each([
  [
    'read',
    503,
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    'FAILED',
    'NOT_IN_SWARM',
  ],
  [
    'read',
    503,
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.",
    'FAILED',
    'NOT_MANAGER',
  ],
  [
    'join',
    503,
    'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.',
    'FAILED',
    'ALREADY_IN_SWARM',
  ],
  ['write', 503, 'This node is not part of a swarm', 'FAILED', 'NOT_IN_SWARM'],
  ['read', 500, m4, 'FAILED', 'NO_LEADER'],
  ['write', 500, m4, 'FAILED', 'NO_LEADER'],
  ['read', 500, 'rpc error: code = DeadlineExceeded desc = context deadline exceeded', 'FAILED', 'NO_LEADER'],
  // Of a mixed swarm (28.5, 26.1, 20.10) whose quorum was lost a moment ago.
  ['read', 500, 'rpc error: code = Unknown desc = context deadline exceeded', 'FAILED', 'NO_LEADER'],
  // Of 28.5 asking a leader that has just been killed.
  [
    'read',
    500,
    'rpc error: code = DeadlineExceeded desc = stream terminated by RST_STREAM with error code: CANCEL',
    'FAILED',
    'NO_LEADER',
  ],
  // The same break, under the codes that gRPC gives it when no time limit ended it (grpc-go internal/transport/http2_client.go).
  ...[
    'stream terminated by RST_STREAM with error code: INTERNAL_ERROR',
    'unexpected EOF',
    'server closed the stream without sending trailers',
  ].map(
    (text) =>
      ['write', 500, `rpc error: code = Internal desc = ${text}`, 'UNKNOWN', 'ENGINE_TIMEOUT'] as const,
  ),
  [
    'write',
    500,
    'rpc error: code = DeadlineExceeded desc = context deadline exceeded',
    'UNKNOWN',
    'ENGINE_TIMEOUT',
  ],
  ['write', 503, 'rpc error: code = Unavailable desc = transport is closing', 'UNKNOWN', 'ENGINE_TIMEOUT'],
  [
    'write',
    503,
    'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing dial tcp 10.0.0.1:2377: connect: connection refused"',
    'FAILED',
    'NO_LEADER',
  ],
  [
    'join',
    503,
    'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 10.0.0.1:2377: connect: connection refused"',
    'FAILED',
    'MANAGER_UNREACHABLE',
  ],
  [
    'join',
    500,
    'could not find local IP address: dial udp: lookup nosuch.invalid',
    'FAILED',
    'MANAGER_UNREACHABLE',
  ],
  [
    'join',
    503,
    'Timeout was reached before node joined. The attempt to join the swarm will continue in the background.',
    'UNKNOWN',
    'JOIN_PENDING',
  ],
  ['join', 500, 'invalid join token', 'FAILED', 'JOIN_TOKEN_INVALID'],
  [
    'join',
    400,
    'rpc error: code = InvalidArgument desc = A valid join token is necessary to join this cluster',
    'FAILED',
    'JOIN_TOKEN_INVALID',
  ],
  ['join', 500, 'remote CA does not match fingerprint. Expected: 12ab', 'FAILED', 'CA_MISMATCH'],
  ['write', 500, 'rpc error: code = Unknown desc = update out of sequence', 'FAILED', 'OUT_OF_SEQUENCE'],
  [
    'write',
    400,
    'rpc error: code = FailedPrecondition desc = attempting to demote the last manager of the swarm',
    'FAILED',
    'LAST_MANAGER',
  ],
  [
    'write',
    400,
    "rpc error: code = FailedPrecondition desc = can't remove member from the raft: this would result in a loss of quorum",
    'FAILED',
    'WOULD_LOSE_QUORUM',
  ],
  [
    'write',
    404,
    "rpc error: code = NotFound desc = can't find manager in raft memberlist",
    'FAILED',
    'NOT_IN_RAFT_YET',
  ],
  ['read', 404, 'node nosuch not found', 'FAILED', 'NODE_NOT_FOUND'],
  [
    'write',
    400,
    "rpc error: code = FailedPrecondition desc = node abc is not down and can't be removed",
    'FAILED',
    'NODE_NOT_DOWN',
  ],
  [
    'write',
    400,
    'rpc error: code = FailedPrecondition desc = node abc is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal',
    'FAILED',
    'NODE_IS_MANAGER',
  ],
  [
    'write',
    503,
    'You are attempting to leave the swarm on a node that is participating as a manager. Removing this node leaves 1 managers out of 2. Without a Raft quorum your swarm will be inaccessible.',
    'FAILED',
    'LEAVE_NEEDS_DEMOTION',
  ],
  [
    'write',
    503,
    'You are attempting to leave the swarm on a node that is participating as a manager. Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. ',
    'FAILED',
    'LAST_MANAGER',
  ],
  [
    'write',
    503,
    'Swarm is encrypted and locked. Please unlock it first or use `--force` to ignore this message.',
    'FAILED',
    'SWARM_LOCKED',
  ],
  [
    'write',
    500,
    'invalid base pool 10.0.0.0/33: invalid CIDR address: 10.0.0.0/33',
    'FAILED',
    'INVALID_ARGUMENT',
  ],
  [
    'write',
    400,
    'advertise address must be a non-zero IP address or network interface (with optional port number)',
    'FAILED',
    'INVALID_ARGUMENT',
  ],
  ['write', 500, 'something new', 'FAILED', 'ENGINE_ERROR'],
] as const)('%s %i «%s»', (call, status, message, outcome, code) => {
  expect(engineRefusal(call, status, message)).toMatchObject({ outcome, code });
});

// What an engine refuses before and around a membership, and in which words.
import { expect, test } from 'vitest';
import { describeContract } from './describe-contract.ts';
import { init, LISTEN, remoteOf, until } from './swarm-steps.ts';

const NOT_IN_SWARM =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
const ALREADY_IN_SWARM =
  'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.';

describeContract('refusals', (lab) => {
  test('says its API version on every answer and its swarm state on a ping', async () => {
    const engine = lab.member(1);
    const answer = await engine.api.call('GET', '/_ping');
    expect(answer).toMatchObject({ status: 200, text: 'OK' });
    expect(answer.headers['api-version']).toMatch(/^1\.\d+$/);
    expect(answer.headers.swarm).toBe(lab.isStrict(engine) ? 'inactive' : undefined);
  });

  test('refuses an API version that it does not know', async () => {
    const { api, host } = lab.member(1);
    const { headers } = await api.call('GET', '/_ping');
    expect(await api.call('GET', '/v1.99/info')).toMatchObject({
      status: 400,
      message: `client version 1.99 is too new. Maximum supported API version is ${headers['api-version']}`,
    });
    const old = await api.call('GET', '/v1.10/info');
    expect(old).toMatchObject({
      status: 400,
      message: expect.stringMatching(
        /^client version 1\.10 is too old\. Minimum supported API version is 1\.\d+, please upgrade your client to a newer version$/,
      ),
    });
    expect(old.text.startsWith('{')).toBe(host.version === '26.1');
    expect((await api.call('GET', '/v1.41/info')).status).toBe(200);
    expect((await api.call('GET', '/nosuch')).status).toBe(404);
  });

  test('refuses every cluster call outside of a swarm', async () => {
    const { api } = lab.member(1);
    const calls = [
      'GET /swarm',
      'GET /nodes',
      'GET /nodes/x',
      'DELETE /nodes/x',
      'GET /tasks',
      'GET /swarm/unlockkey',
    ];
    for (const call of calls) {
      const [method = '', path = ''] = call.split(' ');
      expect(await api.call(method, path), call).toMatchObject({ status: 503, message: NOT_IN_SWARM });
    }
    const update = await api.call('POST', '/nodes/x/update?version=1', {
      Role: 'worker',
      Availability: 'active',
    });
    expect(update).toMatchObject({ status: 503, message: NOT_IN_SWARM });
    const unlock = await api.call('POST', '/swarm/unlock', { UnlockKey: 'x' });
    expect(unlock).toMatchObject({ status: 503, message: NOT_IN_SWARM });
    const leave = await api.call('POST', '/swarm/leave');
    expect(leave).toMatchObject({ status: 503, message: 'This node is not part of a swarm' });
    expect((await api.info()).Swarm).toMatchObject({
      LocalNodeState: 'inactive',
      NodeID: '',
      ControlAvailable: false,
      RemoteManagers: null,
    });
  });

  test('refuses a bad init and stays outside', async () => {
    const { api } = lab.member(1);
    const cases: [Record<string, unknown>, number, string][] = [
      [{}, 400, 'invalid ListenAddr "": invalid empty address'],
      [
        { ListenAddr: 'xx' },
        400,
        'listen address must be an IP address or network interface (with optional port number)',
      ],
      [
        { ...LISTEN, AdvertiseAddr: 'xx' },
        400,
        'advertise address must be a non-zero IP address or network interface (with optional port number)',
      ],
      [
        { ...LISTEN, AdvertiseAddr: '0.0.0.0' },
        400,
        'advertise address must be a non-zero IP address or network interface (with optional port number)',
      ],
      [
        { ...LISTEN, DefaultAddrPool: ['10.0.0.0/33'] },
        500,
        'invalid base pool 10.0.0.0/33: invalid CIDR address: 10.0.0.0/33',
      ],
      [{ ...LISTEN, DataPathPort: 80 }, 500, 'Datapath port number is not in valid range (1024-49151) : 80'],
      [{ ...LISTEN, Availability: 'foo' }, 500, 'invalid Availability: "foo"'],
      [
        { ListenAddr: '10.88.99.77:2377' },
        500,
        'manager stopped: failed to listen on remote API address: listen tcp 10.88.99.77:2377: bind: cannot assign requested address',
      ],
    ];
    for (const [body, status, message] of cases) {
      expect(await api.call('POST', '/swarm/init', body), message).toMatchObject({ status, message });
    }
    expect((await api.info()).Swarm.LocalNodeState).toBe('inactive');
  });

  test('reads a body as its version does', async () => {
    const engine = lab.member(1);
    const strict = lab.isStrict(engine);
    const prefix = strict ? 'invalid JSON: ' : '';
    const say = async (body: string) => (await engine.api.call('POST', '/swarm/init', body)).message;
    expect(await say('')).toBe(
      strict ? 'invalid ListenAddr "": invalid empty address' : 'got EOF while reading request body',
    );
    expect(await say('{bad')).toBe(
      `${prefix}invalid character 'b' looking for beginning of object key string`,
    );
    expect(await say('bad')).toBe(`${prefix}invalid character 'b' looking for beginning of value`);
    expect(await say('{} x')).toBe(
      strict ? 'unexpected content after JSON' : 'invalid ListenAddr "": invalid empty address',
    );
  });

  test('refuses a bad join at once', async () => {
    const { api } = lab.member(2);
    const cases: [Record<string, unknown>, number, string][] = [
      [{ RemoteAddrs: ['127.0.0.1:2377'] }, 400, 'invalid ListenAddr "": invalid empty address'],
      [{ ...LISTEN, RemoteAddrs: [] }, 400, 'at least 1 RemoteAddr is required to join'],
      [{ ...LISTEN, RemoteAddrs: [remoteOf(lab.member(1))], JoinToken: 'hello' }, 500, 'invalid join token'],
    ];
    for (const [body, status, message] of cases) {
      expect(await api.call('POST', '/swarm/join', body), message).toMatchObject({ status, message });
    }
    expect((await api.info()).Swarm.LocalNodeState).toBe('inactive');
  });

  test('refuses a second membership, and a manager that would leave', async () => {
    const engine = lab.member(1);
    await init(engine);
    const { api } = engine;
    expect(await api.call('POST', '/swarm/init', LISTEN)).toMatchObject({
      status: 503,
      message: ALREADY_IN_SWARM,
    });
    const join = await api.call('POST', '/swarm/join', { ...LISTEN, RemoteAddrs: ['127.0.0.1:2377'] });
    expect(join).toMatchObject({ status: 503, message: ALREADY_IN_SWARM });
    expect(await api.call('POST', '/swarm/leave')).toMatchObject({
      status: 503,
      message:
        'You are attempting to leave the swarm on a node that is participating as a manager. Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. ',
    });
    const unlock = await api.call('POST', '/swarm/unlock', { UnlockKey: 'x' });
    expect(unlock).toMatchObject({ status: 409, message: 'swarm is not locked' });
  });

  test('refuses a wrong token and a closed port after a while', async () => {
    const member = lab.member(2);
    const manager = lab.member(1);
    const { JoinTokens } = await manager.api.swarm();
    const wrongSecret = `${JoinTokens.Worker.slice(0, -25)}${'0'.repeat(25)}`;
    const join = (JoinToken: string, remote = remoteOf(manager)) =>
      member.api.call('POST', '/swarm/join', { ...LISTEN, RemoteAddrs: [remote], JoinToken });
    expect(await join(wrongSecret)).toMatchObject({
      status: 400,
      message:
        'rpc error: code = InvalidArgument desc = A valid join token is necessary to join this cluster',
    });
    const otherCa = `SWMTKN-1-${'0'.repeat(50)}-${JoinTokens.Worker.slice(-25)}`;
    expect(await join(otherCa)).toMatchObject({
      status: 500,
      message: `remote CA does not match fingerprint. Expected: ${'0'.repeat(64)}`,
    });
    const closed = `${lab.member(3).host.address}:2377`;
    expect(await join(JoinTokens.Worker, closed)).toMatchObject({
      status: 503,
      message: `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing${lab.isStrict(member) ? ':' : ''} dial tcp ${closed}: connect: connection refused"`,
    });
    expect((await member.api.info()).Swarm.LocalNodeState).toBe('inactive');
  });

  test('goes on trying to join a host that is silent, until it leaves', async () => {
    const member = lab.member(2);
    const manager = lab.member(1);
    const { JoinTokens } = await manager.api.swarm();
    const body = { ...LISTEN, RemoteAddrs: [remoteOf(manager)], JoinToken: JoinTokens.Worker };
    await member.host.cut();
    expect(await member.api.call('POST', '/swarm/join', body)).toMatchObject({
      status: 503,
      message: expect.stringContaining('Timeout was reached before node joined.'),
    });
    expect((await member.api.info()).Swarm).toMatchObject({
      LocalNodeState: 'pending',
      NodeID: '',
      RemoteManagers: [{ NodeID: '', Addr: remoteOf(manager) }],
    });
    expect(await member.api.call('POST', '/swarm/join', body)).toMatchObject({
      status: 503,
      message: ALREADY_IN_SWARM,
    });
    expect((await member.api.call('POST', '/swarm/leave')).status).toBe(200);
    await until(async () => expect((await member.api.info()).Swarm.LocalNodeState).toBe('inactive'));
    await member.host.heal();
  });
});

// What each command does to an engine: the same on simulated engines and, where they can run, on real ones.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { BodyOf, CommandBody } from '../../agent/contract.ts';
import { createEngine } from '../../agent/engine.ts';
import { createExecute, type Execute } from '../../agent/executors.ts';
import { whyNoRealEngines } from '../../lab/engines/can-run.ts';
import { callEngine } from '../../lab/engines/engine-http.ts';
import { createLab, labFolder, ownPrefix } from '../../lab/engines/lab.ts';
import type { LabHost } from '../../lab/host.ts';
import { createWorld } from '../../lab/simulated/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

interface Rig {
  readonly hosts: readonly LabHost[];
  close(): Promise<void>;
}

async function simulated(): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'skep-executors-'));
  const world = createWorld({ version: '28.5', speed: 20 });
  const hosts = await Promise.all(
    [1, 2, 3].map((index) =>
      world.addEngine({
        hostname: `sim${index}x`,
        address: `10.0.0.${index}`,
        socketPath: join(folder, `${index}.sock`),
      }),
    ),
  );
  return {
    hosts,
    close: async () => {
      await world.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function real(): Promise<Rig> {
  const lab = createLab({ dir: labFolder(), prefix: ownPrefix('ax'), subnet: '10.91.7' });
  const hosts = await Promise.all([lab.addHost(), lab.addHost(), lab.addHost()]);
  return { hosts, close: () => lab.down() };
}

const whyNotReal = whyNoRealEngines();

describe.each([
  { kind: 'simulated engines', start: simulated, isSkipped: false },
  { kind: 'real engines', start: real, isSkipped: whyNotReal !== null },
])('on $kind', ({ start, isSkipped }) => {
  let rig: Rig | undefined;
  let addresses: string[] = [];
  let executes: Execute[] = [];
  let nodeIds: string[] = [];
  let clusterId = '';

  beforeAll(async () => {
    if (isSkipped) return;
    rig = await start();
    addresses = rig.hosts.map(({ address }) => address);
    executes = rig.hosts.map(({ socketPath }) => createExecute({ engine: createEngine({ socketPath }) }));
  });

  afterAll(async () => {
    await rig?.close();
  });

  const run = (host: number, body: CommandBody): Promise<Record<string, unknown>> => {
    const execute = executes[host];
    if (execute === undefined) throw new Error(`no host ${host}`);
    return execute(body).then(({ result }) => ({ ...result }));
  };
  const update = (node: string, change: Partial<BodyOf<'UpdateNode'>>): Promise<Record<string, unknown>> =>
    run(0, { __typename: 'UpdateNode', node, setLabels: [], removeLabels: [], ...change });
  const readNode = async (id: string): Promise<Record<string, unknown>> => {
    const { nodes } = await run(0, { __typename: 'ReadCluster' });
    const found = Array.isArray(nodes) ? nodes.find((node) => node.ID === id) : undefined;
    return found ?? {};
  };
  const initBody = (host: number): BodyOf<'InitSwarm'> => ({
    __typename: 'InitSwarm',
    advertiseAddr: addresses[host] ?? '',
    listenAddr: '0.0.0.0:2377',
    autolock: false,
  });
  const joinBody = async (host: number, role: 'worker' | 'manager', token?: string) => {
    const read = await run(0, { __typename: 'ReadJoinToken', role });
    const body: BodyOf<'JoinSwarm'> = {
      __typename: 'JoinSwarm',
      token: token ?? String(read.token),
      remoteAddrs: [String(read.address)],
      joinAdvertiseAddr: addresses[host],
      listenAddr: '0.0.0.0:2377',
      availability: 'drain',
      cluster: clusterId,
    };
    return body;
  };

  test.skipIf(isSkipped)('init answers the ids of node and cluster', async () => {
    const result = await run(0, initBody(0));
    expect(result).toEqual({ nodeId: expect.any(String), clusterId: expect.any(String) });
    nodeIds = [String(result.nodeId)];
    clusterId = String(result.clusterId);
    await expect(run(0, initBody(0))).rejects.toMatchObject({ outcome: 'FAILED', code: 'ALREADY_IN_SWARM' });
  });

  test.skipIf(isSkipped)('the cluster is read without its tokens', async () => {
    const { token } = await run(0, { __typename: 'ReadJoinToken', role: 'worker' });
    const cluster = await run(0, { __typename: 'ReadCluster' });
    expect(cluster).toMatchObject({
      swarm: { ID: clusterId },
      nodes: [{ ID: nodeIds[0] }],
      joinTokenDigests: { worker: createHash('sha256').update(String(token)).digest('hex') },
    });
    expect(JSON.stringify(cluster)).not.toContain('SWMTKN');
    await expect(run(0, { __typename: 'ReadUnlockKey' })).resolves.toEqual({ unlockKey: '' });
    await expect(run(1, { __typename: 'ReadCluster' })).rejects.toMatchObject({ code: 'NOT_IN_SWARM' });
  });

  test.skipIf(isSkipped)('join answers the new node id, once', async () => {
    const result = await run(1, await joinBody(1, 'worker'));
    nodeIds[1] = String(result.nodeId);
    await expect(readNode(nodeIds[1])).resolves.toMatchObject({ Spec: { Availability: 'drain' } });
    await expect(run(1, await joinBody(1, 'worker'))).rejects.toMatchObject({ code: 'ALREADY_IN_SWARM' });
    await expect(run(1, { __typename: 'ReadCluster' })).rejects.toMatchObject({ code: 'NOT_MANAGER' });
  });

  test.skipIf(isSkipped)('a malformed token is refused at once', async () => {
    const body = await joinBody(2, 'worker', 'hello');
    await expect(run(2, body)).rejects.toMatchObject({ outcome: 'FAILED', code: 'JOIN_TOKEN_INVALID' });
  });

  test.skipIf(isSkipped)('an update changes what is given and keeps the rest', async () => {
    const id = nodeIds[1] ?? '';
    const labels = [
      { key: 'rack', value: 'a' },
      { key: 'empty', value: '' },
      { key: 'ключ =\n', value: '🐝' },
    ];
    await expect(update(id, { setLabels: labels })).resolves.toMatchObject({ changed: true, attempts: 1 });
    await update(id, {
      wantedAvailability: 'pause',
      setLabels: [{ key: 'rack', value: 'b' }],
      removeLabels: ['empty'],
    });
    const node = await readNode(id);
    expect(node.Spec).toMatchObject({
      Role: 'worker',
      Availability: 'pause',
      Labels: { rack: 'b', 'ключ =\n': '🐝' },
    });
    const again = await update(id, { wantedAvailability: 'pause', removeLabels: ['empty'] });
    expect(again).toMatchObject({ changed: false, attempts: 1 });
    expect((await readNode(id)).Version).toEqual(node.Version);
  });

  test.skipIf(isSkipped)('many updates of one node at once lose no label', async () => {
    const id = nodeIds[1] ?? '';
    const keys = ['one', 'two', 'three', 'four'];
    await Promise.all(keys.map((key) => update(id, { setLabels: [{ key, value: 'x' }] })));
    expect((await readNode(id)).Spec).toMatchObject({
      Labels: { one: 'x', two: 'x', three: 'x', four: 'x', rack: 'b' },
    });
  });

  test.skipIf(isSkipped)('a node is addressed by its whole id only', async () => {
    const id = nodeIds[1] ?? '';
    await expect(update(id.slice(0, -1), { wantedAvailability: 'active' })).rejects.toMatchObject({
      code: 'NODE_NOT_FOUND',
    });
    await run(0, { __typename: 'RemoveNode', node: id.slice(0, -1), force: true });
    await expect(readNode(id)).resolves.toMatchObject({ ID: id });
  });

  test.skipIf(isSkipped)('the only manager stays one', async () => {
    await expect(update(nodeIds[0] ?? '', { wantedRole: 'worker' })).rejects.toMatchObject({
      outcome: 'FAILED',
      code: 'LAST_MANAGER',
    });
    await expect(
      run(0, { __typename: 'LeaveSwarm', nodeId: nodeIds[0] ?? '', force: false }),
    ).rejects.toMatchObject({
      code: 'LAST_MANAGER',
    });
    await expect(
      run(0, { __typename: 'RemoveNode', node: nodeIds[0] ?? '', force: true }),
    ).rejects.toMatchObject({
      code: 'NODE_IS_MANAGER',
    });
  });

  test.skipIf(isSkipped)('a rotation changes one token and keeps the spec', async () => {
    const before = await run(0, { __typename: 'ReadCluster' });
    const { digest } = await run(0, { __typename: 'RotateJoinToken', role: 'worker' });
    const after = await run(0, { __typename: 'ReadCluster' });
    expect(after.joinTokenDigests).toMatchObject({ worker: digest });
    expect(after.joinTokenDigests).not.toEqual(before.joinTokenDigests);
    expect(Object(after.joinTokenDigests).manager).toBe(Object(before.joinTokenDigests).manager);
    expect(Object(after.swarm).Spec).toEqual(Object(before.swarm).Spec);
  });

  test.skipIf(isSkipped)(
    'an update of the swarm changes what is given, says what it was, and wipes nothing',
    async () => {
      const before = Object(await run(0, { __typename: 'ReadCluster' }));
      expect(before.unlockKeyDigest).toBeNull();
      const update = {
        __typename: 'UpdateSwarm',
        certificateExpirySeconds: 7_200,
        rotateUnlockKey: false,
      } as const;
      await expect(run(0, { ...update, wantedAutolock: true })).resolves.toEqual({
        changed: true,
        attempts: 1,
        changes: [
          { path: 'EncryptionConfig.AutoLockManagers', old: false, new: true },
          { path: 'CAConfig.NodeCertExpiry', old: 7_776_000e9, new: 7_200e9 },
        ],
      });
      const after = Object(await run(0, { __typename: 'ReadCluster' }));
      expect(after.swarm.Spec).toEqual({
        ...before.swarm.Spec,
        CAConfig: { ...before.swarm.Spec.CAConfig, NodeCertExpiry: 7_200e9 },
        EncryptionConfig: { AutoLockManagers: true },
      });
      const key = async () => String(Object(await run(0, { __typename: 'ReadUnlockKey' })).unlockKey);
      const digest = async () =>
        createHash('sha256')
          .update(await key())
          .digest('hex');
      expect(after.unlockKeyDigest).toBe(await digest());
      await expect(run(0, update)).resolves.toMatchObject({ changed: false, attempts: 0, changes: [] });
      const rotated = await run(0, { __typename: 'UpdateSwarm', rotateUnlockKey: true });
      expect(rotated).toMatchObject({ changed: true, changes: [], unlockKeyDigest: await digest() });
      expect(Object(rotated).unlockKeyDigest).not.toBe(after.unlockKeyDigest);
      await run(0, { __typename: 'UpdateSwarm', wantedAutolock: false, rotateUnlockKey: false });
    },
  );

  test.skipIf(isSkipped)('an engine that is not locked is not sent a key', async () => {
    const unlockKey = `SWMKEY-1-${'A'.repeat(43)}`;
    await expect(run(0, { __typename: 'UnlockSwarm', unlockKey })).resolves.toEqual({ unlocked: false });
  });

  test.skipIf(isSkipped)('the tasks of a node are listed', async () => {
    const node = nodeIds[1] ?? '';
    await expect(run(0, { __typename: 'ReadTasks', node })).resolves.toEqual({ tasks: [] });
  });

  test.skipIf(isSkipped)('what runs is told without what a container is given', async () => {
    const secret = 'hunter2-in-an-environment';
    const body = {
      Name: 'told',
      TaskTemplate: {
        ContainerSpec: { Image: 'none:1', Env: [`PASSWORD=${secret}`], Args: [secret] },
        Placement: { Constraints: ['node.labels.none == here'], MaxReplicas: 2 },
        Resources: { Reservations: { MemoryBytes: 8_388_608 } },
      },
      Mode: { Replicated: { Replicas: 1 } },
    };
    const manager = rig?.hosts[0]?.socketPath ?? '';
    const made = await callEngine(manager, { method: 'POST', path: '/services/create', body });
    expect(made.status).toBe(201);
    await vi.waitFor(async () => {
      const workload = await run(0, { __typename: 'ReadWorkload' });
      expect(workload).toMatchObject({
        services: [
          {
            name: 'told',
            modes: ['Replicated'],
            constraints: ['node.labels.none == here'],
            maxReplicas: 2,
            memoryBytes: 8_388_608,
            nanoCpus: 0,
          },
        ],
        tasks: [{ nodeId: null, state: 'pending', memoryBytes: 8_388_608 }],
      });
      expect(JSON.stringify(workload)).not.toContain(secret);
    });
    await callEngine(manager, { method: 'DELETE', path: '/services/told' });
    await expect(run(1, { __typename: 'ReadWorkload' })).rejects.toMatchObject({ code: 'NOT_MANAGER' });
    await expect(run(1, { __typename: 'ReadContainers' })).resolves.toEqual({
      running: 0,
      standalone: 0,
      names: [],
    });
  });

  test.skipIf(isSkipped)('a leave is of the membership named', async () => {
    const node = nodeIds[1] ?? '';
    await expect(run(1, { __typename: 'LeaveSwarm', nodeId: 'another', force: false })).rejects.toMatchObject(
      {
        outcome: 'REFUSED',
        code: 'NOT_IN_SWARM',
      },
    );
    await expect(run(0, { __typename: 'RemoveNode', node, force: false })).rejects.toMatchObject({
      code: 'NODE_NOT_DOWN',
    });
    await expect(run(1, { __typename: 'LeaveSwarm', nodeId: node, force: false })).resolves.toEqual({
      left: true,
    });
    await expect(run(1, { __typename: 'LeaveSwarm', nodeId: node, force: false })).resolves.toEqual({
      left: true,
    });
    await expect(run(0, { __typename: 'RemoveNode', node, force: true })).resolves.toEqual({ removed: true });
    await expect(run(0, { __typename: 'RemoveNode', node, force: true })).resolves.toEqual({ removed: true });
  });
});

describe('with an engine that is not well', () => {
  const staleness = {
    kind: 'status',
    status: 500,
    message: 'rpc error: code = Unknown desc = update out of sequence',
  } as const;

  async function oneManager() {
    const folder = mkdtempSync(join(tmpdir(), 'skep-executors-'));
    const world = createWorld({ version: '20.10', speed: 20 });
    const host = await world.addEngine({
      hostname: 'one',
      address: '10.0.0.1',
      socketPath: join(folder, 'e.sock'),
    });
    const carryOut = createExecute({
      engine: createEngine({
        socketPath: host.socketPath,
        deadlines: { readMs: 1000, clusterReadMs: 1000, writeMs: 300, joinMs: 300 },
      }),
    });
    const execute = (body: CommandBody): Promise<object> => carryOut(body).then(({ result }) => result);
    const init = await execute({
      __typename: 'InitSwarm',
      advertiseAddr: '10.0.0.1',
      listenAddr: '0.0.0.0:2377',
      autolock: false,
    });
    const node = String(Object(init).nodeId);
    return {
      host,
      world,
      node,
      carryOut,
      execute,
      label: (key: string) =>
        execute({ __typename: 'UpdateNode', node, setLabels: [{ key, value: 'x' }], removeLabels: [] }),
      [Symbol.asyncDispose]: async () => {
        await world.close();
        rmSync(folder, { recursive: true });
      },
    };
  }

  test('what is read after the write is told', async () => {
    await using rig = await oneManager();
    const update = (value: string) =>
      rig.carryOut({
        __typename: 'UpdateNode',
        node: rig.node,
        setLabels: [{ key: 'a', value }],
        removeLabels: [],
      });
    const told = await update('1');
    expect(told).toMatchObject({
      result: { changed: true },
      seen: { ID: rig.node, Spec: { Labels: { a: '1' } } },
    });
    expect(Object(told.seen).Version.Index).toBeGreaterThan(Object(told.result).version);
    // It was so already: the read that found it so was begun after the command came.
    await expect(update('1')).resolves.toMatchObject({ result: { changed: false }, seen: { ID: rig.node } });
  });

  test('a stale version is read and applied anew', async () => {
    await using rig = await oneManager();
    rig.host.fault({ match: 'POST /nodes/*/update', times: 6, ...staleness });
    // The node's version also moves by itself, with its status: that may cost one attempt more.
    await expect(rig.label('a')).resolves.toMatchObject({
      changed: true,
      attempts: expect.toBeOneOf([7, 8]),
    });
    rig.host.fault({ match: 'POST /nodes/*/update', times: 8, ...staleness });
    await expect(rig.label('b')).rejects.toMatchObject({ outcome: 'FAILED', code: 'OUT_OF_SEQUENCE' });
    expect(rig.world.clusters()[0]?.nodes[0]?.labels).toEqual({ a: 'x' });
  });

  test.each(['hang', 'die'] as const)('a write that went through before a «%s» is unknown', async (kind) => {
    await using rig = await oneManager();
    rig.host.fault({ match: 'POST /nodes/*/update', times: 1, kind, when: 'after' });
    await expect(rig.label('a')).rejects.toMatchObject({ outcome: 'UNKNOWN', code: 'ENGINE_TIMEOUT' });
    expect(rig.world.clusters()[0]?.nodes[0]?.labels).toEqual({ a: 'x' });
  });

  test('a rotation that was answered with yes and changed nothing is unknown, not done', async () => {
    await using rig = await oneManager();
    rig.host.fault({ match: 'POST /swarm/update', kind: 'bad-json', times: 1 });
    await expect(rig.execute({ __typename: 'RotateJoinToken', role: 'worker' })).rejects.toMatchObject({
      outcome: 'UNKNOWN',
      code: 'ENGINE_BAD_ANSWER',
    });
  });

  test('a rotation whose new token cannot be read is unknown, not failed', async () => {
    await using rig = await oneManager();
    rig.host.fault({ match: 'POST /swarm/update', kind: 'delay', delayMs: 50, times: 1 });
    const rotation = rig.execute({ __typename: 'RotateJoinToken', role: 'worker' });
    await vi.waitFor(() => expect(rig.host.calls().some(({ path }) => path === '/swarm')).toBe(true));
    rig.host.fault({ match: 'GET /swarm', kind: 'bad-json' });
    await expect(rotation).rejects.toMatchObject({ outcome: 'UNKNOWN', code: 'ENGINE_BAD_ANSWER' });
  });

  test('a stale swarm is read and changed anew; a CA that was asked for is not asked for twice', async () => {
    await using rig = await oneManager();
    const rotate = { __typename: 'UpdateSwarm', forceRotate: 1, rotateUnlockKey: false } as const;
    rig.host.fault({ match: 'POST /swarm/update', times: 7, ...staleness });
    await expect(rig.execute(rotate)).resolves.toMatchObject({ changed: true, attempts: 8 });
    await expect(rig.execute(rotate)).resolves.toMatchObject({ changed: false, attempts: 0 });
    rig.host.fault({ match: 'POST /swarm/update', times: 8, ...staleness });
    const again = rig.execute({ ...rotate, forceRotate: 2 });
    await expect(again).rejects.toMatchObject({ outcome: 'FAILED', code: 'OUT_OF_SEQUENCE' });
  });
});

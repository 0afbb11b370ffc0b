// RecoverSwarm at the agent: the engine would begin a healthy swarm anew, so the agent looks first.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEngine } from '../../agent/engine.ts';
import { createExecute, type Execute } from '../../agent/executors.ts';
import { createWorld, type SimulatedEngine } from '../../lab/simulated/world.ts';
import { until } from '../support/until.ts';

const world = createWorld({ version: '28.5', speed: 40 });
const folder = mkdtempSync(join(tmpdir(), 'skep-recover-'));
const listenAddr = '0.0.0.0:2377';
let hosts: SimulatedEngine[] = [];
let executes: Execute[] = [];
let nodeId = '';

const run = (index: number, id: string) => {
  const execute = executes[index];
  if (!execute) throw new Error(`no engine ${index}`);
  return execute({
    __typename: 'RecoverSwarm',
    nodeId: id,
    advertiseAddr: `10.0.0.${index}`,
    listenAddr,
  }).then(({ result }) => result);
};
const forced = () => hosts.flatMap((host) => host.calls()).filter(({ path }) => path === '/swarm/init');

beforeAll(async () => {
  hosts = await Promise.all(
    [0, 1].map((index) =>
      world.addEngine({
        hostname: `rec${index}`,
        address: `10.0.0.${index}`,
        socketPath: join(folder, `${index}.sock`),
      }),
    ),
  );
  executes = hosts.map(({ socketPath }) => createExecute({ engine: createEngine({ socketPath }) }));
  const made = await executes[0]?.({
    __typename: 'InitSwarm',
    advertiseAddr: '10.0.0.0',
    listenAddr,
    autolock: false,
  });
  nodeId = String(Object(made?.result).nodeId);
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

it('refuses another membership than the one named', async () => {
  await expect(run(0, 'another')).rejects.toMatchObject({ outcome: 'REFUSED', code: 'NOT_IN_SWARM' });
});

it('refuses a host that is no manager', async () => {
  const read = await executes[0]?.({ __typename: 'ReadJoinToken', role: 'worker' });
  const { token } = Object(read?.result);
  const joined = await executes[1]?.({
    __typename: 'JoinSwarm',
    token,
    remoteAddrs: ['10.0.0.0:2377'],
    listenAddr,
    availability: 'active',
    cluster: '',
  });
  const refusal = run(1, String(Object(joined?.result).nodeId));
  await expect(refusal).rejects.toMatchObject({ outcome: 'FAILED', code: 'NOT_MANAGER' });
});

it('refuses an engine that sees a leader', async () => {
  await expect(run(0, nodeId)).rejects.toMatchObject({ outcome: 'FAILED', code: 'HAS_QUORUM' });
  expect(forced()).toHaveLength(1);
});

it('begins a swarm without a leader anew', async () => {
  const [first, second] = world.clusters()[0]?.nodes ?? [];
  const update = (wantedRole: 'manager') =>
    executes[0]?.({
      __typename: 'UpdateNode',
      node: [first, second].find((node) => node?.id !== nodeId)?.id ?? '',
      wantedRole,
      setLabels: [],
      removeLabels: [],
    });
  await update('manager');
  await until(
    () => world.clusters()[0]?.nodes.every(({ isRaftMember }) => isRaftMember) === true,
    'two managers',
  );
  await hosts[1]?.kill9();
  const engine = createEngine({ socketPath: hosts[0]?.socketPath ?? '' });
  await until(
    async () => /does not have a leader/.test((await engine.info()).Swarm.Error ?? ''),
    'no leader',
  );
  await expect(run(0, nodeId)).resolves.toEqual({ nodeId });
  expect((await engine.info()).Swarm.Error).toBe('');
});

// Networks, secrets and configs as an agent carries them out on a simulated engine: what is answered, and never a value.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CommandBody } from '../../agent/contract.ts';
import { createEngine } from '../../agent/engine.ts';
import { createExecute } from '../../agent/executors.ts';
import { createWorld } from '../../lab/simulated/world.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'skep-objects-'));
const world = createWorld({ version: '28.5', speed: 20 });
let execute: (body: CommandBody) => Promise<any>;

beforeAll(async () => {
  const socketPath = join(folder, 'engine.sock');
  await world.addEngine({ hostname: 'one', address: '10.0.0.1', socketPath });
  const carry = createExecute({ engine: createEngine({ socketPath }) });
  execute = async (body) => (await carry(body)).result;
  await execute({
    __typename: 'InitSwarm',
    advertiseAddr: '10.0.0.1',
    listenAddr: '0.0.0.0:2377',
    autolock: false,
  });
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

test('a network is made, told with its addresses, removed, and removed again', async () => {
  const { networkId } = await execute({
    __typename: 'CreateNetwork',
    name: 'app',
    attachable: true,
    encrypted: true,
    internal: false,
    ipv6: false,
    subnets: [{ subnet: '10.77.0.0/24', gateway: null, ipRange: null }],
    labels: [{ key: 'team', value: 'web' }],
  });
  await until(async () => {
    const { networks, services } = await execute({ __typename: 'ReadNetworks' });
    const found = networks.find(({ name }: any) => name === 'app');
    if (found.driver === '') return false;
    expect(services).toEqual([]);
    expect(found).toEqual({
      id: networkId,
      name: 'app',
      driver: 'overlay',
      scope: 'swarm',
      attachable: true,
      encrypted: true,
      ingress: false,
      internal: false,
      ipv6: false,
      subnets: [{ subnet: '10.77.0.0/24', gateway: '10.77.0.1', ipRange: null }],
      labels: { team: 'web' },
    });
    return true;
  }, 'the network has its addresses');
  for (const _ of ['first', 'again'])
    expect(await execute({ __typename: 'RemoveNetwork', network: networkId })).toEqual({ removed: true });
});

test.each([
  ['CreateSecret', 'ReadSecrets', { __typename: 'RemoveSecret', secret: '' }],
  ['CreateConfig', 'ReadConfigs', { __typename: 'RemoveConfig', config: '' }],
] as const)('%s: the value goes to the engine, and no read brings it back', async (create, read, remove) => {
  const value = Buffer.from('hush').toString('base64');
  const { id } = await execute({ __typename: create, name: 'kept', value, labels: [] });
  const answer = await execute({ __typename: read });
  expect(answer.kept).toMatchObject([{ id, name: 'kept', labels: {} }]);
  expect(JSON.stringify(answer)).not.toContain(value);
  await expect(execute({ __typename: create, name: 'kept', value, labels: [] })).rejects.toMatchObject({
    code: 'NAME_TAKEN',
    outcome: 'FAILED',
  });
  const body = 'secret' in remove ? { ...remove, secret: id } : { ...remove, config: id };
  for (const _ of ['first', 'again']) expect(await execute(body)).toEqual({ removed: true });
});

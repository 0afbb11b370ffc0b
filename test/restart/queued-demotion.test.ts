// What a restart finds queued may have been made hopeless by what ran before it: it is told so at once.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { begin, ended, readOperation } from '../support/operations.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

let system: System;
let cluster: string;
const override = { override: ['NO_FAULT_TOLERANCE'], reason: 'a test' };

beforeAll(async () => {
  system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 }, hosts: 2 });
  cluster = await system.formSwarm({ managers: 2 });
});
afterAll(() => system?.stop());

it('a queued demotion of the manager that is the last one by its turn is refused, and waits for no other agent', async () => {
  const [stays, goes] = system.members.map(({ host }) => host.hostname);
  const engine = at(system.machines.world?.engines() ?? [], 1);
  engine.putOffDemotions(60_000);
  const { id: first } = await begin(system.ask, 'demoteNodes', { cluster, nodes: [goes], ...override });
  await until(
    async () =>
      (await readOperation(system.ask, first)).steps.some(({ name }: { name: string }) => name === 'observe'),
    'the first is being carried out',
  );
  // Its connection is cut by the kill.
  const patient = begin(system.ask, 'demoteNodes', {
    cluster,
    nodes: [stays],
    ...override,
    waitSeconds: 120,
  }).catch(() => null);
  const second = await until(async () => {
    const { operations } = await system.ask(
      '{ operations(filter: { state: [QUEUED], action: "demoteNodes" }) { edges { node { id } } } }',
    );
    return operations.edges[0]?.node.id as string | undefined;
  }, 'the second is queued');
  await system.server.kill9();
  await patient;
  await system.server.start();
  engine.putOffDemotions(0);
  expect(await ended(system.ask, first, 60_000)).toMatchObject({ state: 'SUCCEEDED' });
  expect(await ended(system.ask, second, 20_000)).toMatchObject({
    state: 'REFUSED',
    failure: { code: 'LAST_MANAGER' },
  });
}, 120_000);

// Operations that outlive what asked for them: idempotency keys, cancellation, a server that is asked to stop under load.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { begunTwice, effects } from '../support/commands.ts';
import { listNodes } from '../support/docker.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { faultsOfHistory, readAudit, readExternal } from '../support/history.ts';
import { begin, connected, ended, readOperation } from '../support/operations.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe(`operations, on ${enginesNote}`, () => {
  let system: System;
  let cluster: string;
  let workers: string[];

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    cluster = await system.formSwarm();
    workers = (await listNodes(at(system.members, 0).host))
      .filter(({ Spec }) => Spec.Role === 'worker')
      .map(({ ID }) => ID);
  });
  afterAll(() => system?.stop());

  const memberOf = async (id: string) => {
    const node = (await listNodes(at(system.members, 0).host)).find(({ ID }) => ID === id);
    const member = system.members.find(({ host }) => host.hostname === node?.Description.Hostname);
    if (!member) throw new Error(`no member is node ${id}`);
    return member;
  };
  const rolesNow = async (): Promise<string[]> =>
    (await listNodes(at(system.members, 0).host))
      .filter(({ ID }) => workers.includes(ID))
      .map(({ Spec }) => Spec.Role);

  it('are the same for the same idempotency key, also after the server was killed', {
    timeout: 90_000,
  }, async () => {
    const input = {
      cluster,
      nodes: workers,
      set: [{ key: 'once', value: 'yes' }],
      idempotencyKey: 'key 1',
      waitSeconds: 60,
    };
    const answers = await Promise.all([0, 1, 2].map(() => begin(system.ask, 'updateNodeLabels', input)));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    await system.server.kill9();
    await system.server.start();
    const again = await begin(system.ask, 'updateNodeLabels', input);
    expect(again).toMatchObject({ id: at(answers, 0).id, state: 'SUCCEEDED' });
    await expect(
      begin(system.ask, 'updateNodeLabels', { ...input, set: [{ key: 'once', value: 'no' }] }),
    ).rejects.toThrow('IDEMPOTENCY_CONFLICT');
    await connected(system.ask);
    const writes = effects(system.members).filter(({ args }) => args?.setLabels?.[0]?.key === 'once');
    expect(writes).toHaveLength(workers.length);
    expect(await readAudit(system.ask, { operation: again.id })).toMatchObject([
      { phase: 'INTENT' },
      { phase: 'OUTCOME' },
    ]);
  });

  it('are the same for an idempotency key that is asked again while it runs on after a kill', {
    timeout: 120_000,
  }, async () => {
    const input = { cluster, nodes: [at(workers, 0)], idempotencyKey: 'key 2', reason: 'test' };
    const { id } = await begin(system.ask, 'promoteNodes', input);
    await system.server.kill9();
    await system.server.start();
    const again = await begin(system.ask, 'promoteNodes', { ...input, waitSeconds: 90 });
    expect(again).toMatchObject({ id, state: 'SUCCEEDED' });
    const back = await begin(system.ask, 'demoteNodes', {
      cluster,
      nodes: [at(workers, 0)],
      waitSeconds: 90,
    });
    expect(back).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('can be cancelled: what runs is finished, what is not begun is left, what is queued never begins', {
    timeout: 150_000,
  }, async () => {
    await connected(system.ask);
    // A frozen engine takes no new role, so the first promotion goes on for as long as the test wants.
    const frozen = await memberOf(at(workers, 0));
    await frozen.host.pause();
    const running = await begin(system.ask, 'promoteNodes', { cluster, nodes: workers, reason: 'test' });
    await until(
      async () => (await readOperation(system.ask, running.id)).targets[0].state === 'RUNNING',
      'the first target is begun',
    );
    const queued = await begin(system.ask, 'demoteNodes', {
      cluster,
      nodes: workers,
      reason: 'test',
      waitSeconds: 0.1,
    });
    // Its own patience is over sooner than a cancellation can come.
    expect(await ended(system.ask, queued.id)).toMatchObject({ state: 'REFUSED', failure: { code: 'BUSY' } });
    const patient = system.ask(
      'mutation($input: DemoteNodesInput!) { demoteNodes(input: $input) { id state } }',
      { input: { cluster, nodes: workers, reason: 'patient', waitSeconds: 120 } },
    );
    const waiting = await until(async () => {
      const { operations } = await system.ask(
        '{ operations(filter: { state: [QUEUED], action: "demoteNodes" }) { edges { node { id } } } }',
      );
      return operations.edges[0]?.node.id as string | undefined;
    }, 'the patient one is queued');
    const cancel = (id: string) => begin(system.ask, 'cancelOperation', { id, waitSeconds: 30 });
    expect(await cancel(waiting)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await ended(system.ask, waiting)).toMatchObject({ state: 'CANCELLED' });
    expect((await patient).demoteNodes).toMatchObject({ id: waiting, state: 'CANCELLED' });
    expect(await cancel(running.id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await readOperation(system.ask, running.id)).toMatchObject({ state: 'CANCELLING' });
    await frozen.host.resume();
    const end = await ended(system.ask, running.id);
    expect({ state: end.state, targets: end.targets.map(({ state }: { state: string }) => state) }).toEqual({
      state: 'CANCELLED',
      targets: ['SUCCEEDED', 'SKIPPED'],
    });
    expect((await rolesNow()).sort()).toEqual(['manager', 'worker']);
    expect(await cancel(running.id)).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NOT_CANCELLABLE' },
    });
    await begin(system.ask, 'demoteNodes', { cluster, nodes: workers, waitSeconds: 90 });
  });

  it('are ended by the next start when the server is asked to stop under load', {
    timeout: 150_000,
  }, async () => {
    await connected(system.ask);
    const answers: Record<string, any>[] = [];
    const broken: unknown[] = [];
    const clients = Array.from({ length: 6 }, async (_, client) => {
      for (let round = 0; ; round += 1) {
        try {
          answers.push(
            await begin(system.ask, 'updateNodeLabels', {
              cluster,
              nodes: workers,
              set: [{ key: `load${client}`, value: String(round) }],
              waitSeconds: 60,
            }),
          );
        } catch (error) {
          broken.push(error);
          return;
        }
      }
    });
    await until(() => answers.length >= 6, 'the load runs', 60_000);
    const from = performance.now();
    await system.server.stop();
    const stopMs = performance.now() - from;
    await Promise.all(clients);
    expect(broken).toHaveLength(6);
    await system.server.start();
    const open = await system.ask(
      '{ operations(filter: { open: true }, first: 100) { edges { node { id } } } }',
    );
    for (const { node } of open.operations.edges)
      expect(await ended(system.ask, node.id)).toMatchObject({ state: 'SUCCEEDED' });
    for (const { id } of answers) expect(await ended(system.ask, id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(stopMs).toBeLessThan(10_000);
  });

  it('leave a history without a fault', async () => {
    expect(begunTwice(system.members)).toEqual([]);
    expect(await readExternal(system.ask)).toEqual([]);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  });
});

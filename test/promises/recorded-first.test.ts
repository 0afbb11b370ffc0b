// Promise 1: nothing is done that was not first recorded, durably.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLog } from '../../lab/processes.ts';
import { at } from '../support/at.ts';
import { begin, ended } from '../support/operations.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('the record comes first, on SIMULATED engines (which tell what they heard)', () => {
  let system: System;
  let cluster: string;
  let perform: Perform;

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 }, hosts: 1 });
    cluster = await system.formSwarm();
    perform = createPerform(system.server.url, system.server.adminKey);
  });
  afterAll(() => system?.stop());

  const engine = () => at(system.machines.world?.engines() ?? [], 0);
  const written = () =>
    engine()
      .calls()
      .filter(({ method }) => method !== 'GET');
  const label = async (value: string) => ({
    cluster,
    nodes: [(await system.ask('{ nodes { edges { node { id } } } }')).nodes.edges[0].node.id],
    set: [{ key: 'l', value }],
  });
  const database = (): Database.Database => new Database(join(system.dir, 'data', 'skep.db'));

  it('no record, no act: the engine hears nothing, reads go on, and it works again by itself', {
    timeout: 60_000,
  }, async () => {
    const input = await label('unrecorded');
    const heard = written().length;
    const other = database();
    other.exec('BEGIN IMMEDIATE');
    try {
      expect(await perform.error('updateNodeLabels', input)).toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
      expect((await system.ask('{ nodes { edges { node { labels { key } } } } }')).nodes.edges).toHaveLength(
        1,
      );
      expect(written()).toHaveLength(heard);
    } finally {
      other.exec('ROLLBACK');
      other.close();
    }
    expect(await perform('updateNodeLabels', await label('recorded'))).toMatchObject({ state: 'SUCCEEDED' });
    expect(written().length).toBeGreaterThan(heard);
  });

  it('an intent is on the disk before the engine hears of it, also when the server dies right then', {
    timeout: 60_000,
  }, async () => {
    engine().fault({
      match: 'POST /nodes/*/update',
      times: 1,
      kind: 'delay',
      when: 'before',
      delayMs: 2_000,
    });
    const { id } = await begin(system.ask, 'updateNodeLabels', await label('first recorded'));
    await until(() => engine().faultsLeft() === 0, 'the engine has heard it');
    await system.server.kill9();
    const file = database();
    const phases = file
      .prepare('SELECT phase FROM AuditRecord WHERE operationId = ? ORDER BY seq')
      .pluck()
      .all(id);
    file.close();
    expect(phases).toEqual(['INTENT']);
    await system.server.start();
    expect(await ended(system.ask, id)).toMatchObject({ state: 'SUCCEEDED' });
  });
});

it('no record, no secret: a token is not read while the database is locked, on a SIMULATED engine', {
  timeout: 60_000,
}, async () => {
  const system = await startSystem({
    engines: { kind: 'simulated', version: '28.5', speed: 4 },
    hosts: 1,
    env: { SKEP_FAILPOINTS: 'operation.judged=sleep(1000)' },
  });
  try {
    const cluster = await system.formSwarm();
    const { revealJoinToken } = await system.ask(
      'mutation($input: RevealJoinTokenInput!) { revealJoinToken(input: $input) { operation { id } } }',
      { input: { cluster, role: 'WORKER', waitSeconds: 0 } },
    );
    const { id } = revealJoinToken.operation;
    const stateOf = async () => (await system.ask(`{ operation(id: "${id}") { state } }`)).operation.state;
    await until(async () => (await stateOf()) === 'RUNNING', 'it is judged');
    const other = new Database(join(system.dir, 'data', 'skep.db'));
    other.exec('BEGIN IMMEDIATE');
    try {
      const log = join(system.dir, 'server.log');
      await until(() => readLog(log).includes('an outcome could not be recorded'), 'the lock was met');
    } finally {
      other.exec('ROLLBACK');
      other.close();
    }
    expect(await ended(system.ask, id)).toMatchObject({
      state: 'FAILED',
      failure: { code: 'AUDIT_UNAVAILABLE' },
    });
  } finally {
    await system.stop();
  }
});

// What holds for every change: dry runs, idempotency keys, waiting, queueing, cancelling, a client that goes away.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineApi, engineOf, setByPeople } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, documentOf, type Perform } from '../support/perform.ts';
import { type Member, operationFields, type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

describe(`the one door for change (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let api: EngineApi;
  let first: Member;
  let second: Member;
  let third: Member;
  let fourth: Member;

  const name = ({ host }: Member): string => host.hostname;
  const operationOf = async (id: string): Promise<Record<string, any>> =>
    (await system.ask(`query($id: ID!) { operation(id: $id) { ${operationFields} } }`, { id })).operation;
  const ended = (id: string) =>
    until(
      async () => {
        const operation = await operationOf(id);
        return operation.endedAt === null ? null : operation;
      },
      'the operation has ended by itself',
      100_000,
    );
  /** As the server sees it: what it judges by. An agent tells of its engine a second after that answers again. */
  const isWhole = async (): Promise<boolean> => {
    const { hosts, clusters } = await system.ask(
      '{ hosts { edges { node { swarm { localState } } } } clusters { state watcher { stale } } }',
    );
    return (
      hosts.edges.every(({ node }: any) => node.swarm?.localState === 'ACTIVE') &&
      clusters.every(({ state, watcher }: any) => state === 'HEALTHY' && !watcher.stale)
    );
  };
  const phasesOf = async (id: string) =>
    (await readHistory(system.ask, { operation: id })).map(({ phase }) => phase);

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 4 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    const [a, b, c, d] = system.members;
    if (!a || !b || !c || !d) throw new Error('four hosts are needed');
    [first, second, third, fourth] = [a, b, c, d];
    api = engineOf(first.host);
  });
  afterAll(() => system?.stop());

  it('a dry run gives the verdict, does nothing and is not on record', async () => {
    const before = await setByPeople(api);
    const { verifyAudit } = await system.ask('{ verifyAudit { head { seq } } }');
    const dry = await perform('promoteNodes', { nodes: [name(second), name(third)], dryRun: true });
    expect(dry).toMatchObject({
      state: 'SUCCEEDED',
      failure: null,
      impact: { managersBefore: 1, managersAfter: 3, toleratesAfter: 1 },
    });
    expect(dry.targets.map(({ name: target, state }: any) => [target, state])).toEqual([
      [name(second), 'PENDING'],
      [name(third), 'PENDING'],
    ]);
    expect(await setByPeople(api)).toEqual(before);
    expect(await readHistory(system.ask, { operation: dry.id })).toEqual([]);
    expect(await operationOf(dry.id)).toBeNull();
    const after = await system.ask('{ verifyAudit { head { seq } } }');
    expect(after.verifyAudit).toEqual(verifyAudit);
  });

  describe('an idempotency key', () => {
    const input = { set: [{ key: 'once', value: '1' }], idempotencyKey: 'deploy-1' };

    it('stands for one operation: asked again, also at the same moment, nothing is done twice', async () => {
      const ask = () => perform('updateNodeLabels', { nodes: [name(second)], ...input });
      const [one, other] = await Promise.all([ask(), ask()]);
      const { Version } = await api.get(`/nodes/${name(second)}`);
      const again = await perform('updateNodeLabels', { nodes: [name(second)], ...input, reason: 'again' });
      expect([other.id, again.id]).toEqual([one.id, one.id]);
      expect(again).toMatchObject({ state: 'SUCCEEDED', reason: null });
      expect((await api.get(`/nodes/${name(second)}`)).Version).toEqual(Version);
      expect(await phasesOf(one.id)).toEqual(['INTENT', 'OUTCOME']);
    });

    it('with another input is a conflict, and nothing is on record', async () => {
      const before = await readHistory(system.ask);
      const error = await perform.error('updateNodeLabels', { nodes: [name(third)], ...input });
      expect(error.code).toBe('IDEMPOTENCY_CONFLICT');
      expect(await readHistory(system.ask)).toEqual(before);
    });

    it('is one’s own, and of one mutation', async () => {
      const made = await perform('createApiKey', { name: 'another', role: 'OPERATOR' });
      const another = createPerform(system.server.url, made.payload.key);
      const mine = await perform('updateNodeLabels', { nodes: [name(second)], ...input });
      const theirs = await another('updateNodeLabels', { nodes: [name(second)], ...input });
      expect(theirs).toMatchObject({ state: 'SUCCEEDED', actor: { name: 'another' } });
      expect(theirs.id).not.toBe(mine.id);
      const pause = await perform('setNodeAvailability', {
        nodes: [name(second)],
        availability: 'ACTIVE',
        idempotencyKey: input.idempotencyKey,
      });
      expect(pause).toMatchObject({ state: 'SUCCEEDED', action: 'setNodeAvailability' });
    });

    it('shows a secret once only', async () => {
      const ask = () => perform('revealJoinToken', { cluster, role: 'WORKER', idempotencyKey: 'look' });
      const one = await ask();
      expect(one.payload.token).toMatch(/^SWMTKN-1-/);
      const again = await ask();
      expect(again).toMatchObject({ id: one.id, payload: { token: null, command: null } });
      expect(await phasesOf(one.id)).toEqual(['INTENT', 'SECRET_READ', 'OUTCOME']);
      const key = () => perform('createApiKey', { name: 'one', role: 'VIEWER', idempotencyKey: 'key' });
      expect((await key()).payload.key).not.toBeNull();
      expect((await key()).payload).toMatchObject({ key: null });
    });
  });

  it('with waitSeconds 0 the operation comes back open and ends by itself, and others are BUSY meanwhile', async () => {
    // A frozen engine does not become a manager.
    await second.host.pause();
    const open = await perform('promoteNodes', { nodes: [name(second)], waitSeconds: 0 });
    expect(open.endedAt).toBeNull();
    const busy = await ended((await perform('promoteNodes', { nodes: [name(third)], waitSeconds: 0 })).id);
    expect(busy).toMatchObject({ state: 'REFUSED', failure: { code: 'BUSY', retryable: true } });
    expect(busy.failure.message).toContain(open.id);
    expect(await phasesOf(busy.id)).toEqual(['INTENT', 'OUTCOME']);
    const queued = perform('demoteNodes', { nodes: [name(third)], reason: 'in the queue', waitSeconds: 60 });
    const waiting = await until(
      async () =>
        (await readHistory(system.ask, { action: 'demoteNodes' })).find(
          ({ reason }) => reason === 'in the queue',
        ),
      'the second is on record',
    );
    expect(await operationOf(waiting.operationId)).toMatchObject({ state: 'QUEUED', endedAt: null });
    expect((await operationOf(open.id)).endedAt).toBeNull();
    await second.host.resume();

    const done = await ended(open.id);
    expect(done).toMatchObject({ state: 'SUCCEEDED', targets: [{ state: 'SUCCEEDED' }] });
    expect(await phasesOf(open.id)).toEqual(['INTENT', 'OUTCOME']);
    const after = await queued;
    expect(after).toMatchObject({ id: waiting.operationId, state: 'SUCCEEDED' });
    expect(after.warnings.map(({ code }: { code: string }) => code)).toContain('ALREADY_WORKER');
    expect(new Date(after.endedAt).getTime()).toBeGreaterThanOrEqual(new Date(done.endedAt).getTime());
    const nodes = await api.nodes();
    expect(nodes[name(second)].ManagerStatus.Reachability).toBe('reachable');
    expect(nodes[name(third)].Spec.Role).toBe('worker');
  });

  it('a cancelled operation finishes what it began and leaves the rest', async () => {
    await third.host.pause();
    const open = await perform('promoteNodes', {
      nodes: [name(third), name(fourth)],
      reason: 'three of them',
      waitSeconds: 0,
    });
    await until(async () => (await operationOf(open.id)).targets[0].state === 'RUNNING', 'it has begun');
    const cancel = await perform('cancelOperation', { id: open.id, reason: 'not now' });
    expect(cancel).toMatchObject({ state: 'SUCCEEDED', targets: [{ kind: 'OPERATION', id: open.id }] });
    expect(await operationOf(open.id)).toMatchObject({ state: 'CANCELLING' });
    await third.host.resume();
    const done = await ended(open.id);
    expect(done).toMatchObject({ state: 'CANCELLED', reason: 'three of them' });
    expect(done.targets.map(({ name: target, state }: any) => [target, state])).toEqual([
      [name(third), 'SUCCEEDED'],
      [name(fourth), 'SKIPPED'],
    ]);
    const nodes = await api.nodes();
    expect(nodes[name(third)].ManagerStatus.Reachability).toBe('reachable');
    expect(nodes[name(fourth)].Spec.Role).toBe('worker');
    const [, outcome] = await readHistory(system.ask, { operation: open.id });
    expect(outcome).toMatchObject({ phase: 'OUTCOME', outcome: 'CANCELLED' });
  });

  it('an operation that is cancelled while it is judged, or waits, does nothing', async () => {
    const before = await setByPeople(api);
    // All managers: whoever is asked does not answer.
    const managers = [first, second, third].map(({ host }) => host);
    await Promise.all(managers.map((host) => host.pause()));
    const input = { nodes: [name(fourth)], set: [{ key: 'late' }] };
    const judged = await perform('updateNodeLabels', { ...input, waitSeconds: 0 });
    const waiting = perform('updateNodeLabels', { ...input, reason: 'it waits', waitSeconds: 60 });
    const { operationId } = await until(
      async () =>
        (await readHistory(system.ask, { action: 'updateNodeLabels' })).find(
          ({ reason }) => reason === 'it waits',
        ),
      'the second is on record',
    );
    for (const id of [judged.id, operationId])
      expect(await perform('cancelOperation', { id })).toMatchObject({ state: 'SUCCEEDED' });
    await Promise.all(managers.map((host) => host.resume()));
    for (const id of [judged.id, operationId])
      expect(await ended(id)).toMatchObject({
        state: 'CANCELLED',
        targets: [{ state: 'PENDING' }],
      });
    expect((await waiting).state).toBe('CANCELLED');
    expect(await setByPeople(api)).toEqual(before);
    await until(isWhole, 'the managers that were paused answer again, and their agents have said so');
  });

  it('a client that goes away changes nothing', async () => {
    const stop = new AbortController();
    const call = fetch(system.server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${system.server.adminKey}`,
      },
      body: JSON.stringify({
        query: documentOf('promoteNodes'),
        variables: { input: { nodes: [name(fourth)], reason: 'nobody listens' } },
      }),
      signal: stop.signal,
    });
    const { operationId } = await until(
      async () =>
        (await readHistory(system.ask, { action: 'promoteNodes' })).find(
          ({ reason }) => reason === 'nobody listens',
        ),
      'the intent is on record',
    );
    stop.abort();
    await expect(call).rejects.toThrow('abort');
    expect(await ended(operationId)).toMatchObject({ state: 'SUCCEEDED' });
    expect((await api.nodes())[name(fourth)].ManagerStatus.Reachability).toBe('reachable');
  });

  it('each operation has one intent and one outcome, and the chain of records holds', async () => {
    const records = await readHistory(system.ask);
    const ids = new Set(records.map(({ operationId }) => operationId).filter((id) => id !== null));
    for (const id of ids) {
      const own = records.filter(({ operationId }) => operationId === id).map(({ phase }) => phase);
      expect(own.filter((phase) => phase === 'INTENT')).toHaveLength(1);
      expect(own.filter((phase) => phase === 'OUTCOME')).toHaveLength(1);
    }
    records.forEach(({ previousHash }, index) => {
      if (index > 0) expect(previousHash).toBe(records[index - 1]?.hash);
    });
    const { verifyAudit } = await system.ask('{ verifyAudit { ok checked } }');
    expect(verifyAudit).toEqual({ ok: true, checked: records.length });
  });
});

// What somebody does without Skep reaches subscribers and the audit as EXTERNAL; what Skep does never is.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/host.ts';
import { at } from '../support/at.ts';
import { callDocker, changeNode, docker, type EngineNode } from '../support/docker.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { type AuditRecord, auditHead, faultsOfHistory, readExternal } from '../support/history.ts';
import { changeLabels } from '../support/labels.ts';
import type { Subscriber } from '../support/live.ts';
import { type System, startSystem } from '../support/system.ts';
import { transports } from '../support/transports.ts';
import { until } from '../support/until.ts';

type Case = {
  what: string;
  command: readonly string[];
  spec: Partial<EngineNode['Spec']>;
  changes: readonly { path: string; old: string | null; new: string | null }[];
};

const isReal = engines.kind === 'real';

describe(`changes made ${isReal ? 'by the docker CLI' : 'by the engine API'}, on ${enginesNote}`, () => {
  let system: System;
  let cluster: string;
  let manager: LabHost;
  let worker: string;
  let events: Subscriber;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    const [one, two] = system.members;
    if (!one || !two) throw new Error('no hosts');
    manager = one.host;
    const { initCluster } = await system.ask(
      'mutation($input: InitClusterInput!) { initCluster(input: $input) { state cluster { id } } }',
      { input: { host: one.hostId, name: 'test', advertiseAddr: manager.address } },
    );
    cluster = initCluster.cluster.id;
    const { joinHosts } = await system.ask(
      'mutation($input: JoinHostsInput!) { joinHosts(input: $input) { state } }',
      { input: { cluster, hosts: [{ host: two.hostId }] } },
    );
    expect([initCluster.state, joinHosts.state]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    const { node } = await system.ask('query($ref: NodeRef!) { node(ref: $ref) { id } }', {
      ref: two.host.hostname,
    });
    worker = node.id;
    events = at(transports, 0).listen(
      system,
      'subscription { nodeChanged { cursor kind node { id hostname } changes { path old new } operation { id } } }',
    );
  });
  afterAll(async () => {
    events?.stop();
    await system?.stop();
  });

  /** Does it by the CLI where there is one, otherwise as the CLI would: by the engine's API. */
  const by = async (command: readonly string[], api: () => Promise<unknown>): Promise<void> => {
    if (isReal) await docker(manager, ...command);
    else await api();
  };

  /** The one record that the act leaves. */
  const externalOf = async (act: () => Promise<void>): Promise<AuditRecord> => {
    const head = await auditHead(system.ask);
    const from = Date.now();
    await act();
    const to = Date.now();
    const [record] = await until(async () => {
      const found = await readExternal(system.ask, head);
      return found.length > 0 ? found : null;
    }, 'the change is on record as EXTERNAL');
    if (!record) throw new Error('no record');
    expect(record).toMatchObject({ phase: 'OBSERVED', outcome: null, operationId: null });
    const { observedBetween } = record.input;
    // The interval of two reads holds the moment of the change.
    expect(new Date(observedBetween.from).getTime()).toBeLessThanOrEqual(to);
    expect(new Date(observedBetween.to).getTime()).toBeGreaterThanOrEqual(from);
    return record;
  };

  it.each<Case>([
    {
      what: 'an availability',
      command: ['node', 'update', '--availability', 'pause'],
      spec: { Availability: 'pause' },
      changes: [{ path: 'availability', old: 'ACTIVE', new: 'PAUSE' }],
    },
    {
      what: 'an availability set back',
      command: ['node', 'update', '--availability', 'active'],
      spec: { Availability: 'active' },
      changes: [{ path: 'availability', old: 'PAUSE', new: 'ACTIVE' }],
    },
    {
      what: 'a label set',
      command: ['node', 'update', '--label-add', 'zone=a', '--label-add', 'flag'],
      spec: { Labels: { zone: 'a', flag: '' } },
      changes: [
        { path: 'labels.flag', old: null, new: '' },
        { path: 'labels.zone', old: null, new: 'a' },
      ],
    },
    {
      what: 'a label changed',
      command: ['node', 'update', '--label-add', 'zone=b'],
      spec: { Labels: { zone: 'b', flag: '' } },
      changes: [{ path: 'labels.zone', old: 'a', new: 'b' }],
    },
    {
      what: 'labels removed',
      command: ['node', 'update', '--label-rm', 'zone', '--label-rm', 'flag'],
      spec: { Labels: {} },
      changes: [
        { path: 'labels.flag', old: '', new: null },
        { path: 'labels.zone', old: 'b', new: null },
      ],
    },
    {
      what: 'a promotion',
      command: ['node', 'update', '--role', 'manager'],
      spec: { Role: 'manager' },
      changes: [{ path: 'role', old: 'WORKER', new: 'MANAGER' }],
    },
  ])('has $what on record and tells it', async ({ command, spec, changes }) => {
    const before = events.received.length;
    const record = await externalOf(() =>
      by([...command, worker], () => changeNode(manager, worker, () => spec)),
    );
    expect(record).toMatchObject({ action: 'nodeChanged', targets: [{ kind: 'NODE', id: worker }] });
    expect([...record.changes].sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual(changes);
    const told = await until(
      () =>
        events.received
          .slice(before)
          .find((event) =>
            changes.every(({ path }) => event.changes.some((c: { path: string }) => c.path === path)),
          ),
      'a subscriber hears of it',
    );
    expect(told).toMatchObject({ kind: 'UPDATED', node: { id: worker }, operation: null });
  });

  it('has a demotion on record', async () => {
    await until(async () => {
      const { node } = await system.ask(
        'query($ref: NodeRef!) { node(ref: $ref) { managerStatus { reachability } } }',
        {
          ref: worker,
        },
      );
      return node.managerStatus?.reachability === 'REACHABLE';
    }, 'the promoted node is in the raft group');
    const record = await externalOf(() =>
      by(['node', 'demote', worker], () => changeNode(manager, worker, () => ({ Role: 'worker' }))),
    );
    expect(record.changes).toEqual([{ path: 'role', old: 'MANAGER', new: 'WORKER' }]);
  });

  it('has a join by hand and a removal on record, each once', { timeout: 90_000 }, async () => {
    const { revealJoinToken } = await system.ask(
      'mutation($input: RevealJoinTokenInput!) { revealJoinToken(input: $input) { token operation { state } } }',
      { input: { cluster, role: 'WORKER', reason: 'to join by hand' } },
    );
    const { host } = at(system.members, 2);
    const joined = await externalOf(async () => {
      await callDocker(host, 'POST', '/swarm/join', {
        ListenAddr: '0.0.0.0:2377',
        AdvertiseAddr: host.address,
        RemoteAddrs: [`${manager.address}:2377`],
        JoinToken: revealJoinToken.token,
      });
    });
    expect(joined).toMatchObject({ action: 'nodeAdded', targets: [{ kind: 'NODE', name: host.hostname }] });
    const id = joined.targets[0]?.id ?? '';
    await events.next(({ kind, node }) => kind === 'ADDED' && node.id === id, 'the new node’s event');
    await callDocker(host, 'POST', '/swarm/leave');
    await until(
      async () =>
        (await callDocker<{ Status: { State: string } }>(manager, 'GET', `/nodes/${id}`)).Status.State ===
        'down',
      'the node that left is down',
      60_000,
    );
    const removed = await externalOf(() =>
      by(['node', 'rm', id], () => callDocker(manager, 'DELETE', `/nodes/${id}`)),
    );
    expect(removed).toMatchObject({
      action: 'nodeRemoved',
      targets: [{ kind: 'NODE', id, name: host.hostname }],
    });
    await events.next(({ kind, node }) => kind === 'REMOVED' && node.id === id, 'the removal’s event');
  });

  it('has a rotated token and a changed spec on record', async () => {
    const update = (query: string, change: (spec: any) => object) => async (): Promise<void> => {
      const { Version, Spec } = await callDocker<{ Version: { Index: number }; Spec: object }>(
        manager,
        'GET',
        '/swarm',
      );
      await callDocker(manager, 'POST', `/swarm/update?version=${Version.Index}${query}`, change(Spec));
    };
    const rotated = await externalOf(() =>
      by(
        ['swarm', 'join-token', '--rotate', '--quiet', 'worker'],
        update('&rotateWorkerToken=true', (spec) => spec),
      ),
    );
    expect(rotated).toMatchObject({ action: 'swarmChanged', targets: [{ kind: 'CLUSTER', id: cluster }] });
    expect(rotated.changes.map(({ path }) => path)).toEqual(['joinTokens.WORKER']);
    expect(JSON.stringify(rotated)).not.toContain('SWMTKN');
    const changed = await externalOf(() =>
      by(
        ['swarm', 'update', '--task-history-limit', '7'],
        update('', (spec) => ({ ...spec, Orchestration: { TaskHistoryRetentionLimit: 7 } })),
      ),
    );
    expect(changed.changes).toEqual([
      { path: 'spec.Orchestration.TaskHistoryRetentionLimit', old: 5, new: 7 },
    ]);
  });

  it('has nothing of it when Skep does the same', { timeout: 120_000 }, async () => {
    const head = await auditHead(system.ask);
    const act = async (mutation: string, input: object): Promise<void> => {
      const name = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}`;
      const data = await system.ask(
        `mutation($input: ${name}Input!) { ${mutation}(input: $input) { state failure { code message } } }`,
        { input: { cluster, waitSeconds: 120, reason: 'test', ...input } },
      );
      expect({ mutation, ...data[mutation] }).toMatchObject({ state: 'SUCCEEDED' });
    };
    const nodes = [worker];
    await act('setNodeAvailability', { nodes, availability: 'PAUSE' });
    await act('setNodeAvailability', { nodes, availability: 'ACTIVE' });
    await changeLabels(system.ask, {
      cluster,
      nodes,
      set: [
        { key: 'dotted.key', value: 'x=y' },
        { key: 'flag', value: '' },
      ],
    });
    await changeLabels(system.ask, {
      cluster,
      nodes,
      set: [{ key: 'dotted.key', value: 'z' }],
      remove: ['flag'],
    });
    await act('promoteNodes', { nodes });
    await act('demoteNodes', { nodes });
    await act('rotateJoinToken', { role: 'MANAGER' });
    await act('joinHosts', {
      hosts: [{ host: at(system.members, 2).hostId, labels: [{ key: 'a', value: 'b' }] }],
    });
    const { node } = await system.ask('query($ref: NodeRef!) { node(ref: $ref) { id } }', {
      ref: at(system.members, 2).host.hostname,
    });
    await act('removeNodes', { nodes: [node.id], force: true });
    // A change of somebody else is the mark behind which nothing of ours can follow.
    await externalOf(() =>
      changeNode(manager, worker, (spec) => ({ Labels: { ...spec.Labels, mark: 'x' } })),
    );
    expect((await readExternal(system.ask, head)).map(({ action, changes }) => [action, changes])).toEqual([
      ['nodeChanged', [{ path: 'labels.mark', old: null, new: 'x' }]],
    ]);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  });

  it('has on record what was done while the server was stopped', async () => {
    const head = await auditHead(system.ask);
    await system.server.stop();
    const stopped = Date.now();
    await by(['node', 'update', '--label-add', 'night=yes', worker], () =>
      changeNode(manager, worker, (spec) => ({ Labels: { ...spec.Labels, night: 'yes' } })),
    );
    const changed = Date.now();
    await system.server.start();
    const [record] = await until(async () => {
      const found = await readExternal(system.ask, head);
      return found.length > 0 ? found : null;
    }, 'the change is on record');
    expect(record?.changes).toEqual([{ path: 'labels.night', old: null, new: 'yes' }]);
    expect(new Date(record?.input.observedBetween.from).getTime()).toBeLessThanOrEqual(stopped);
    expect(new Date(record?.input.observedBetween.to).getTime()).toBeGreaterThanOrEqual(changed);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  });
});

// The document that Skep was asked to implement, step by step on real engines: each act through the API, checked with
// the engine's own word, and found again in the audit log.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { type EngineApi, engineOf, setByPeople } from './support/engine-api.ts';
import { enginesNote, everyEngine } from './support/engines.ts';
import { createPerform } from './support/perform.ts';
import { type Member, type System, startSystem } from './support/system.ts';
import { createTranscript, readHistory, type Transcript } from './support/transcript.ts';
import { until } from './support/until.ts';

const nodeFields =
  'id hostname role observedRole availability engineVersion status { state message address } managerStatus { leader reachability address } labels { key value } engineLabels { key value } platform { os architecture } resources { cpus memoryBytes } plugins { type name } tlsInfo { trustRoot certIssuerSubject certIssuerPublicKey } joinedAt updatedAt version stale host { id } cluster { id }';

const pairs = (map: Record<string, string> | null): { key: string; value: string }[] =>
  Object.entries(map ?? {})
    .map(([key, value]) => ({ key, value }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
const milliseconds = (time: string): string => new Date(time.replace(/(\.\d{3})\d*Z$/, '$1Z')).toISOString();

/** What Skep must tell of a node, made of what the engine tells. */
const nodeAsEngineTells = (node: any) => ({
  id: node.ID,
  hostname: node.Description.Hostname,
  role: node.Spec.Role.toUpperCase(),
  observedRole: node.ManagerStatus ? 'MANAGER' : 'WORKER',
  availability: node.Spec.Availability.toUpperCase(),
  engineVersion: node.Description.Engine.EngineVersion,
  status: { state: node.Status.State.toUpperCase(), address: node.Status.Addr },
  managerStatus: node.ManagerStatus
    ? {
        leader: node.ManagerStatus.Leader === true,
        reachability: node.ManagerStatus.Reachability.toUpperCase(),
        address: node.ManagerStatus.Addr,
      }
    : null,
  labels: pairs(node.Spec.Labels),
  engineLabels: pairs(node.Description.Engine.Labels ?? null),
  platform: { os: node.Description.Platform.OS, architecture: node.Description.Platform.Architecture },
  resources: {
    cpus: node.Description.Resources.NanoCPUs / 1e9,
    memoryBytes: node.Description.Resources.MemoryBytes,
  },
  plugins: node.Description.Engine.Plugins.map(({ Type: type, Name: name }: any) => ({ type, name })),
  tlsInfo: {
    trustRoot: node.Description.TLSInfo.TrustRoot,
    certIssuerSubject: node.Description.TLSInfo.CertIssuerSubject,
    certIssuerPublicKey: node.Description.TLSInfo.CertIssuerPublicKey,
  },
  joinedAt: milliseconds(node.CreatedAt),
});

/** A join token carries its cluster's CA digest, in base 36. */
const caDigestOf = (token: string): string =>
  [...(token.split('-')[2] ?? '')]
    .reduce((sum, digit) => sum * 36n + BigInt(Number.parseInt(digit, 36)), 0n)
    .toString(16)
    .padStart(64, '0');

/** Runs a `docker swarm join` line on a host, by the call that the docker CLI makes of it. */
const runJoinLine = (host: LabHost, line: string) => {
  const parts = /^docker swarm join --token (\S+) (\S+)$/.exec(line);
  if (!parts) throw new Error('this is no join line');
  return engineOf(host).post('/swarm/join', {
    ListenAddr: '0.0.0.0:2377',
    JoinToken: parts[1],
    RemoteAddrs: [parts[2]],
  });
};

describe.each(everyEngine)(`the seed on $kind $version (${enginesNote})`, (engines) => {
  let system: System;
  let script: Transcript;
  let cloud01: Member;
  let cloud02: Member;
  let cloud03: Member;
  let cloud04: Member;
  let manager: EngineApi;
  let cluster: string;
  const lines: Record<string, string> = {};

  const name = (member: Member): string => member.host.hostname;
  const listNodes = async (): Promise<Record<string, any>[]> => {
    const { nodes } = await system.ask(
      `query($cluster: [ID!]) { nodes(filter: { clusters: $cluster }) { totalCount edges { node { ${nodeFields} } } } }`,
      { cluster: [cluster] },
    );
    return nodes.edges.map(({ node }: any) => node);
  };
  /** Once Skep has seen what the engines show now: the watcher may be a moment behind. */
  const listAsEngine = async (): Promise<Record<string, any>> => {
    const told = Object.values(await manager.nodes()).map(nodeAsEngineTells);
    const listed = await listNodes();
    const byHost = (a: { hostname: string; id: string }, b: { hostname: string; id: string }) =>
      `${a.hostname}${a.id}` < `${b.hostname}${b.id}` ? -1 : 1;
    expect(listed).toMatchObject(told.sort(byHost));
    return Object.fromEntries(listed.map((node) => [node.hostname, node]));
  };
  const reveal = async (role: 'WORKER' | 'MANAGER') => {
    const { payload } = await script.act(
      'revealJoinToken',
      { cluster, role },
      { targets: [`${role.toLowerCase()} of seed`] },
    );
    return payload;
  };

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 4 });
    script = createTranscript(createPerform(system.server.url, system.server.adminKey));
    const [first, second, third, fourth] = system.members;
    if (!first || !second || !third || !fourth) throw new Error('four hosts are needed');
    [cloud01, cloud02, cloud03, cloud04] = [first, second, third, fourth];
    manager = engineOf(cloud01.host);
  });
  afterAll(() => system?.stop());

  it('init with an advertise address makes one manager, the leader, at that address', async () => {
    const { address } = cloud01.host;
    const done = await script.act(
      'initCluster',
      { host: cloud01.hostId, name: 'seed', advertiseAddr: address },
      { targets: [name(cloud01)] },
    );
    cluster = done.clusterId.id;
    const info = await manager.get('/info');
    expect(info.Swarm).toMatchObject({ LocalNodeState: 'active', ControlAvailable: true, NodeAddr: address });
    expect((await manager.get('/swarm')).ID).toBe(cluster);
    expect((await manager.nodes())[name(cloud01)].ManagerStatus).toEqual({
      Leader: true,
      Reachability: 'reachable',
      Addr: `${address}:2377`,
    });
    expect(new Date(done.observedAt).getTime()).toBeGreaterThan(new Date(done.startedAt).getTime());
  });

  it('join-token reveals the engine’s own tokens with their ready-made lines', async () => {
    const { JoinTokens } = await manager.get('/swarm');
    for (const [role, token] of [
      ['WORKER', JoinTokens.Worker],
      ['MANAGER', JoinTokens.Manager],
    ] as const) {
      const told = await reveal(role);
      expect(told).toEqual({
        token,
        command: `docker swarm join --token ${token} ${cloud01.host.address}:2377`,
      });
      lines[role] = told.command;
    }
  });

  it('a line that was revealed joins an engine by hand', async () => {
    expect(await runJoinLine(cloud04.host, lines.WORKER ?? '')).toMatchObject({ status: 200 });
    const { NodeID } = (await engineOf(cloud04.host).get('/info')).Swarm;
    const seen = await until(
      async () => (await listNodes()).find(({ id, host }) => id === NodeID && host !== null),
      'the node is listed and known to be the host’s',
    );
    expect(seen).toMatchObject({ host: { id: cloud04.hostId }, role: 'WORKER' });
  });

  it('hosts join as workers without anyone seeing a token', async () => {
    const done = await script.act(
      'joinHosts',
      {
        cluster,
        hosts: [
          { host: cloud02.hostId, labels: [{ key: 'zone', value: 'b' }] },
          { host: cloud03.hostId, advertiseAddr: cloud03.host.address },
        ],
      },
      { targets: [name(cloud02), name(cloud03)] },
    );
    expect(JSON.stringify(done)).not.toContain('SWMTKN');
    const nodes = await manager.nodes();
    for (const member of [cloud02, cloud03])
      expect(nodes[name(member)]).toMatchObject({
        Spec: { Role: 'worker', Availability: 'active' },
        Status: { State: 'ready', Addr: member.host.address },
      });
    expect(nodes[name(cloud02)].Spec.Labels).toEqual({ zone: 'b' });
  });

  it('node ls tells status, availability, manager status and engine version as the engine does', async () => {
    const nodes = await until(listAsEngine, 'the list is the engine’s');
    expect(Object.keys(nodes)).toHaveLength(4);
    expect(nodes[name(cloud01)]).toMatchObject({
      status: { state: 'READY' },
      availability: 'ACTIVE',
      managerStatus: { leader: true, reachability: 'REACHABLE' },
    });
    expect(nodes[name(cloud02)].managerStatus).toBeNull();
    for (const { engineVersion } of Object.values(nodes))
      expect(engineVersion.startsWith(`${engines.version}.`)).toBe(true);
  });

  it('node inspect tells one node in full as the engine does', async () => {
    for (const member of [cloud01, cloud02])
      await until(async () => {
        const told = await manager.get(`/nodes/${name(member)}`);
        const { node } = await system.ask(
          `query($ref: NodeRef!) { node(ref: $ref) { ${nodeFields} history { action } tasks { id } } }`,
          { ref: name(member) },
        );
        expect(node).toMatchObject({
          ...nodeAsEngineTells(told),
          version: told.Version.Index,
          updatedAt: milliseconds(told.UpdatedAt),
          stale: false,
          host: { id: member.hostId },
          cluster: { id: cluster },
          tasks: [],
        });
        return true;
      }, 'both tell the same version');
    const { hosts } = await system.ask('{ hosts { edges { node { id engine { version id } } } } }');
    for (const member of [cloud01, cloud02]) {
      const info = await engineOf(member.host).get('/info');
      const { node } = hosts.edges.find((edge: any) => edge.node.id === member.hostId);
      expect(node.engine).toEqual({ version: info.ServerVersion, id: info.ID });
    }
  });

  it('cloud02 is drained, active again, and paused', async () => {
    for (const availability of ['DRAIN', 'ACTIVE', 'PAUSE', 'ACTIVE']) {
      await script.act(
        'setNodeAvailability',
        { nodes: [name(cloud02)], availability },
        { targets: [name(cloud02)] },
      );
      const { Spec } = await manager.get(`/nodes/${name(cloud02)}`);
      expect(Spec).toEqual({
        Labels: { zone: 'b' },
        Role: 'worker',
        Availability: availability.toLowerCase(),
      });
      expect((await listAsEngine())[name(cloud02)]).toMatchObject({ availability });
    }
  });

  it('labels are added as key and key=value, changed and removed, and all others stay', async () => {
    const label = (input: Record<string, unknown>, member: Member) =>
      script.act('updateNodeLabels', { nodes: [name(member)], ...input }, { targets: [name(member)] });
    const labels = async (member: Member) => (await manager.get(`/nodes/${name(member)}`)).Spec.Labels;
    await label({ set: [{ key: 'manager' }, { key: 'manager', value: 'baz' }] }, cloud01);
    expect(await labels(cloud01)).toEqual({ manager: 'baz' });
    await label({ set: [{ key: 'ssd' }] }, cloud01);
    expect(await labels(cloud01)).toEqual({ manager: 'baz', ssd: '' });
    await label({ set: [{ key: 'manager', value: 'qux' }] }, cloud01);
    expect(await labels(cloud01)).toEqual({ manager: 'qux', ssd: '' });
    const done = await label({ remove: ['manager', 'nosuch'] }, cloud01);
    expect(await labels(cloud01)).toEqual({ ssd: '' });
    expect(done.warnings).toMatchObject([{ code: 'LABEL_NOT_SET' }]);
    // One that was set with the engine's own API is not ours to lose.
    const { ID, Spec, Version } = await manager.get(`/nodes/${name(cloud02)}`);
    const byHand = { ...Spec, Labels: { ...Spec.Labels, 'by hand': '1' } };
    expect(await manager.post(`/nodes/${ID}/update?version=${Version.Index}`, byHand)).toMatchObject({
      status: 200,
    });
    await label({ set: [{ key: 'disk', value: 'ssd' }] }, cloud02);
    expect(await labels(cloud02)).toEqual({ zone: 'b', 'by hand': '1', disk: 'ssd' });
    await listAsEngine();
  });

  it('cloud02 and cloud03 are promoted in one call and are reachable managers', async () => {
    const done = await script.act(
      'promoteNodes',
      { nodes: [name(cloud02), name(cloud03)] },
      { targets: [name(cloud02), name(cloud03)] },
    );
    expect(done.impact).toEqual({
      managersBefore: 1,
      managersAfter: 3,
      reachableAfter: 3,
      toleratesBefore: 0,
      toleratesAfter: 1,
      tasksMoving: null,
      servicesWithGap: null,
      unplaceable: null,
      standaloneContainers: null,
    });
    const nodes = await manager.nodes();
    for (const member of [cloud02, cloud03])
      expect(nodes[name(member)]).toMatchObject({
        Spec: { Role: 'manager' },
        ManagerStatus: { Reachability: 'reachable', Addr: `${member.host.address}:2377` },
      });
    expect((await listAsEngine())[name(cloud02)]).toMatchObject({
      observedRole: 'MANAGER',
      managerStatus: { leader: false, reachability: 'REACHABLE' },
    });
  });

  it('both are demoted in one call, which needs an override, for the tolerance is lost', async () => {
    const nodes = [name(cloud02), name(cloud03)];
    const before = await setByPeople(manager);
    const refused = await script.act(
      'demoteNodes',
      { nodes },
      { targets: nodes, outcome: 'REFUSED', code: 'NO_FAULT_TOLERANCE' },
    );
    expect(refused.guards).toMatchObject([{ guard: 'NO_FAULT_TOLERANCE' }]);
    expect(await setByPeople(manager)).toEqual(before);
    const done = await script.act(
      'demoteNodes',
      { nodes, override: ['NO_FAULT_TOLERANCE'] },
      { targets: nodes },
    );
    expect(done.overrides).toEqual(['NO_FAULT_TOLERANCE']);
    const after = await manager.nodes();
    for (const member of [cloud02, cloud03]) {
      expect(after[name(member)].Spec).toMatchObject({ Role: 'worker' });
      expect(after[name(member)].ManagerStatus).toBeUndefined();
    }
    expect(after[name(cloud02)].Spec.Labels).toEqual({ zone: 'b', 'by hand': '1', disk: 'ssd' });
    await listAsEngine();
  });

  it('rm refuses a manager and a Ready node', async () => {
    const before = await setByPeople(manager);
    for (const [member, code] of [
      [cloud01, 'NODE_IS_MANAGER'],
      [cloud03, 'NODE_NOT_DOWN'],
    ] as const)
      await script.act(
        'removeNodes',
        { nodes: [name(member)] },
        { targets: [name(member)], outcome: 'REFUSED', code },
      );
    expect(await setByPeople(manager)).toEqual(before);
  });

  it('rm of a node whose engine was let leave by hand waits for Down', async () => {
    const gone = engineOf(cloud04.host);
    expect(await gone.post('/swarm/leave')).toMatchObject({ status: 200 });
    await until(async () => {
      const { host } = await system.ask('query($id: ID!) { host(id: $id) { swarm { localState } } }', {
        id: cloud04.hostId,
      });
      return host.swarm.localState === 'INACTIVE';
    }, 'the agent has told that its engine left');
    expect((await manager.nodes())[name(cloud04)].Status.State).toBe('ready');
    const done = await script.act(
      'removeNodes',
      { nodes: [name(cloud04)], waitSeconds: 90 },
      { targets: [name(cloud04)] },
    );
    expect(done.steps.map(({ name: step, state }: any) => `${step}: ${state}`)).toEqual([
      'await down: SUCCEEDED',
      'remove: SUCCEEDED',
      'observe: SUCCEEDED',
    ]);
    expect(await manager.nodes()).not.toHaveProperty(name(cloud04));
    expect(await listAsEngine()).not.toHaveProperty(name(cloud04));
  });

  it('leave ends with the host in no swarm and its node Down, then rm takes it out', async () => {
    const done = await script.act(
      'leaveSwarm',
      { hosts: [cloud02.hostId], waitSeconds: 120 },
      { targets: [name(cloud02)] },
    );
    expect(done.targets).toMatchObject([{ kind: 'HOST', id: cloud02.hostId, state: 'SUCCEEDED' }]);
    expect((await engineOf(cloud02.host).get('/info')).Swarm.LocalNodeState).toBe('inactive');
    expect((await manager.nodes())[name(cloud02)].Status.State).toBe('down');
    expect((await listAsEngine())[name(cloud02)]).toMatchObject({ status: { state: 'DOWN' } });
    await script.act('removeNodes', { nodes: [name(cloud02)] }, { targets: [name(cloud02)] });
    expect(await manager.nodes()).not.toHaveProperty(name(cloud02));
  });

  it('a rotated token joins nobody any more, and the other role’s line still does', async () => {
    const before = (await manager.get('/swarm')).JoinTokens;
    await script.act('rotateJoinToken', { cluster, role: 'WORKER' }, { targets: ['worker of seed'] });
    const after = (await manager.get('/swarm')).JoinTokens;
    expect(after.Manager).toBe(before.Manager);
    expect(after.Worker).not.toBe(before.Worker);
    expect((await reveal('WORKER')).token).toBe(after.Worker);
    const old = runJoinLine(cloud04.host, lines.WORKER ?? '');
    expect(await runJoinLine(cloud02.host, lines.MANAGER ?? '')).toMatchObject({ status: 200 });
    expect((await manager.nodes())[name(cloud02)].ManagerStatus.Reachability).toBe('reachable');
    expect(await old).toMatchObject({ status: 400, text: expect.stringContaining('valid join token') });
    expect((await engineOf(cloud04.host).get('/info')).Swarm.LocalNodeState).toBe('inactive');
  });

  it('a swarm that Skep did not make is read-only until it is adopted', async () => {
    const theirs = engineOf(cloud04.host);
    const { address } = cloud04.host;
    const init = { ListenAddr: '0.0.0.0:2377', AdvertiseAddr: address };
    expect(await theirs.post('/swarm/init', init)).toMatchObject({ status: 200 });
    const { ID, JoinTokens } = await theirs.get('/swarm');
    const found = await until(async () => {
      const answer = await system.ask(
        'query($id: ID!) { cluster(id: $id) { name state adoptedAt caDigest nodes { edges { node { id hostname } } } } }',
        { id: ID },
      );
      return answer.cluster?.nodes.edges.length === 1 && answer.cluster;
    }, 'the swarm is found');
    expect(found).toMatchObject({
      state: 'DISCOVERED',
      adoptedAt: null,
      caDigest: caDigestOf(JoinTokens.Worker),
    });

    const { id } = found.nodes.edges[0].node;
    const label = { nodes: [id], set: [{ key: 'mine' }] };
    const before = await setByPeople(theirs);
    await script.act('updateNodeLabels', label, {
      targets: [name(cloud04)],
      outcome: 'REFUSED',
      code: 'NOT_ADOPTED',
    });
    await script.act(
      'adoptCluster',
      { cluster: ID, caDigest: '0'.repeat(64) },
      { targets: [found.name], outcome: 'REFUSED', code: 'CLUSTER_CHANGED' },
    );
    expect(await setByPeople(theirs)).toEqual(before);
    await script.act(
      'adoptCluster',
      { cluster: ID, caDigest: found.caDigest, name: 'theirs' },
      { targets: [found.name] },
    );
    await script.act('updateNodeLabels', label, { targets: [name(cloud04)] });
    expect((await theirs.get(`/nodes/${id}`)).Spec.Labels).toEqual({ mine: '' });
  });

  it('the audit names actor, reason, targets and outcome of each step, refusals included', async () => {
    const history = await readHistory(system.ask);
    const steps = history.filter(({ reason }) => reason?.startsWith('step '));
    const outcomes = steps.filter(({ phase }) => phase === 'OUTCOME');
    expect(
      outcomes.map(({ action, reason, targets, outcome, failure }) => ({
        action,
        reason,
        targets: targets.map((target: { name: string }) => target.name),
        outcome,
        failure: failure && { code: failure.code },
      })),
    ).toEqual(script.said);
    for (const { actor } of steps) expect(actor).toMatchObject({ kind: 'API_KEY', name: 'first admin' });
    for (const { operationId, seq, action, targets } of outcomes) {
      const phases = steps.filter((record) => record.operationId === operationId);
      const reads = action === 'revealJoinToken' ? ['SECRET_READ'] : [];
      expect(phases.map(({ phase }) => phase)).toEqual(['INTENT', ...reads, 'OUTCOME']);
      expect(phases.at(-1)?.seq).toBe(seq);
      expect(phases[0]?.targets).toEqual(targets);
    }
    const { verifyAudit } = await system.ask('{ verifyAudit { ok checked head { seq } fault { message } } }');
    expect(verifyAudit).toMatchObject({ ok: true, fault: null });
    expect(verifyAudit.checked).toBeGreaterThanOrEqual(history.length);
  });

  it('the audit has as EXTERNAL what was done by hand, and nothing else', async () => {
    const seen = (await readHistory(system.ask, { phase: ['OBSERVED'] })).filter(
      ({ actor }) => actor.kind === 'EXTERNAL',
    );
    expect(
      seen.map(({ action, targets, changes }) => [
        action,
        targets.find(({ kind }: { kind: string }) => kind === 'NODE')?.name ?? null,
        ...changes
          .map(({ path }: { path: string }) => path)
          .filter((path: string) => path.startsWith('labels.')),
      ]),
    ).toEqual([
      ['nodeAdded', name(cloud04)],
      ['nodeChanged', name(cloud02), 'labels.by hand'],
      ['nodeAdded', name(cloud02)],
      ['clusterDiscovered', null],
    ]);
  });
});

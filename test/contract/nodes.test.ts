// Nodes as objects: the list, what an update replaces, versions, references, filters, removal.
import { expect, test } from 'vitest';
import { describeContract } from './describe-contract.ts';
import { change, idOf, init, join, until, untilState } from './swarm-steps.ts';

describeContract('nodes', (lab) => {
  test('lists every member, by id', async () => {
    const manager = lab.member(1);
    const first = await init(manager);
    await join(lab.member(2), manager, 'Worker');
    await join(lab.member(3), manager, 'Worker', { Availability: 'drain' });
    const nodes = await until(async () => {
      const list = await manager.api.nodes();
      expect(list.map((node) => node.Status.State)).toEqual(['ready', 'ready', 'ready']);
      return list;
    });
    expect(nodes.map((node) => node.ID)).toEqual(nodes.map((node) => node.ID).sort());
    expect(nodes.map((node) => node.Description.Hostname).sort()).toEqual(['ct1', 'ct2', 'ct3']);
    const leader = nodes.find((node) => node.ID === first);
    expect(leader).toMatchObject({
      Spec: { Role: 'manager', Availability: 'active', Labels: {} },
      Status: { Addr: manager.host.address },
      ManagerStatus: { Leader: true, Reachability: 'reachable', Addr: `${manager.host.address}:2377` },
    });
    const drained = nodes.find((node) => node.Description.Hostname === 'ct3');
    expect(drained).toMatchObject({ Spec: { Role: 'worker', Availability: 'drain' } });
    expect(drained?.ManagerStatus).toBeUndefined();
    expect(drained?.Description.Engine.EngineVersion.startsWith(lab.member(3).host.version)).toBe(true);
    const info = await manager.api.info();
    expect(info.Swarm).toMatchObject({ NodeID: first, ControlAvailable: true, Nodes: 3, Managers: 1 });
    expect(info.Swarm.RemoteManagers).toEqual([{ NodeID: first, Addr: `${manager.host.address}:2377` }]);
  });

  test('tells a worker that it may not see the cluster', async () => {
    const message =
      "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.";
    const { api } = lab.member(2);
    for (const path of [
      '/nodes',
      '/swarm',
      `/nodes/${await idOf(lab.member(2))}`,
      '/tasks',
      '/swarm/unlockkey',
    ]) {
      expect(await api.call('GET', path), path).toMatchObject({ status: 503, message });
    }
    expect((await api.info()).Swarm).toMatchObject({
      LocalNodeState: 'active',
      ControlAvailable: false,
      Error: '',
    });
  });

  test('replaces the whole spec: what is left out is gone', async () => {
    const { api } = lab.member(1);
    const id = await idOf(lab.member(2));
    const base = { Role: 'worker', Availability: 'active' };
    const before = await api.node(id);
    expect(await api.updateNode(id, { ...base, Labels: { zone: 'a', disk: 'ssd' } })).toMatchObject({
      status: 200,
      text: '',
    });
    const labelled = await api.node(id);
    expect(labelled.Spec.Labels).toEqual({ zone: 'a', disk: 'ssd' });
    expect(labelled.Version.Index).toBeGreaterThan(before.Version.Index);
    expect((await api.updateNode(id, base)).status).toBe(200);
    const wiped = await api.node(id);
    expect(wiped.Spec.Labels).toEqual({});
    expect((await api.updateNode(id, base)).status).toBe(200);
    expect((await api.node(id)).Version.Index).toBeGreaterThan(wiped.Version.Index);
  });

  test('requires role and availability, in any case of letters', async () => {
    const { api } = lab.member(1);
    const id = await idOf(lab.member(2));
    const cases: [Record<string, unknown>, string][] = [
      [{ Availability: 'active' }, 'invalid Role: ""'],
      [{ Role: 'worker' }, 'invalid Availability: ""'],
      [{ Role: 'boss', Availability: 'active' }, 'invalid Role: "boss"'],
      [{ Role: 'worker', Availability: 'sleeping' }, 'invalid Availability: "sleeping"'],
    ];
    for (const [spec, message] of cases) {
      expect(await api.updateNode(id, spec), message).toMatchObject({ status: 400, message });
    }
    expect((await api.updateNode(id, { Role: 'Worker', Availability: 'PAUSE' })).status).toBe(200);
    expect((await api.node(id)).Spec).toMatchObject({ Role: 'worker', Availability: 'pause' });
    await change(lab.member(1), id, { Availability: 'active' });
  });

  test('refuses a version that is not the latest; of many writes with one version one wins', async () => {
    const { api } = lab.member(1);
    const id = await idOf(lab.member(2));
    const { Spec, Version } = await api.node(id);
    const stale = { status: 500, message: 'rpc error: code = Unknown desc = update out of sequence' };
    expect(await api.updateNode(id, Spec, Version.Index - 1)).toMatchObject(stale);
    expect(await api.updateNode(id, Spec, Version.Index + 1_000)).toMatchObject(stale);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        api.updateNode(id, { ...Spec, Labels: { writer: String(at) } }, Version.Index),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ message }) => message === stale.message)).toHaveLength(19);
    for (const version of ['', '-1', 'text']) {
      expect(await api.call('POST', `/nodes/${id}/update?version=${version}`, Spec)).toMatchObject({
        status: 400,
        message: `invalid node version '${version}': strconv.ParseUint: parsing "${version}": invalid syntax`,
      });
    }
  });

  test('keeps any label key; a value that is no text is refused', async () => {
    const member = lab.member(1);
    const { api } = member;
    const id = await idOf(lab.member(2));
    const odd = {
      '': 'empty',
      'a b': 'space',
      'k=v': 'equals',
      ünïcode: '🐝',
      UPPER: 'x',
      'line\nbreak': 'y',
    };
    await change(member, id, { Labels: odd });
    expect((await api.node(id)).Spec.Labels).toEqual(odd);
    await change(member, id, { Labels: { nothing: null } });
    expect((await api.node(id)).Spec.Labels).toEqual({ nothing: '' });
    const refused = await api.updateNode(id, { Role: 'worker', Availability: 'active', Labels: { n: 1 } });
    const message = {
      '20.10': 'json: cannot unmarshal number into Go struct field NodeSpec.Labels of type string',
      '26.1':
        'invalid JSON: json: cannot unmarshal number into Go struct field NodeSpec.Annotations.Labels of type string',
      '28.5':
        'invalid JSON: json: cannot unmarshal number into Go struct field NodeSpec.Labels.n of type string',
    }[member.host.version];
    expect(refused).toMatchObject({ status: 400, message });
    const tooLarge = await api.updateNode(id, {
      Role: 'worker',
      Availability: 'active',
      Labels: { big: 'x'.repeat(1_600_000) },
    });
    expect(tooLarge).toMatchObject({
      status: 500,
      message: expect.stringContaining("raft: raft message is too large and can't be sent"),
    });
    await change(member, id, { Labels: {} });
  });

  test('finds a node by id, hostname and unique prefix, and by nothing else', async () => {
    const { api } = lab.member(1);
    const id = await idOf(lab.member(2));
    expect((await api.node('ct2')).ID).toBe(id);
    expect((await api.node(id.slice(0, 12))).ID).toBe(id);
    // Ids are random: one of 1,296 begins with these two letters.
    const isOfAnId = (await api.nodes()).some(({ ID }) => ID.startsWith('ct'));
    for (const ref of ['self', 'nosuch', 'CT2', ...(isOfAnId ? [] : ['ct']), `${id}0`]) {
      expect(await api.call('GET', `/nodes/${ref}`), ref).toMatchObject({
        status: 404,
        message: `node ${ref} not found`,
      });
    }
  });

  test('filters by prefix of name and id, role and node label', async () => {
    const member = lab.member(1);
    const { api } = member;
    const id = await idOf(lab.member(2));
    await change(member, id, { Labels: { zone: 'a' } });
    const names = async (filters: Record<string, readonly string[]>) =>
      (await api.nodes(filters)).map((node) => node.Description.Hostname).sort();
    expect(await names({ name: ['ct'] })).toEqual(['ct1', 'ct2', 'ct3']);
    expect(await names({ name: ['ct1', 'ct3'] })).toEqual(['ct1', 'ct3']);
    expect(await names({ name: ['CT'] })).toEqual([]);
    expect(await names({ id: [id.slice(0, 20)] })).toEqual(['ct2']);
    expect(await names({ role: ['manager'] })).toEqual(['ct1']);
    expect(await names({ 'node.label': ['zone'] })).toEqual(['ct2']);
    expect(await names({ 'node.label': ['zone=a'] })).toEqual(['ct2']);
    expect(await names({ 'node.label': ['zone=b'] })).toEqual([]);
    expect(await names({ label: ['zone=a'] })).toEqual([]);
    expect(await names({ membership: ['pending'] })).toContain('ct2');
  });

  test('refuses a filter that it does not know', async () => {
    const member = lab.member(1);
    const strict = lab.isStrict(member);
    const list = (filters: string) => member.api.call('GET', `/nodes?filters=${encodeURIComponent(filters)}`);
    expect(await list('{"foo":["x"]}')).toMatchObject({
      status: 400,
      message: `${strict ? 'invalid' : 'Invalid'} filter 'foo'`,
    });
    expect(await list('bad')).toMatchObject(
      strict
        ? { status: 400, message: 'invalid filter' }
        : { status: 500, message: "invalid character 'b' looking for beginning of value" },
    );
    expect(await list('{"role":["boss"]}')).toMatchObject({
      status: 500,
      message: "Invalid role filter: 'boss'",
    });
  });

  test('removes neither a manager nor a node that is ready, unless forced', async () => {
    const { api } = lab.member(1);
    const [manager, worker] = [await idOf(lab.member(1)), await idOf(lab.member(3))];
    for (const force of ['', '?force=true']) {
      expect(await api.call('DELETE', `/nodes/${manager}${force}`)).toMatchObject({
        status: 400,
        message: `rpc error: code = FailedPrecondition desc = node ${manager} is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal`,
      });
    }
    expect(await api.call('DELETE', `/nodes/${worker}`)).toMatchObject({
      status: 400,
      message: `rpc error: code = FailedPrecondition desc = node ${worker} is not down and can't be removed`,
    });
    expect(await api.call('DELETE', '/nodes/nosuch')).toMatchObject({
      status: 404,
      message: 'node nosuch not found',
    });
    expect(await api.call('DELETE', `/nodes/${worker}?force=1`)).toMatchObject({ status: 200, text: '' });
    expect((await api.call('GET', `/nodes/${worker}`)).status).toBe(404);
    // The engine that was removed does not notice, and has to leave by itself.
    expect((await lab.member(3).api.info()).Swarm).toMatchObject({
      LocalNodeState: 'active',
      NodeID: worker,
    });
    expect((await lab.member(3).api.call('POST', '/swarm/leave')).status).toBe(200);
  });

  test('refuses a name that two nodes have', async () => {
    const manager = lab.member(1);
    const { api } = manager;
    const old = await idOf(lab.member(2));
    expect((await lab.member(2).api.call('POST', '/swarm/leave')).status).toBe(200);
    const fresh = await join(lab.member(2), manager, 'Worker');
    expect(fresh).not.toBe(old);
    await until(async () => expect((await api.node(fresh)).Description.Hostname).toBe('ct2'));
    const ambiguous = { status: 400, message: 'node ct2 is ambiguous (2 matches found)' };
    const spec = { Role: 'worker', Availability: 'active' };
    expect(await api.call('GET', '/nodes/ct2')).toMatchObject(ambiguous);
    expect(await api.call('POST', '/nodes/ct2/update?version=1', spec)).toMatchObject(ambiguous);
    expect(await api.call('DELETE', '/nodes/ct2')).toMatchObject(ambiguous);
    await untilState(manager, old, 'down');
    expect((await api.call('DELETE', `/nodes/${old}`)).status).toBe(200);
    expect((await api.node('ct2')).ID).toBe(fresh);
  });
});

// Every refusal of the table, on real engines, situation by situation.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineApi, engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type Member, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { expectRefusal, lookAtAll } from './expect-refusal.ts';
import { type Refusal, refusals, type Situation, type World } from './table.ts';

describe(`refusals (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let world: World;
  let apis: EngineApi[];
  let members: Record<keyof World['hosts'], Member>;

  const done = async (mutation: string, input: Record<string, unknown>) => {
    const operation = await perform(mutation, { waitSeconds: 120, ...input });
    if (operation.state !== 'SUCCEEDED') throw new Error(`${mutation}: ${JSON.stringify(operation)}`);
    return operation;
  };
  const hostIs = (member: Member, what: string, fits: (host: any) => boolean) =>
    until(
      async () => {
        const { host } = await system.ask(
          'query($id: ID!) { host(id: $id) { status engine { id } swarm { localState nodeId } } }',
          { id: member.hostId },
        );
        return fits(host) && host;
      },
      what,
      40_000,
    );
  const stopAgent = async (member: Member) => {
    await member.agent.stop();
    await hostIs(member, 'the agent is gone', ({ status }) => status === 'DISCONNECTED');
  };
  const startAgent = async (member: Member) => {
    await member.agent.start();
    await hostIs(member, 'the agent is back', ({ status }) => status === 'CONNECTED');
  };

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 5 });
    perform = createPerform(system.server.url, system.server.adminKey);
    const [manager, worker, returned, free, stranger] = system.members;
    if (!manager || !worker || !returned || !free || !stranger) throw new Error('five hosts are needed');
    members = { manager, worker, returned, free, stranger };
    apis = system.members.map(({ host }) => engineOf(host));

    const init = { ListenAddr: '0.0.0.0:2377', AdvertiseAddr: stranger.host.address };
    const theirs = engineOf(stranger.host);
    await theirs.post('/swarm/init', init);
    const made = await done('initCluster', {
      host: manager.hostId,
      name: 'test',
      advertiseAddr: manager.host.address,
    });
    const cluster: string = made.clusterId.id;
    await done('joinHosts', {
      cluster,
      hosts: [worker, returned].map(({ hostId }) => ({ host: hostId })),
    });

    // A host that leaves by hand and joins again is a new node with the old one's name.
    const api = engineOf(manager.host);
    const gone = (await api.nodes())[returned.host.hostname].ID;
    const { JoinTokens } = await api.get('/swarm');
    await engineOf(returned.host).post('/swarm/leave');
    await engineOf(returned.host).post('/swarm/join', {
      ListenAddr: '0.0.0.0:2377',
      JoinToken: JoinTokens.Worker,
      RemoteAddrs: [`${manager.host.address}:2377`],
    });
    const back = (await engineOf(returned.host).get('/info')).Swarm.NodeID;
    const other = (await theirs.get('/swarm')).ID;
    const found = await until(async () => {
      const { clusters } = await system.ask(
        '{ clusters { id name nodes { edges { node { id host { id } } } } } }',
      );
      const seen = clusters.flatMap(({ nodes }: any) => nodes.edges.map(({ node }: any) => node));
      const known = seen.some(({ id, host }: any) => id === back && host?.id === returned.hostId);
      const another = clusters.find(({ id }: any) => id === other);
      return known && another?.nodes.edges[0] && another;
    }, 'the node that came back and the other swarm are known');
    const nodes = await api.nodes();
    // So that the two workers are the last that take tasks.
    const drained = await done('setNodeAvailability', {
      nodes: [nodes[manager.host.hostname].ID],
      availability: 'DRAIN',
    });
    world = {
      cluster,
      other: { cluster: other, name: found.name, node: found.nodes.edges[0].node.id },
      hosts: {
        manager: manager.hostId,
        worker: worker.hostId,
        returned: returned.hostId,
        free: free.hostId,
        stranger: stranger.hostId,
      },
      nodes: {
        manager: nodes[manager.host.hostname].ID,
        worker: nodes[worker.host.hostname].ID,
        returned: back,
        gone,
      },
      ambiguous: returned.host.hostname,
      workerName: worker.host.hostname,
      endedOperation: drained.id,
    };
  });
  afterAll(() => system?.stop());

  const situation = (name: Situation, arrange: () => Promise<void>, restore: () => Promise<void>) =>
    describe(name, () => {
      let before: unknown;
      beforeAll(async () => {
        await arrange();
        before = await lookAtAll(apis);
      });
      afterAll(restore);
      it.concurrent.each(refusals[name])('$mutation refuses $of with $code', async (row: Refusal) => {
        const managers = [members.manager, members.stranger].map(({ host }) => engineOf(host));
        await expectRefusal(system, perform, managers, { ...row, input: row.input(world) });
      });
      it('nothing has changed on any engine', async () => {
        expect(await lookAtAll(apis)).toEqual(before);
      });
    });
  const nothing = async () => undefined;

  situation('all is well', nothing, nothing);

  it('an ambiguous reference is refused with its candidates', async () => {
    const { failure } = await perform('promoteNodes', { nodes: [world.ambiguous], cluster: world.cluster });
    expect(failure.message).toContain(world.nodes.gone);
    expect(failure.message).toContain(world.nodes.returned);
    const answer = system.ask(
      'query($ref: NodeRef!, $cluster: ID) { node(ref: $ref, cluster: $cluster) { id } }',
      {
        ref: world.ambiguous,
        cluster: world.cluster,
      },
    );
    await expect(answer).rejects.toThrow('AMBIGUOUS_REFERENCE');
  });

  it('what is out of scope is refused as what is not there: the same code and words', async () => {
    const { payload } = await done('createApiKey', {
      name: 'scoped',
      role: 'ADMIN',
      permissions: ['secret:reveal'],
      clusters: [world.other.cluster],
    });
    const scoped = createPerform(system.server.url, payload.key);
    const words = async (mutation: string, input: (id: string) => Record<string, unknown>, real: string) => {
      const unknown = real.replace(/[a-z0-9]/g, 'x');
      const [theirs, none] = [await scoped(mutation, input(real)), await scoped(mutation, input(unknown))];
      expect(theirs.failure).toEqual({
        ...none.failure,
        message: none.failure.message.replaceAll(unknown, real),
      });
      expect(theirs).toMatchObject({
        state: 'REFUSED',
        failure: { code: 'NOT_FOUND' },
        targets: JSON.parse(JSON.stringify(none.targets).replaceAll(unknown, real)),
      });
      expect(JSON.stringify(theirs)).not.toContain(world.workerName);
    };
    await words('promoteNodes', (id) => ({ nodes: [id] }), world.nodes.worker);
    await words('promoteNodes', (cluster) => ({ nodes: ['a'], cluster }), world.cluster);
    await words('removeNodes', (id) => ({ nodes: [id] }), world.nodes.worker);
    await words('leaveSwarm', (id) => ({ hosts: [id] }), world.hosts.worker);
    await words('renameHost', (id) => ({ id, name: 'mine' }), world.hosts.free);
    await words('initCluster', (host) => ({ host }), world.hosts.free);
    await words('revealJoinToken', (cluster) => ({ cluster, role: 'WORKER' }), world.cluster);
    await words('renameCluster', (cluster) => ({ cluster, name: 'mine' }), world.cluster);
    await words('cancelOperation', (id) => ({ id }), world.endedOperation);
    const { apiKeys } = await system.ask('{ apiKeys { id name } }');
    await words('revokeApiKey', (id) => ({ id }), apiKeys.find(({ name }: any) => name === 'first admin').id);
  });

  situation(
    'a node is Down',
    async () => {
      await until(
        async () =>
          (await engineOf(members.manager.host).get(`/nodes/${world.nodes.gone}`)).Status.State === 'down',
        'the node that left is Down',
        40_000,
      );
    },
    nothing,
  );

  situation(
    'agents are stopped',
    async () => void (await Promise.all([members.free, members.worker, members.stranger].map(stopAgent))),
    async () => void (await Promise.all([members.free, members.worker].map(startAgent))),
  );

  situation(
    'the agent of the only manager is stopped',
    () => stopAgent(members.manager),
    () => startAgent(members.manager),
  );

  situation(
    'a join is pending',
    async () => {
      // Nobody has this address, so that nobody answers: the engine goes on trying.
      const silent = members.free.host.address.replace(/\d+$/, '250');
      const { JoinTokens } = await engineOf(members.manager.host).get('/swarm');
      await engineOf(members.free.host).post('/swarm/join', {
        ListenAddr: '0.0.0.0:2377',
        JoinToken: JoinTokens.Worker,
        RemoteAddrs: [`${silent}:2377`],
      });
      await hostIs(members.free, 'the join is pending', ({ swarm }) => swarm?.localState === 'PENDING');
    },
    async () => {
      await engineOf(members.free.host).post('/swarm/leave');
      await hostIs(members.free, 'it is free again', ({ swarm }) => swarm?.localState === 'INACTIVE');
    },
  );

  situation(
    'an engine is dead',
    async () => {
      await members.free.host.kill9();
      await hostIs(members.free, 'the engine is dead', ({ engine }) => engine === null);
    },
    async () => {
      await members.free.host.start();
      await hostIs(members.free, 'the engine is back', ({ engine }) => engine !== null);
    },
  );

  situation(
    'a host is revoked',
    async () => void (await done('revokeHost', { id: world.hosts.free })),
    nothing,
  );
});

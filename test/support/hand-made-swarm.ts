// A swarm, its engine and its manager's agent, all made by hand: for orders of events that no real engine can be made to have.
import { connectByHand, enrolByHand, type HandMadeAgent, newAgentKey } from './hand-made-agent.ts';
import type { SecureApp } from './secure-app.ts';

export const clusterId = 'handmadeswarm0000000000001';
export const managerId = 'node0';
/** Of its nodes; the first is the manager. */
export const ids = [managerId, 'node1', 'node2'];

/** A swarm that is only data: each write of a node gets the next version, as in raft. */
export const createSwarm = () => {
  let version = 10;
  const written = new Map(ids.map((id) => [id, { version, value: 0, reachability: 'reachable' }]));
  const node = (id: string) => {
    const {
      version: Index,
      value,
      reachability,
    } = written.get(id) ?? { version: 0, value: 0, reachability: '' };
    return {
      ID: id,
      Version: { Index },
      CreatedAt: '2026-01-01T00:00:00Z',
      UpdatedAt: '2026-01-01T00:00:00Z',
      Spec: {
        Labels: { value: String(value) },
        Role: id === managerId ? 'manager' : 'worker',
        Availability: 'active',
      },
      Description: { Hostname: `host-${id}` },
      Status: { State: 'ready', Addr: '10.0.0.1' },
      ...(id === managerId
        ? { ManagerStatus: { Leader: true, Reachability: reachability, Addr: '10.0.0.1:2377' } }
        : {}),
    };
  };
  return {
    node,
    write: (id: string) => {
      version += 1;
      const { value = 0 } = written.get(id) ?? {};
      written.set(id, { version, value: value + 1, reachability: 'reachable' });
      return value + 1;
    },
    list: () => ({
      swarm: {
        ID: clusterId,
        Version: { Index: 5 },
        CreatedAt: '',
        UpdatedAt: '',
        Spec: {},
        TLSInfo: { TrustRoot: 'root' },
      },
      joinTokenDigests: { worker: 'w', manager: 'm' },
      unlockKeyDigest: null,
      nodes: ids.map(node),
    }),
  };
};

/** A host that says of itself that it is this manager. */
export const attachManager = async (
  server: SecureApp,
  nodeId: string,
  engineId: string,
): Promise<HandMadeAgent> => {
  const url = `wss://127.0.0.1:${server.app.port}/agent`;
  const key = await enrolByHand(url, newAgentKey(), await server.enrolment(), {
    engineId,
    hostname: engineId,
  });
  const agent = await connectByHand(url, key);
  await agent.attach({ engineId });
  await agent.request('mutation($input: ReportInput!) { report(input: $input) }', {
    input: {
      agentVersion: '1',
      hostname: engineId,
      bootId: 'boot-1',
      allow: ['ReadCluster', 'UpdateNode'],
      addresses: [],
      engine: {
        ...{
          id: engineId,
          version: '28.5.2',
          apiVersion: '1.51',
          minApiVersion: '1.24',
          operatingSystem: 'Debian',
        },
        ...{ kernelVersion: '6', osType: 'linux', architecture: 'x86_64', cpus: 2, memoryBytes: 1024 },
        ...{ storageDriver: 'overlay2', labels: [] },
      },
      swarm: {
        localState: 'ACTIVE',
        nodeId,
        controlAvailable: true,
        clusterId,
        caDigest: null,
        remoteManagers: [],
      },
    },
  });
  return agent;
};

/** @param seen what the agent read afterwards, when it tells so. */
export const complete = (agent: HandMadeAgent, command: string, result: unknown, seen: unknown = null) =>
  agent.request('mutation($input: CompleteInput!) { complete(input: $input) }', {
    input: { command, outcome: 'DONE', result, seen },
  });
export const notice = (agent: HandMadeAgent, input: object) =>
  agent.request('mutation($input: NoticeInput!) { notice(input: $input) }', {
    input: { gap: false, ...input },
  });

/** The commands that came since it was asked last. @param fields as `listen` has them. */
export const commandsOf = (agent: HandMadeAgent, fields?: string) => {
  const commands = agent.listen(fields);
  let taken = 0;
  return (): { id: string; kind: string; trace?: boolean }[] => {
    const fresh = commands.slice(taken).map(({ payload }) => payload.data.commands);
    taken = commands.length;
    return fresh.map(({ id, body, trace }) => ({ id, kind: body.__typename, trace }));
  };
};

/** The same, of reads of the whole cluster alone. */
export const readsOf = (agent: HandMadeAgent) => {
  const commands = commandsOf(agent);
  return (): string[] =>
    commands()
      .filter(({ kind }) => kind === 'ReadCluster')
      .map(({ id }) => id);
};

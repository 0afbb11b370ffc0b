// What an agent reads of a node by itself is published at once, and never takes back what is newer. The engine and its
// agent are made by hand, so that every order of reads can be had.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectByHand, enrolByHand, type HandMadeAgent, newAgentKey } from '../support/hand-made-agent.ts';
import { createRandom } from '../support/random.ts';
import { type SecureApp, startSecureApp } from '../support/secure-app.ts';
import { until } from '../support/until.ts';

vi.setConfig({ testTimeout: 60_000 });

const clusterId = 'handmadeswarm0000000000001';
const managerId = 'node0';
const ids = [managerId, 'node1', 'node2'];

/** A swarm that is only data: each write of a node gets the next version, as in raft. */
const createSwarm = () => {
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

let folder: string;
let server: SecureApp;
let url: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skep-alone-'));
  server = await startSecureApp(folder, { SKEP_TLS: 'self-signed', SKEP_WATCH_INTERVAL_MS: '60000' });
  url = `wss://127.0.0.1:${server.app.port}/agent`;
});
afterEach(async () => {
  await server.app.close();
  rmSync(folder, { recursive: true });
});

/** A host that says of itself that it is this manager. */
const attach = async (nodeId: string, engineId: string): Promise<HandMadeAgent> => {
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
      allow: ['ReadCluster'],
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

const complete = (agent: HandMadeAgent, command: string, result: unknown) =>
  agent.request('mutation($input: CompleteInput!) { complete(input: $input) }', {
    input: { command, outcome: 'DONE', result },
  });
const notice = (agent: HandMadeAgent, input: object) =>
  agent.request('mutation($input: NoticeInput!) { notice(input: $input) }', {
    input: { gap: false, ...input },
  });

/** Ids of the reads that came since it was asked last. */
const readsOf = (agent: HandMadeAgent) => {
  const commands = agent.listen();
  let taken = 0;
  return (): string[] => {
    const fresh = commands.slice(taken).map(({ payload }) => payload.data.commands);
    taken = commands.length;
    return fresh.filter(({ body }) => body.__typename === 'ReadCluster').map(({ id }) => id);
  };
};

const valuesShown = async (): Promise<Record<string, number>> => {
  const { nodes } = await server.ask('{ nodes { edges { node { id labels { key value } } } } }');
  return Object.fromEntries(
    nodes.edges.map(({ node }: { node: { id: string; labels: { value: string }[] } }) => [
      node.id,
      Number(node.labels[0]?.value),
    ]),
  );
};

/** Every value that each node was told to have, in the order of the events. */
const valuesTold = (): Map<string, number[]> => {
  const database = new Sqlite(join(folder, 'data/skep.db'), { readonly: true });
  const rows = database
    .prepare("SELECT subjectId, afterJson FROM Event WHERE topic = 'NODE' ORDER BY seq")
    .all();
  database.close();
  const told = new Map<string, number[]>();
  for (const { subjectId, afterJson } of rows as { subjectId: string; afterJson: string }[])
    told.set(subjectId, [...(told.get(subjectId) ?? []), Number(JSON.parse(afterJson).labels.value)]);
  return told;
};

test('however reads of one node and of all overtake each other, no node goes back, and the newest stands', async () => {
  const { seed, below: upTo } = createRandom();
  const swarm = createSwarm();
  const agent = await attach(managerId, 'engine-1');
  const reads = readsOf(agent);
  const newest: Record<string, number> = Object.fromEntries(ids.map((id) => [id, 0]));
  const onTheWay: (() => Promise<unknown>)[] = [];
  const take = (): void => {
    for (const id of reads()) {
      const list = swarm.list();
      onTheWay.push(() => complete(agent, id, list));
    }
  };
  const deliver = async (): Promise<void> => {
    const [one] = onTheWay.splice(upTo(onTheWay.length), 1);
    await one?.();
  };
  await until(async () => {
    take();
    await deliver();
    return Object.keys(await valuesShown()).length === ids.length;
  }, 'the first list');

  for (let step = 0; step < 300; step += 1) {
    const id = ids[upTo(ids.length)] ?? managerId;
    const what = upTo(4);
    if (what === 0) newest[id] = swarm.write(id);
    else if (what === 1) {
      const seen = [swarm.node(id)];
      onTheWay.push(() => notice(agent, { nodes: [id], seen }));
    } else if (what === 2) onTheWay.push(() => notice(agent, { nodes: [id] }));
    else await deliver();
    take();
  }
  await until(async () => {
    take();
    await deliver();
    if (onTheWay.length === 0) await notice(agent, { nodes: [] });
    return expect.objectContaining(newest).asymmetricMatch(await valuesShown());
  }, `the newest of each node is shown (seed ${seed})`);
  for (const [id, values] of valuesTold())
    expect(values, `${id} (seed ${seed})`).toEqual([...new Set(values)].sort((a, b) => a - b));
  agent.socket.terminate();
});

test('a node that its agent has read is shown before any list is asked for', async () => {
  const swarm = createSwarm();
  const agent = await attach(managerId, 'engine-1');
  const reads = readsOf(agent);
  await until(async () => {
    for (const id of reads()) await complete(agent, id, swarm.list());
    return Object.keys(await valuesShown()).length === ids.length;
  }, 'the first list');
  const value = swarm.write('node1');
  await notice(agent, { nodes: ['node1'], seen: [swarm.node('node1')] });
  expect(await valuesShown()).toMatchObject({ node1: value });
  expect(await until(() => reads().length > 0, 'a list is asked for afterwards')).toBe(true);
  agent.socket.terminate();
});

test('who is no manager that the cluster lists is not believed', async () => {
  const swarm = createSwarm();
  const agent = await attach(managerId, 'engine-1');
  const reads = readsOf(agent);
  const answering = setInterval(() => {
    for (const id of reads()) complete(agent, id, swarm.list()).catch(() => undefined);
  }, 5);
  try {
    await until(async () => Object.keys(await valuesShown()).length === ids.length, 'the first list');
    const { adoptCluster } = await server.ask(
      `mutation { adoptCluster(input: { cluster: "${clusterId}" }) { state failure { message } } }`,
    );
    expect(adoptCluster).toMatchObject({ state: 'SUCCEEDED' });
    const liar = await attach('stranger', 'engine-2');
    const seen = { ...swarm.node('node1'), Version: { Index: 1_000_000 } };
    seen.Spec = { ...seen.Spec, Labels: { value: '1000000' } };
    await notice(liar, { nodes: ['node1'], seen: [seen] });
    // Another agent's word that is true comes after it, and is not overtaken by the lie's version.
    const value = swarm.write('node1');
    await notice(agent, { nodes: ['node1'], seen: [swarm.node('node1')] });
    expect(await valuesShown()).toMatchObject({ node1: value });
    liar.socket.terminate();
  } finally {
    clearInterval(answering);
    agent.socket.terminate();
  }
});

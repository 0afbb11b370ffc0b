// What an agent reads of a node by itself is published at once, and never takes back what is newer. The engine and its
// agent are made by hand, so that every order of reads can be had.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  attachManager,
  clusterId,
  complete,
  createSwarm,
  ids,
  managerId,
  notice,
  readsOf,
} from '../support/hand-made-swarm.ts';
import { createRandom } from '../support/random.ts';
import { type SecureApp, startSecureApp } from '../support/secure-app.ts';
import { until } from '../support/until.ts';

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let server: SecureApp;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skep-alone-'));
  server = await startSecureApp(folder, { SKEP_TLS: 'self-signed', SKEP_WATCH_INTERVAL_MS: '60000' });
});
afterEach(async () => {
  await server.app.close();
  rmSync(folder, { recursive: true });
});

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
  const agent = await attachManager(server, managerId, 'engine-1');
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
  const agent = await attachManager(server, managerId, 'engine-1');
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
  const agent = await attachManager(server, managerId, 'engine-1');
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
    const liar = await attachManager(server, 'stranger', 'engine-2');
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

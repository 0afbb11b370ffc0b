// The agent reads a node after it has written it: that read, and no other word of the agent's, makes a success.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HandMadeAgent } from '../support/hand-made-agent.ts';
import {
  attachManager,
  clusterId,
  commandsOf,
  complete,
  createSwarm,
  ids,
  managerId,
} from '../support/hand-made-swarm.ts';
import { type SecureApp, startSecureApp } from '../support/secure-app.ts';
import { until } from '../support/until.ts';

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let server: SecureApp;
let agent: HandMadeAgent;
let swarm: ReturnType<typeof createSwarm>;
let commands: ReturnType<typeof commandsOf>;

/** Answers reads until a command of another kind comes. @returns its id. */
const nextEffect = (): Promise<string> =>
  until(async () => {
    for (const { id, kind } of commands()) {
      if (kind !== 'ReadCluster') return id;
      await complete(agent, id, swarm.list());
    }
    return null;
  }, 'an effect is sent');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skep-written-'));
  server = await startSecureApp(folder, { SKEP_TLS: 'self-signed', SKEP_WATCH_INTERVAL_MS: '60000' });
  swarm = createSwarm();
  agent = await attachManager(server, managerId, 'engine-1');
  commands = commandsOf(agent);
  const adopted = server.ask(
    `mutation { adoptCluster(input: { cluster: "${clusterId}" }) { state failure { message } } }`,
  );
  let isAdopted = false;
  adopted.then(
    () => {
      isAdopted = true;
    },
    () => undefined,
  );
  await until(async () => {
    for (const { id } of commands()) await complete(agent, id, swarm.list());
    return isAdopted;
  }, 'it is adopted');
  await until(async () => {
    for (const { id } of commands()) await complete(agent, id, swarm.list());
    const { nodes } = await server.ask('{ nodes { totalCount } }');
    return nodes.totalCount === ids.length;
  }, 'its nodes are known');
});
afterEach(async () => {
  agent.socket.terminate();
  await server.app.close();
  rmSync(folder, { recursive: true });
});

const fields = 'id state observedAt steps { name state }';
/** The label that each write of the hand-made swarm counts up. */
const setValue = (value: number) =>
  server.ask(
    `mutation { updateNodeLabels(input: { cluster: "${clusterId}", nodes: ["node1"], set: [{ key: "value", value: "${value}" }] }) { ${fields} } }`,
  );
const written = { changed: true, version: 10, attempts: 1 };

test('a success rests on it, without another read, and the node is shown as it was read', async () => {
  const asked = setValue(1);
  const id = await nextEffect();
  swarm.write('node1');
  await complete(agent, id, written, swarm.node('node1'));
  const { updateNodeLabels: operation } = await asked;
  expect(operation).toMatchObject({ state: 'SUCCEEDED', observedAt: expect.any(String) });
  expect(commands()).toEqual([]);
  const { nodes } = await server.ask('{ nodes { edges { node { id labels { value } } } } }');
  expect(nodes.edges).toContainEqual({ node: { id: 'node1', labels: [{ value: '1' }] } });
  const { auditLog } = await server.ask(
    '{ auditLog(first: 2) { edges { node { phase outcome changes { path old new } actor { kind } } } } }',
  );
  // Ours, and on record with its outcome: nothing is told as somebody else's.
  expect(auditLog.edges.map(({ node }: { node: unknown }) => node)).toEqual([
    {
      phase: 'OUTCOME',
      outcome: 'SUCCEEDED',
      changes: [{ path: 'node1.labels.value', old: '0', new: '1' }],
      actor: { kind: 'API_KEY' },
    },
    expect.objectContaining({ phase: 'INTENT' }),
  ]);
});

test.each([
  { what: 'does not show it', seen: () => swarm.node('node1') },
  { what: 'is of another node', seen: () => ({ ...swarm.node('node2'), ...shown() }) },
  { what: 'is not what the Docker API promises', seen: () => ({ ID: 'node1', ...shown() }) },
  { what: 'was not made, as by an agent of before', seen: () => null },
])('one that $what is none: the cluster is read until it does', async ({ seen }) => {
  const asked = setValue(1);
  const id = await nextEffect();
  await complete(agent, id, written, seen());
  const read = await until(
    () => commands().find(({ kind }) => kind === 'ReadCluster'),
    'a read is asked for',
  );
  await complete(agent, read.id, swarm.list());
  const again = await until(() => commands().find(({ kind }) => kind === 'ReadCluster'), 'and another');
  const { operations } = await server.ask('{ operations(first: 1) { edges { node { state } } } }');
  expect(operations.edges[0].node.state).toBe('RUNNING');
  swarm.write('node1');
  await complete(agent, again.id, swarm.list());
  await expect(asked).resolves.toMatchObject({ updateNodeLabels: { state: 'SUCCEEDED' } });
});

const shown = () => ({ Spec: { Labels: { value: '1' }, Role: 'worker', Availability: 'active' } });

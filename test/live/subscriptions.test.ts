// The five subscriptions, over graphql-ws and over SSE: each delivers, filters, and refuses as a query does.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { type System, startSystem } from '../support/system.ts';
import { transports } from '../support/transports.ts';
import { until } from '../support/until.ts';

const five = {
  nodeChanged:
    'kind changes { path old new } node { id hostname labels { key value } } operation { id action }',
  hostChanged: 'kind changes { path old new } hostId name status',
  clusterChanged: 'kind changes { path old new } clusterId name operation { action }',
  operationChanged: 'kind changes { path old new } operation { id action state }',
  auditRecorded: 'record { seq phase action outcome operationId }',
} as const;

const document = (field: keyof typeof five, filter: string): string =>
  `subscription($after: String, $filter: ${filter}) { ${field}(after: $after, filter: $filter) { cursor ${five[field]} } }`;
const nodeChanged = document('nodeChanged', 'NodeFilter');

describe.each(transports)(`subscriptions over $transport, on ${enginesNote}`, ({ transport, listen }) => {
  let system: System;
  let cluster: string;
  let ids: string[];

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2 });
    cluster = await system.formSwarm();
    const { nodes } = await system.ask('{ nodes { edges { node { id hostname } } } }');
    ids = system.members.map(
      ({ host }) =>
        nodes.edges.find(({ node }: { node: { hostname: string } }) => node.hostname === host.hostname).node
          .id,
    );
  });
  afterAll(() => system?.stop());

  const now = async (): Promise<string> => (await system.ask('{ eventCursor }')).eventCursor;
  const label = async (node: number, set: object[], remove: string[] = []): Promise<string> => {
    const { updateNodeLabels } = await system.ask(
      'mutation($input: UpdateNodeLabelsInput!) { updateNodeLabels(input: $input) { id state failure { message } } }',
      { input: { cluster, nodes: [at(ids, node)], set, remove } },
    );
    expect(updateNodeLabels).toMatchObject({ state: 'SUCCEEDED' });
    return updateNodeLabels.id;
  };

  it('tells of a node, its operation and the audit', async () => {
    const after = await now();
    const nodes = listen(system, nodeChanged, { after });
    const operations = listen(system, document('operationChanged', 'OperationFilter'), { after });
    const records = listen(system, document('auditRecorded', 'AuditFilter'), { after });
    const id = await label(1, [{ key: 'zone', value: transport }]);
    const told = await nodes.next(({ kind }) => kind === 'UPDATED', 'the node’s event');
    expect(told).toMatchObject({
      node: { id: ids[1], labels: [{ key: 'zone', value: transport }] },
      changes: [{ path: 'labels.zone', old: null, new: transport }],
      operation: { id, action: 'updateNodeLabels' },
    });
    await operations.next(({ operation }) => operation.state === 'SUCCEEDED', 'the operation’s end');
    expect(operations.received.map(({ operation }) => operation.state)).toEqual(
      expect.arrayContaining(['QUEUED', 'RUNNING', 'SUCCEEDED']),
    );
    await records.next(({ record }) => record.phase === 'OUTCOME', 'the outcome');
    expect(records.received.map(({ record }) => [record.phase, record.operationId])).toEqual([
      ['INTENT', id],
      ['OUTCOME', id],
    ]);
    for (const subscriber of [nodes, operations, records]) {
      expect(subscriber.errors).toEqual([]);
      subscriber.stop();
    }
  });

  it('tells of a host and of a cluster', async () => {
    const after = await now();
    const hosts = listen(system, document('hostChanged', 'HostFilter'), { after });
    const clusters = listen(system, document('clusterChanged', 'ClusterFilter'), { after });
    await system.ask('mutation($input: RenameHostInput!) { renameHost(input: $input) { state } }', {
      input: { id: at(system.members, 1).hostId, name: `renamed-${transport}` },
    });
    await system.ask('mutation($input: RenameClusterInput!) { renameCluster(input: $input) { state } }', {
      input: { cluster, name: `renamed-${transport}` },
    });
    await system.ask('mutation($input: RotateJoinTokenInput!) { rotateJoinToken(input: $input) { state } }', {
      input: { cluster, role: 'WORKER' },
    });
    expect(
      await hosts.next(({ name }) => name === `renamed-${transport}`, 'the host’s new name'),
    ).toMatchObject({
      hostId: at(system.members, 1).hostId,
      kind: 'UPDATED',
    });
    await clusters.next(({ name }) => name === `renamed-${transport}`, 'the cluster’s new name');
    await clusters.next(
      ({ changes }) => changes.some(({ path }: { path: string }) => path.includes('oken')),
      'the new token’s fingerprint',
    );
    expect([...hosts.errors, ...clusters.errors]).toEqual([]);
    hosts.stop();
    clusters.stop();
  });

  it('still tells of a node that leaves the filter, and of one that enters it', async () => {
    await label(1, [{ key: 'tier', value: 'gold' }]);
    const filter = { labels: [{ key: 'tier', value: 'gold' }] };
    const golden = listen(system, nodeChanged, { after: await now(), filter });
    await label(0, [{ key: 'other', value: transport }]);
    await label(1, [{ key: 'tier', value: 'lead' }]);
    await label(1, [{ key: 'unseen', value: transport }]);
    await label(0, [{ key: 'tier', value: 'gold' }]);
    await golden.next(({ node }) => node.id === ids[0], 'the node that enters the filter');
    expect(golden.received.map(({ node, changes }) => [node.id, changes[0].path, changes[0].new])).toEqual([
      [ids[1], 'labels.tier', 'lead'],
      [ids[0], 'labels.tier', 'gold'],
    ]);
    golden.stop();
    await label(0, [], ['tier', 'other']);
  });

  it('refuses a bad document, a bad filter and what is no cursor, in words', async () => {
    const codeOf = async (query: string, variables?: Record<string, unknown>): Promise<string> => {
      const subscriber = listen(system, query, variables);
      await until(() => subscriber.errors.length > 0, `an error for ${query} ${JSON.stringify(variables)}`);
      subscriber.stop();
      expect(subscriber.received).toEqual([]);
      return (at(subscriber.errors, 0) as { extensions: { code: string } }).extensions.code;
    };
    expect(await codeOf('subscription {')).toBe('BAD_USER_INPUT');
    expect(await codeOf('subscription { nodeChanged { cursor nonsense } }')).toBe('BAD_USER_INPUT');
    expect(await codeOf(nodeChanged, { filter: { state: ['NO_SUCH'] } })).toBe('BAD_USER_INPUT');
    expect(await codeOf(nodeChanged, { after: 'garbage' })).toBe('BAD_USER_INPUT');
    expect(await codeOf(nodeChanged, { after: '' })).toBe('BAD_USER_INPUT');
    expect(await codeOf(nodeChanged, { after: Buffer.from('other:1').toString('base64url') })).toBe(
      'CURSOR_TOO_OLD',
    );
  });

  it('checks the permission on subscribe, and ends the stream of a key that is revoked', async () => {
    const createKey = async (input: object): Promise<{ id: string; key: string }> => {
      const { createApiKey } = await system.ask(
        'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { key apiKey { id } } }',
        { input },
      );
      return { id: createApiKey.apiKey.id, key: createApiKey.key };
    };
    const viewer = await createKey({ name: `viewer ${transport}`, role: 'VIEWER' });
    const other = await createKey({
      name: `elsewhere ${transport}`,
      role: 'VIEWER',
      clusters: ['elsewhere'],
    });
    const after = await now();
    const told = listen(system, nodeChanged, { after }, viewer.key);
    const untold = listen(system, nodeChanged, { after }, other.key);
    await label(1, [{ key: 'seen', value: transport }]);
    await told.next(() => true, 'what a viewer sees');
    expect(untold.received).toEqual([]);
    await system.ask('mutation($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { state } }', {
      input: { id: viewer.id },
    });
    await label(1, [{ key: 'seen', value: 'no more' }]);
    await until(() => told.ended(), 'the stream of the revoked key ends', 8_000);
    expect(told.received).toHaveLength(1);
    untold.stop();
  });
});

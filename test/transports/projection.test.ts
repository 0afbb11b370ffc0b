// Which fields are told from the projection: the whole list, so that none is on it by accident; and that the lane holds
// the queries that its test asks.
import { getNamedType, getOperationAST, isLeafType, isObjectType, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createPlans } from '../../server/graphql/plans.ts';
import { dependencyOf, permissionOf } from '../../server/graphql/projection.ts';
import { schema } from '../../server/graphql/schema.ts';
import { heldQueries } from './held-queries.ts';

const objects = Object.values(schema.getTypeMap()).flatMap((type) =>
  isObjectType(type) && !type.name.startsWith('__') ? [type] : [],
);
const listed = objects.flatMap((type) =>
  Object.values(type.getFields()).flatMap((field) => {
    const dependency = dependencyOf(type, field);
    return dependency === null ? [] : [{ type, field, dependency }];
  }),
);

describe('the allow-list of the projection', () => {
  it('has these fields, and no others', () => {
    const lines = listed.map(({ type, field, dependency }) => `${type.name}.${field.name} ${dependency}`);
    expect(lines.sort()).toMatchInlineSnapshot(`
      [
        "Cluster.adoptedAt itself",
        "Cluster.caDigest itself",
        "Cluster.counts itself",
        "Cluster.createdAt itself",
        "Cluster.id itself",
        "Cluster.name itself",
        "Cluster.nodes itself",
        "Cluster.rootRotationInProgress itself",
        "Cluster.settings itself",
        "Cluster.spec itself",
        "Cluster.state itself",
        "ClusterCounts.active itself",
        "ClusterCounts.managers itself",
        "ClusterCounts.nodes itself",
        "ClusterCounts.ready itself",
        "ClusterSettings.autolock itself",
        "ClusterSettings.certificateExpirySeconds itself",
        "ClusterSettings.heartbeatPeriodSeconds itself",
        "ClusterSettings.keepOldSnapshots itself",
        "ClusterSettings.snapshotInterval itself",
        "ClusterSettings.taskHistoryLimit itself",
        "Label.key itself",
        "Label.value itself",
        "ManagerStatus.address itself",
        "ManagerStatus.leader itself",
        "ManagerStatus.reachability itself",
        "Node.availability itself",
        "Node.cluster clusters",
        "Node.downSince itself",
        "Node.engineLabels itself",
        "Node.engineVersion itself",
        "Node.hostname itself",
        "Node.id itself",
        "Node.joinedAt itself",
        "Node.labels itself",
        "Node.managerStatus itself",
        "Node.observedRole itself",
        "Node.platform itself",
        "Node.plugins itself",
        "Node.resources itself",
        "Node.role itself",
        "Node.stale clusters",
        "Node.status itself",
        "Node.tlsInfo itself",
        "Node.updatedAt itself",
        "Node.version itself",
        "NodeConnection.edges itself",
        "NodeConnection.eventCursor events",
        "NodeConnection.pageInfo itself",
        "NodeConnection.totalCount itself",
        "NodeEdge.cursor itself",
        "NodeEdge.node itself",
        "NodeStatus.address itself",
        "NodeStatus.message itself",
        "NodeStatus.state itself",
        "PageInfo.endCursor itself",
        "PageInfo.hasNextPage itself",
        "PageInfo.hasPreviousPage itself",
        "PageInfo.startCursor itself",
        "Platform.architecture itself",
        "Platform.os itself",
        "Plugin.name itself",
        "Plugin.type itself",
        "Query.cluster clusters",
        "Query.clusters clusters",
        "Query.node clusters",
        "Query.nodes clusters",
        "Resources.cpus itself",
        "Resources.memoryBytes itself",
        "TLSInfo.certIssuerPublicKey itself",
        "TLSInfo.certIssuerSubject itself",
        "TLSInfo.trustRoot itself",
      ]
    `);
  });

  it('names no field that there is not', () => {
    for (const type of objects)
      expect(Object.keys(type.getFields())).toEqual(
        expect.arrayContaining(Object.keys((type.extensions.projection as object | undefined) ?? {})),
      );
  });

  it('has no field with a permission of its own, but at the root, where each has one', () => {
    for (const { type, field } of listed)
      expect([type.name, field.name, permissionOf(field)]).toEqual([
        type.name,
        field.name,
        type.name === 'Query' ? 'cluster:read' : null,
      ]);
  });

  it('leads to nothing that is told in another way: whatever is listed has something listed in it', () => {
    const types = new Set(listed.map(({ type }) => type.name));
    for (const { field } of listed) {
      const inner = getNamedType(field.type);
      expect(isLeafType(inner) || types.has(inner.name)).toBe(true);
    }
  });
});

describe('the lane', () => {
  const planOf = createPlans(schema);
  const plan = (query: string) => {
    const document = parse(query);
    const operation = getOperationAST(document);
    return operation && planOf(document, operation, {});
  };
  it.each(heldQueries)('holds $name', ({ of }) => {
    expect(plan(of(''))).not.toBeNull();
    expect(plan(of('__schema { queryType { name } }'))).toBeNull();
  });
  it.each([
    'mutation { renameHost(input: { host: "a", name: "b" }) { id } }',
    '{ nodes { edges { node { host { id } } } } }',
    '{ nodes { edges { node { tasks { id } } } } }',
    '{ nodes { edges { node { id history { seq } } } } }',
    '{ clusters { watcher { observedAt } } }',
    '{ clusters { quorum { tolerates } } }',
    '{ clusters { reminders { code } } }',
    '{ hosts { totalCount } }',
    '{ auditLog { edges { cursor } } }',
    '{ eventCursor }',
  ])('leaves %s to yoga', (query) => expect(plan(query)).toBeNull());
});

// Fields that lead from hosts, operations and records to their cluster.
import { AuditRecordRef } from '../../audit/schema/record.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { HostSwarmRef } from '../../hosts/schema/host.ts';
import { OperationRef } from '../../operations/schema/operation.ts';
import { membershipOf } from '../membership-of-hosts.ts';
import { ClusterRef } from './cluster.ts';
import { MembershipEnum } from './enums.ts';
import { visible } from './queries.ts';

const readCluster = guarded('cluster:read', 'The cluster; null: none, unknown or out of scope.');

builder.objectField(OperationRef, 'cluster', (t) =>
  t.field({
    type: ClusterRef,
    nullable: true,
    ...readCluster,
    resolve: ({ clusterId }, _, context) => visible(clusterId, context),
  }),
);
builder.objectField(AuditRecordRef, 'cluster', (t) =>
  t.field({
    type: ClusterRef,
    nullable: true,
    ...readCluster,
    resolve: ({ clusterId }, _, context) => visible(clusterId, context),
  }),
);
builder.objectField(HostSwarmRef, 'membership', (t) =>
  t.field({ type: MembershipEnum, resolve: ({ host }, _, { clusters }) => membershipOf(host, clusters) }),
);

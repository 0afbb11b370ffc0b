// What is left over in a cluster.
import { builder, guarded } from '../../graphql/builder.ts';
import { inScope } from '../../hosts/actions.ts';
import { HostRef } from '../../hosts/schema/host.ts';
import { nodeView } from '../../nodes/node.ts';
import { NodeRef } from '../../nodes/schema/node.ts';
import type { CleanupAdvice } from '../cleanup.ts';
import { CleanupKindEnum } from './enums.ts';

export const CleanupAdviceRef = builder
  .objectRef<CleanupAdvice & { clusterId: string }>('CleanupAdvice')
  .implement({
    description: 'What is left over in a cluster, and what is safe to do about it.',
    fields: (t) => ({
      kind: t.field({ type: CleanupKindEnum, resolve: ({ kind }) => kind }),
      node: t.field({
        type: NodeRef,
        nullable: true,
        description: 'Null for a host that is listed as none.',
        resolve: ({ clusterId, nodeId }, _, { clusters }) => {
          const cluster = clusters.find(clusterId);
          const node = nodeId === null ? null : cluster?.nodes.get(nodeId);
          return cluster && node ? nodeView(cluster, node) : null;
        },
      }),
      host: t.field({
        type: HostRef,
        nullable: true,
        ...guarded(
          'host:read',
          'The host that it is or was last; null: none that Skep knows, or out of scope.',
        ),
        resolve: ({ hostId }, _, { hosts, scopeOf, requester }) => {
          const host = hostId === null ? null : hosts.find(hostId);
          return host && inScope(host, scopeOf(requester)) ? host : null;
        },
      }),
      since: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'Down since then; null where nobody tells.',
        resolve: ({ since }) => since,
      }),
      advice: t.exposeString('advice'),
      mutation: t.exposeString('mutation', {
        nullable: true,
        description: 'The mutation that does it; null: nothing is safe to do now, the advice says why.',
      }),
    }),
  });

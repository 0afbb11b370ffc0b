// The field that leads from a cluster to what is left over in it.
import { ClusterRef } from '../../clusters/schema/cluster.ts';
import { builder } from '../../graphql/builder.ts';
import { Failure } from '../../platform/failure.ts';
import { cleanupOf } from '../cleanup.ts';
import { CleanupAdviceRef } from './cleanup.ts';

builder.objectField(ClusterRef, 'cleanup', (t) =>
  t.field({
    type: [CleanupAdviceRef],
    description:
      'What is left over, by the identity of hosts: nodes that nobody comes back as, nodes that are Down for long, hosts that it does not list. As last seen: while it cannot be read nothing is called safe.',
    args: {
      downForSeconds: t.arg.int({
        defaultValue: 3_600,
        description: 'How long a node must have been Down when no host tells more. Not negative.',
      }),
    },
    resolve: (cluster, { downForSeconds }, { clusters, hosts, clock }) => {
      const seconds = downForSeconds ?? 3_600;
      if (seconds < 0) throw new Failure('BAD_USER_INPUT', 'downForSeconds is negative', 'give 0 or more');
      return cleanupOf({ clusters, hosts }, cluster, seconds, clock.now()).map((advice) => ({
        ...advice,
        clusterId: cluster.id,
      }));
    },
  }),
);

// Gauges of nodes, as last seen.
import type { Cluster, SeenNode } from '../clusters/cluster.ts';
import { isReachable } from '../clusters/quorum.ts';
import type { Clusters } from '../clusters/registry.ts';
import { flag, gauge, type Source } from './family.ts';

const own = ['cluster', 'node'];

export const nodeMetrics = (clusters: Pick<Clusters, 'list'>): readonly Source[] => {
  function* all(): Iterable<{ cluster: Cluster; node: SeenNode }> {
    for (const cluster of clusters.list()) for (const node of cluster.nodes.values()) yield { cluster, node };
  }
  const labels = (cluster: Cluster, node: SeenNode) => ({ cluster: cluster.id, node: node.id });
  const flagOf = (
    name: string,
    help: string,
    isSo: (node: SeenNode, cluster: Cluster) => boolean | null,
  ): Source =>
    gauge({ name, help, labels: own }, all, ({ cluster, node }) => {
      const value = isSo(node, cluster);
      return value === null ? null : { labels: labels(cluster, node), value: flag(value) };
    });
  return [
    gauge(
      {
        name: 'skep_node_info',
        help: 'Always 1: what a node is called, its host ("": without an agent), its role as desired and its engine.',
        labels: [...own, 'hostname', 'host', 'role', 'engine_version'],
      },
      all,
      ({ cluster, node }) => ({
        labels: {
          ...labels(cluster, node),
          hostname: node.hostname,
          host: node.hostId ?? '',
          role: node.role,
          engine_version: node.engineVersion,
        },
        value: 1,
      }),
    ),
    flagOf('skep_node_up', '1: the managers say that it is ready.', ({ status }) => status.state === 'READY'),
    gauge(
      {
        name: 'skep_node_availability',
        help: 'Always 1: the availability that it has.',
        labels: [...own, 'availability'],
      },
      all,
      // Not a 0 for each of the others as well: of nodes there are thousands.
      ({ cluster, node }) => ({
        labels: { ...labels(cluster, node), availability: node.availability },
        value: 1,
      }),
    ),
    flagOf('skep_node_manager', '1: it is in the raft group.', (node) => node.managerStatus !== null),
    flagOf(
      'skep_node_leader',
      'Of managers. 1: it leads.',
      ({ managerStatus }) => managerStatus?.leader ?? null,
    ),
    flagOf(
      'skep_node_reachable',
      'Of managers. 1: the leader reaches it.',
      (node) => node.managerStatus && isReachable(node),
    ),
    flagOf(
      'skep_node_stale',
      '1: the newest read of its cluster failed, so that all that is told of it may be old.',
      (_, { trouble }) => trouble !== null,
    ),
  ];
};

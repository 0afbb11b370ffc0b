// Gauges of clusters, as last seen, and of what differs from their declarations.
import { type Cluster, clusterStates, quorumOfCluster, stateOf } from '../clusters/cluster.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { Declarations } from '../fleet/declarations.ts';
import { flag, gauge, type Source, secondsOf } from './family.ts';

export const clusterMetrics = (
  clusters: Pick<Clusters, 'list'>,
  declarations: Pick<Declarations, 'list'>,
): readonly Source[] => {
  const one = (name: string, help: string, numberOf: (cluster: Cluster) => number | null): Source =>
    gauge({ name, help, labels: ['cluster'] }, clusters.list, (cluster) => {
      const value = numberOf(cluster);
      return value === null ? null : { labels: { cluster: cluster.id }, value };
    });
  const ofFleet = (
    name: string,
    help: string,
    numberOf: (declared: ReturnType<Declarations['list']>[number]) => number | null,
  ): Source =>
    gauge({ name, help, labels: ['cluster'] }, declarations.list, (declared) => {
      const value = numberOf(declared);
      return value === null ? null : { labels: { cluster: declared.clusterId }, value };
    });
  return [
    gauge(
      { name: 'skep_cluster_info', help: 'Always 1: its name.', labels: ['cluster', 'name'] },
      clusters.list,
      ({ id, name }) => ({ labels: { cluster: id, name }, value: 1 }),
    ),
    gauge(
      {
        name: 'skep_cluster_state',
        help: '1: the state that it is in (ClusterState of the API); 0: the others.',
        labels: ['cluster', 'state'],
      },
      clusters.list,
      (cluster) => {
        const now = stateOf(cluster);
        return clusterStates.map((state) => ({
          labels: { cluster: cluster.id, state },
          value: flag(state === now),
        }));
      },
    ),
    one('skep_cluster_nodes', 'Nodes that it lists.', ({ nodes }) => nodes.size),
    one('skep_cluster_managers', 'Members of the raft group.', (it) => quorumOfCluster(it).managers),
    one(
      'skep_cluster_managers_reachable',
      'Members of the raft group that the leader reaches.',
      (it) => quorumOfCluster(it).reachable,
    ),
    one(
      'skep_cluster_managers_needed',
      'A majority of the members: fewer reachable ones are no quorum.',
      (it) => quorumOfCluster(it).needed,
    ),
    one(
      'skep_cluster_managers_tolerated',
      'How many reachable managers can still be lost. Negative: quorum is lost.',
      (it) => quorumOfCluster(it).tolerates,
    ),
    one(
      'skep_cluster_observed_timestamp_seconds',
      'When the newest read began that was answered, seconds since 1970.',
      ({ observedAt }) => observedAt && secondsOf(observedAt),
    ),
    one('skep_cluster_stale', '1: the newest read of it failed.', ({ trouble }) => flag(trouble !== null)),
    ofFleet(
      'skep_fleet_differences',
      'What differs from the fleet document that was applied last, as last seen.',
      ({ drift }) => drift.differences.length,
    ),
    ofFleet('skep_fleet_comparison_failed', '1: it could not be compared the last time.', ({ failure }) =>
      flag(failure !== null),
    ),
  ];
};

// The filter of clusters, as an input and as a rule.
import { builder } from '../../graphql/builder.ts';
import type { ClusterScalars } from '../cluster.ts';
import { ClusterStateEnum } from './enums.ts';

export const ClusterFilter = builder.inputType('ClusterFilter', {
  description: 'All that are given must hold.',
  fields: (t) => ({ ids: t.idList(), state: t.field({ type: [ClusterStateEnum] }) }),
});
type Filter = typeof ClusterFilter.$inferInput;
export const clusterMatches = (filter: Filter | null | undefined, cluster: ClusterScalars): boolean =>
  (filter?.ids == null || filter.ids.includes(cluster.id)) &&
  (filter?.state == null || filter.state.includes(cluster.state));

// All metrics: what is read of the server's parts at a scrape, beside what was counted since the start.
import type { Heads } from '../audit/heads.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { Declarations } from '../fleet/declarations.ts';
import type { Hosts } from '../hosts/registry.ts';
import type { Operations } from '../operations/operations.ts';
import { clusterMetrics } from './clusters.ts';
import type { Counts } from './counts.ts';
import type { HistogramFamily, Source } from './family.ts';
import { hostMetrics } from './hosts.ts';
import { nodeMetrics } from './nodes.ts';
import { createScrape, type Scrape } from './scrape.ts';

export const createMetrics = ({
  counts: { audit, callers, commands, operations: ended },
  clusters,
  hosts,
  declarations,
  operations,
  heads,
}: {
  counts: Counts;
  clusters: Pick<Clusters, 'list' | 'onForgotten'>;
  hosts: Pick<Hosts, 'list'>;
  declarations: Pick<Declarations, 'list'>;
  operations: Pick<Operations, 'open'>;
  heads: Pick<Heads, 'newest'>;
}): { families: readonly (Source | HistogramFamily)[]; scrape: Scrape } => {
  clusters.onForgotten((id) => {
    for (const each of ended.counters) each.forget(({ cluster }) => cluster === id);
  });
  const sources = [
    ...nodeMetrics(clusters),
    ...hostMetrics(hosts),
    ...clusterMetrics(clusters, declarations),
    ended.open(operations.open),
    ...ended.counters,
    ...audit.sources(heads),
    ...callers.sources,
    ...commands.counters,
  ];
  const histograms = [ended.duration, commands.duration];
  return { families: [...sources, ...histograms], scrape: createScrape(sources, histograms) };
};

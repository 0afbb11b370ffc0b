// Why a cluster cannot be read, kept with it: told by reads that fail, and by managers that report to have no leader.
import type { Hosts } from '../hosts/registry.ts';
import type { Clock } from '../platform/clock.ts';
import type { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import { troubleAfter } from './cluster.ts';
import type { Managers } from './managers.ts';
import type { Clusters } from './registry.ts';

/** Keeps one more failed read with the cluster; an event follows when its state differs. Never rejects. */
export type NoteTrouble = (clusterId: string, failure: Pick<Failure, 'code' | 'message'>) => Promise<void>;

export const createNoteTrouble =
  ({ clusters, clock, log }: { clusters: Clusters; clock: Clock; log: Log }): NoteTrouble =>
  (clusterId, failure) =>
    clusters
      .change(clusterId, ({ trouble: before }) => {
        const trouble = troubleAfter(before, failure, clock.now());
        return before?.code === trouble.code && before.quorumLost === trouble.quorumLost ? null : { trouble };
      })
      .catch((error: unknown) =>
        log.warn({ err: error, cluster: clusterId }, 'a cluster’s trouble was not stored'),
      );

/** `Swarm.Error` of GET /info, which answers at once while a read of the cluster hangs for up to 20 seconds. */
const saysLeaderless = /does not have a leader/;

/** Knows of a lost leader as soon as every manager that can be asked reports it. */
export const followReports = ({
  hosts,
  clusters,
  managers,
  noteTrouble,
}: {
  hosts: Hosts;
  clusters: Clusters;
  managers: Managers;
  noteTrouble: NoteTrouble;
}): void => {
  hosts.onChange(({ membership, report: now }, before) => {
    // What a worker says, or that it came or went, is nothing to those that can be asked.
    if (!now?.swarm?.controlAvailable && !before?.report?.swarm?.controlAvailable) return;
    const cluster = membership && clusters.find(membership.clusterId);
    if (!cluster || cluster.dissolvedAt || cluster.trouble) return;
    const errors = managers.of(cluster).map(({ report }) => report?.swarm?.error ?? '');
    const [first] = errors;
    if (first === undefined || !errors.every((error) => saysLeaderless.test(error))) return;
    void noteTrouble(cluster.id, { code: 'NO_LEADER', message: first });
  });
};

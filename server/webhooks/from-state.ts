// From what is to what holds: alarms that no event tells of, since they come by time, and conditions of what is gone.

import type { Clusters } from '../clusters/registry.ts';
import { overdueTokens } from '../clusters/reminders.ts';
import type { Declarations } from '../fleet/declarations.ts';
import { clusterOf, type Host } from '../hosts/host.ts';
import type { Hosts } from '../hosts/registry.ts';
import { type Condition, type Conditions, keyOf, type Step } from './conditions.ts';
import type { Names } from './from-events.ts';
import type { Told } from './message.ts';

export type World = { hosts: Hosts; clusters: Clusters; declarations: Declarations; names: Names };

const ofHost = (host: Host, holds: Conditions, { names }: World, now: Date): Step[] => {
  const of = { kind: 'AGENT_SILENT' as const, subjectId: host.id };
  const known = holds.has(keyOf(of));
  // Enrolled: it never came, and nobody counts on it yet.
  if (host.status === 'ENROLLED') return [];
  if (host.status === 'REVOKED' || host.status === 'QUARANTINED')
    return known ? [{ do: 'drop', ...of, reason: `HOST_${host.status}` }] : [];
  const isSilent = host.status === 'DISCONNECTED';
  if (isSilent === known) return [];
  const clusterId = clusterOf(host);
  const told: Told = {
    cluster: names.cluster(clusterId),
    host: { id: host.id, name: host.name },
    from: isSilent ? 'CONNECTED' : 'DISCONNECTED',
    to: host.status,
    detail: { lastSeenAt: host.lastSeenAt },
    page: `/hosts/${host.id}`,
  };
  return isSilent
    ? [{ do: 'begin', ...of, clusterId, since: host.lastSeenAt ?? now, told }]
    : [{ do: 'end', ...of, told }];
};

const ofTokens = (holds: Conditions, { clusters, names }: World, now: Date): Step[] => {
  const overdue = clusters
    .list()
    .filter(({ dissolvedAt }) => dissolvedAt === null)
    .flatMap((cluster) => overdueTokens(cluster, now).map((token) => ({ cluster, token })));
  const told = (clusterId: string | null, detail: Told['detail']): Told => ({
    cluster: names.cluster(clusterId),
    detail,
    page: '/',
  });
  const begins = new Map(
    overdue.map(({ cluster, token }): [string, Step] => {
      const of = { kind: 'TOKEN_OVERDUE' as const, subjectId: `${cluster.id} ${token.role}` };
      const since = token.due;
      return [
        keyOf(of),
        { do: 'begin', ...of, clusterId: cluster.id, since, told: told(cluster.id, { ...token }) },
      ];
    }),
  );
  return [
    ...[...begins].flatMap(([key, step]) => (holds.has(key) ? [] : [step])),
    ...[...holds.values()].flatMap((condition): Step[] =>
      condition.kind === 'TOKEN_OVERDUE' && !begins.has(keyOf(condition))
        ? [{ do: 'end', ...of(condition), told: told(condition.clusterId, roleOf(condition)) }]
        : [],
    ),
  ];
};

const of = ({ kind, subjectId }: Condition) => ({ kind, subjectId });
const roleOf = ({ told }: Condition): Told['detail'] => ({ role: told.detail?.role });

/** Why a condition can neither end nor go on; null: what it is about is there. */
const whyGone = (
  { kind, subjectId, clusterId }: Condition,
  { hosts, clusters, declarations }: World,
): string | null => {
  if (kind === 'AUDIT_UNAVAILABLE') return null;
  if (kind === 'AGENT_SILENT') return hosts.find(subjectId) ? null : 'HOST_REMOVED';
  const cluster = clusterId === null ? null : clusters.find(clusterId);
  if (!cluster) return 'CLUSTER_REMOVED';
  if (cluster.dissolvedAt) return 'CLUSTER_DISSOLVED';
  if (kind === 'NODE_DOWN' && !cluster.nodes.has(subjectId)) return 'NODE_REMOVED';
  return kind === 'FLEET_DRIFT' && !declarations.find(cluster.id) ? 'FLEET_FORGOTTEN' : null;
};

/** What differs between what holds and what is; nothing, most of the time. */
export const stepsOfState = (holds: Conditions, world: World, now: Date): Step[] => {
  const gone = [...holds.values()].flatMap((condition): Step[] => {
    const reason = whyGone(condition, world);
    return reason === null ? [] : [{ do: 'drop', ...of(condition), reason }];
  });
  return [
    ...gone,
    ...world.hosts.list().flatMap((host) => ofHost(host, holds, world, now)),
    ...ofTokens(holds, world, now),
  ];
};

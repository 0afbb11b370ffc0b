// Through which managers services are read and written. In a swarm of several engine versions a manager silently drops
// the fields that it, or an older leader, does not know: a read leaves them out, and a write deletes them for everybody.
import { type Cluster, leaderOf } from '../clusters/cluster.ts';
import type { Managers } from '../clusters/managers.ts';
import type { Host } from '../hosts/host.ts';
import type { Warning } from '../operations/operation.ts';
import { Failure } from '../platform/failure.ts';

/** The numbers of a version: `20.10.24+dfsg1` is 20, 10, 24. */
const numbersOf = (version: string): number[] =>
  (version.match(/^\d+(?:\.\d+)*/)?.[0] ?? '0').split('.').map(Number);

/** Below 0: `left` is older. */
export const compareVersions = (left: string, right: string): number => {
  const [a, b] = [numbersOf(left), numbersOf(right)];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

const versionsOf = (cluster: Cluster): { leader: string | null; newest: string | null } => {
  const managers = [...cluster.nodes.values()].filter(({ managerStatus }) => managerStatus !== null);
  const versions = managers.map(({ engineVersion }) => engineVersion).sort(compareVersions);
  return { leader: leaderOf(cluster)?.engineVersion ?? null, newest: versions.at(-1) ?? null };
};

/** Where the leader is older than another manager: what only the newer one knows is lost, whoever writes. */
export const mixedEngines = (cluster: Cluster): Warning[] => {
  const { leader, newest } = versionsOf(cluster);
  if (leader === null || newest === null || compareVersions(leader, newest) >= 0) return [];
  return [
    {
      code: 'MIXED_ENGINES',
      message: `the leader’s engine is ${leader}, and ${newest} is the newest of a manager: fields of services that ${leader} does not know are dropped without a word; let a newer manager lead`,
      target: null,
    },
  ];
};

/**
 * Connected managers of the leader's engine version that carry this out, the leader first.
 * @param needs entries of their allow lists.
 * @throws Failure CLUSTER_UNREACHABLE, SWARM_LOCKED, NO_SUITABLE_MANAGER, NOT_ALLOWED
 */
export const suitableManagers = (
  managers: Managers,
  cluster: Cluster,
  needs: readonly string[],
): readonly Host[] => {
  managers.first(cluster);
  const { leader } = versionsOf(cluster);
  const connected = managers.of(cluster);
  const versionOf = (host: Host): string =>
    cluster.nodes.get(host.report?.swarm?.nodeId ?? '')?.engineVersion ?? host.report?.engine?.version ?? '';
  const same = connected.filter((host) => leader === null || compareVersions(versionOf(host), leader) === 0);
  if (same.length === 0)
    throw new Failure(
      'NO_SUITABLE_MANAGER',
      `the leader of ${cluster.name} has engine ${leader}, and no connected manager has: ${connected.map((host) => `${host.name} has ${versionOf(host)}`).join(', ')}`,
      'connect the agent of a manager of that version, or let all managers have one version',
    );
  const able = same.filter(({ report }) => needs.every((need) => report?.allow.includes(need)));
  const rank = (host: Host): number => (managers.isAvoided(host) ? 1 : 0);
  if (able.length > 0) return [...able].sort((a, b) => rank(a) - rank(b));
  throw new Failure(
    'NOT_ALLOWED',
    `the agents of ${same.map(({ name }) => name).join(', ')} were started without ${needs.join(', ')}`,
    needs.includes('services:privileged')
      ? 'start the agent of a manager with services:privileged in its --allow'
      : 'start the agents of the managers with services in their --allow',
  );
};

// Gauges of hosts and their agents. Those that were revoked are left out.
import { clusterOf, type Host } from '../hosts/host.ts';
import type { Hosts } from '../hosts/registry.ts';
import { flag, gauge, type Source, secondsOf } from './family.ts';

export const hostMetrics = (hosts: Pick<Hosts, 'list'>): readonly Source[] => {
  const own = ['cluster', 'host'];
  const present = () => hosts.list().filter(({ revokedAt }) => revokedAt === null);
  const labels = (host: Host) => ({ cluster: clusterOf(host) ?? '', host: host.id });
  const one = (name: string, help: string, numberOf: (host: Host) => number | null): Source =>
    gauge({ name, help, labels: own }, present, (host) => {
      const value = numberOf(host);
      return value === null ? null : { labels: labels(host), value };
    });
  return [
    gauge(
      {
        name: 'skep_host_info',
        help: 'Always 1: its name, hostname and versions. `cluster` is "" while it is a member of none.',
        labels: [...own, 'name', 'hostname', 'agent_version', 'engine_version'],
      },
      present,
      (host) => ({
        labels: {
          ...labels(host),
          name: host.name,
          hostname: host.report?.hostname ?? '',
          agent_version: host.report?.agentVersion ?? '',
          engine_version: host.report?.engine?.version ?? '',
        },
        value: 1,
      }),
    ),
    one('skep_host_connected', '1: its agent is connected and listened to.', ({ status }) =>
      flag(status === 'CONNECTED'),
    ),
    one(
      'skep_host_quarantined',
      '1: somebody else may have its key, and its agent is not listened to.',
      ({ quarantine }) => flag(quarantine !== null),
    ),
    one(
      'skep_host_engine_up',
      '1: its engine answered its agent at the last report.',
      ({ report }) => report && flag(report.engine !== null),
    ),
    one(
      'skep_host_last_seen_timestamp_seconds',
      'When its agent was last heard to change something, or was lost, seconds since 1970.',
      ({ lastSeenAt }) => lastSeenAt && secondsOf(lastSeenAt),
    ),
  ];
};

// What the kernels of a cluster's hosts cannot do for a service: said before it is made, since it would fail in silence.
import { lacking } from '../clusters/kernel.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { Hosts } from '../hosts/registry.ts';
import type { Warning } from '../operations/operation.ts';

/** As it will be. `endpointMode`, `publishMode`: the engine's words, in any case. */
export type Reached = {
  networks: readonly unknown[];
  endpointMode: string | null;
  ports: readonly { publishMode: string }[];
};

/**
 * A virtual IP, and ports through the ingress network, are answered by IPVS of the node that the caller is on.
 * https://docs.docker.com/engine/swarm/networking/
 */
export const unanswered = (
  parts: { clusters: Clusters; hosts: Hosts },
  clusterId: string,
  { networks, endpointMode, ports }: Reached,
): Warning[] => {
  const byVirtualIp = networks.length > 0 && endpointMode?.toUpperCase() !== 'DNSRR';
  const byIngress = ports.some(({ publishMode }) => publishMode.toUpperCase() === 'INGRESS');
  if (!byVirtualIp && !byIngress) return [];
  const { missing } = lacking(parts, clusterId, 'virtualIps');
  if (missing.length === 0) return [];
  const what = [
    ...(byVirtualIp ? ['its virtual IP is not answered from tasks there: DNSRR, or tasks.NAME, is'] : []),
    ...(byIngress ? ['its ingress ports are not answered there: host-mode ports are'] : []),
  ];
  return [
    {
      code: 'KERNEL_LACKS_IPVS',
      message: `the kernels of ${missing.join(', ')} have no IPVS; ${what.join('; ')}`,
      target: null,
    },
  ];
};

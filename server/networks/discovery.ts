// Under which names the containers of a network find a service. libnetwork service_common.go, addEndpointNameResolution;
// https://docs.docker.com/engine/swarm/networking/#configure-service-discovery
import type { AttachedService, Network } from './network.ts';

export const discoveryKinds = ['VIRTUAL_IP', 'DNS_ROUND_ROBIN', 'TASKS'] as const;
export type Discovery = { name: string; kind: (typeof discoveryKinds)[number] };

/** The ingress network has none: it only carries published ports. */
export const discoveryOf = ({ name, mode, networks }: AttachedService, network: Network): Discovery[] => {
  const attachment = networks.find(({ id }) => id === network.id);
  if (!attachment || network.ingress) return [];
  const names = [...new Set([name, ...attachment.aliases])];
  return [
    ...names.map((each) => ({
      name: each,
      kind: mode === 'dnsrr' ? ('DNS_ROUND_ROBIN' as const) : ('VIRTUAL_IP' as const),
    })),
    ...names.map((each) => ({ name: `tasks.${each}`, kind: 'TASKS' as const })),
  ];
};

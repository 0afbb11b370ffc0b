// What the kernels of hosts have of what a swarm's networks need, as their agents reported it.
import type { Host } from './host.ts';

/**
 * `virtualIps`: IPVS, which spreads connections to a service's virtual IP, and to published ports, over its tasks.
 * `encryption`: ESP, which carries the packets of encrypted networks between hosts. `overlay`: VXLAN, which carries those
 * of all others. https://github.com/moby/moby/blob/master/contrib/check-config.sh
 */
export const kernelFeatures = ['virtualIps', 'encryption', 'overlay'] as const;
export type KernelFeature = (typeof kernelFeatures)[number];

/** UNKNOWN: its agent is of an earlier version, cannot tell from where it runs, or its engine runs on another kernel. */
export const featureStates = ['AVAILABLE', 'MISSING', 'UNKNOWN'] as const;
export type FeatureState = (typeof featureStates)[number];

const reported = { virtualIps: 'ipvs', encryption: 'esp', overlay: 'vxlan' } as const;

/** @param host null: the node has no agent. */
export const featureOf = (host: Host | null, feature: KernelFeature): FeatureState => {
  const has = host?.report?.kernel?.[reported[feature]] ?? null;
  return has === null ? 'UNKNOWN' : has ? 'AVAILABLE' : 'MISSING';
};

/** In words, what does not work on a host that lacks it. */
export const whatIsLost: Record<KernelFeature, string> = {
  virtualIps:
    'no IPVS: connections to a service’s virtual IP, and to ports that are published through the ingress network, are not answered from here; use DNS round robin, tasks.NAME and host-mode ports',
  encryption:
    'no ESP: packets of encrypted networks from and to other hosts are dropped without a word, though names resolve',
  overlay: 'no VXLAN: tasks on an overlay network do not start here',
};

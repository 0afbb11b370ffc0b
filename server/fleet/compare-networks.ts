// Declared networks against those of the swarm. Docker changes nothing of a network that is there.
import type { Network } from '../networks/network.ts';
import type { NetworkEntry } from './document.ts';
import type { Difference } from './fleet-plan.ts';

export type NetworkWork = { entry: NetworkEntry; network: Network | null; differences: Difference[] };

const sortedLabels = (labels: readonly (readonly [string, string])[]): Record<string, string> =>
  Object.fromEntries([...labels].sort(([a], [b]) => (a < b ? -1 : 1)));

const said = ({ input }: NetworkEntry, part: string): boolean => input[part] != null;

/** A subnet as far as the document speaks of it. */
const subnetsOf = ({ wanted }: NetworkEntry, network: Network): unknown[] =>
  network.subnets.map((has) => {
    const declared = wanted.subnets.find(({ subnet }) => subnet === has.subnet);
    return {
      subnet: has.subnet,
      gateway: declared && declared.gateway === null ? null : has.gateway,
      ipRange: declared && declared.ipRange === null ? null : has.ipRange,
    };
  });

const bySubnet = (list: readonly unknown[]): string =>
  JSON.stringify(list.map((each) => JSON.stringify(each)).sort());

const partsThatDiffer = (entry: NetworkEntry, network: Network) => {
  const { wanted } = entry;
  const flags = (['attachable', 'encrypted', 'internal', 'ipv6'] as const)
    .filter((flag) => said(entry, flag) && network[flag] !== wanted[flag])
    .map((flag) => ({
      path: flag as string,
      declared: wanted[flag] as unknown,
      actual: network[flag] as unknown,
    }));
  const actual = subnetsOf(entry, network);
  if (wanted.subnets.length > 0 && bySubnet(actual) !== bySubnet(wanted.subnets))
    flags.push({ path: 'subnets', declared: wanted.subnets, actual: network.subnets });
  const labels = sortedLabels(wanted.labels.map(({ key, value }) => [key, value]));
  const has = sortedLabels(Object.entries(network.labels));
  if (said(entry, 'labels') && JSON.stringify(labels) !== JSON.stringify(has))
    flags.push({ path: 'labels', declared: labels, actual: has });
  return flags;
};

export const compareNetworks = (
  entries: readonly NetworkEntry[],
  networks: readonly Network[],
): NetworkWork[] =>
  entries.map((entry) => {
    const { name, input } = entry;
    const network = networks.find((each) => each.name === name) ?? null;
    const one = { kind: 'NETWORK' as const, id: network?.id ?? null, name };
    const differences: Difference[] = network
      ? partsThatDiffer(entry, network).map((each) => ({ ...one, ...each, changeable: false }))
      : [{ ...one, path: '', declared: input, actual: null, changeable: true }];
    return { entry, network, differences };
  });

// What is special of a network, each with what it means.
import { Badge, Group, Text, Tooltip } from '@mantine/core';
import type { NetworkPartsFragment } from '../../generated/documents.ts';

export type NetworkSeen = NetworkPartsFragment;

const traits = [
  { trait: 'encrypted', meaning: 'Between hosts by IPsec: where a kernel has no ESP, packets are dropped' },
  { trait: 'attachable', meaning: 'Containers that belong to no service may be attached too' },
  { trait: 'ingress', meaning: 'It carries the ports that services publish' },
  { trait: 'internal', meaning: 'Without a way to the outside' },
  { trait: 'ipv6', meaning: 'Its containers have IPv6 addresses' },
] as const;

export const NetworkTraits = ({ network }: { network: NetworkSeen }) => {
  const own = traits.filter(({ trait }) => network[trait]);
  return own.length === 0 ? (
    <Text size="sm" c="dimmed">
      —
    </Text>
  ) : (
    <Group gap={4}>
      {own.map(({ trait, meaning }) => (
        <Tooltip key={trait} label={meaning}>
          <Badge variant="default" radius="sm" tt="none" fw={500}>
            {trait === 'ipv6' ? 'IPv6' : trait}
          </Badge>
        </Tooltip>
      ))}
    </Group>
  );
};

/** The swarm has not given such a network its addresses. */
export const DriverOf = ({ network }: { network: NetworkSeen }) =>
  network.driver === null ? (
    <Tooltip label="The swarm has not given it its addresses, for example since its subnet is taken: services that name it wait">
      <Badge color="red" variant="outline" radius="sm" tt="none">
        without addresses
      </Badge>
    </Tooltip>
  ) : (
    network.driver
  );

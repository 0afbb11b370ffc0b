// How a host stands to the swarm, and which node it is. A host and a node are matched by the node's id alone.
import { Anchor, Group, Text } from '@mantine/core';
import { Link } from 'wouter';
import { useLive } from '../live/live.tsx';
import type { LiveHost } from '../live/store.ts';
import { StateBadge } from '../parts/badges.tsx';
import { words } from '../parts/words.ts';
import { membershipOf } from './filter.ts';

export const HostMembership = ({ host }: { host: LiveHost }) => {
  const { swarm } = host;
  const node = useLive(({ nodes }) => (swarm?.nodeId ? nodes.get(swarm.nodeId) : undefined));
  const cluster = useLive(({ clusters }) => (node ? clusters.get(node.cluster.id) : undefined));
  return (
    <>
      <Group gap={4} wrap="nowrap">
        <StateBadge state={membershipOf(host)} why={swarm?.error ?? null} />
        {swarm && !['ACTIVE', 'INACTIVE'].includes(swarm.localState) && (
          <StateBadge state={swarm.localState} why={swarm.error} />
        )}
      </Group>
      <Text size="xs" c="dimmed" truncate>
        {node ? (
          <>
            {words(node.observedRole)}{' '}
            <Anchor component={Link} href={`/nodes/${node.id}`} inherit underline="always">
              {node.hostname}
            </Anchor>
            {cluster && ` in ${cluster.name}`}
          </>
        ) : (
          swarm?.nodeId && `node ${swarm.nodeId.slice(0, 12)}`
        )}
      </Text>
    </>
  );
};

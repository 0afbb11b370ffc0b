// Whether an agent of ours stands on a node's host.
import { Text } from '@mantine/core';
import type { LiveHost } from '../live/store.ts';
import { StateBadge } from '../parts/badges.tsx';
import { When } from '../parts/when.tsx';

export const AgentState = ({ host }: { host: LiveHost | undefined }) => {
  if (!host)
    return (
      <Text size="sm" c="dimmed">
        none
      </Text>
    );
  if (host.status === 'CONNECTED') return <StateBadge state={host.status} why={host.engineFailure} />;
  return (
    <>
      <StateBadge state={host.status} />{' '}
      <Text span size="xs" c="dimmed">
        <When at={host.lastSeenAt} />
      </Text>
    </>
  );
};

// Whether a host's agent is there; where it is not, since when or why.
import { Text } from '@mantine/core';
import type { LiveHost } from '../live/store.ts';
import { StateBadge } from '../parts/badges.tsx';
import { When } from '../parts/when.tsx';
import { words } from '../parts/words.ts';

/** What is said below the badge; null: the badge says it all. */
const Why = ({ host }: { host: LiveHost }) => {
  if (host.quarantine) return words(host.quarantine.reason);
  if (host.status === 'CONNECTED') return host.engineFailure && 'its engine does not answer';
  if (host.status === 'ENROLLED') return 'its agent has not come yet';
  if (host.status === 'REVOKED') return null;
  return (
    <>
      last heard <When at={host.lastSeenAt} />
    </>
  );
};

export const HostStatus = ({ host }: { host: LiveHost }) => (
  <>
    <StateBadge state={host.status} why={host.quarantine?.message ?? host.engineFailure} />
    <Text size="xs" c="dimmed" truncate>
      <Why host={host} />
    </Text>
  </>
);

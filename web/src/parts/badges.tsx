// States at a glance: a colour and always a word, for those who do not see colours.
import { Badge, type MantineColor, Tooltip } from '@mantine/core';
import { IconCrown } from '@tabler/icons-react';
import { words } from './words.ts';

/** Operators' conventions: ready green, down red, unknown amber; active green, pause amber, drain red. */
const colours: Record<string, MantineColor> = {
  READY: 'green',
  DOWN: 'red',
  DISCONNECTED: 'orange',
  UNKNOWN: 'yellow',
  ACTIVE: 'green',
  PAUSE: 'yellow',
  DRAIN: 'red',
  HEALTHY: 'green',
  AT_RISK: 'yellow',
  DISCOVERED: 'blue',
  NO_LEADER: 'red',
  QUORUM_LOST: 'red',
  UNREACHABLE: 'red',
  SPLIT: 'red',
  DISSOLVED: 'gray',
  REACHABLE: 'green',
  CONNECTED: 'green',
  ENROLLED: 'blue',
  QUARANTINED: 'red',
  REVOKED: 'gray',
  SUCCEEDED: 'green',
  FAILED: 'red',
  REFUSED: 'orange',
  CANCELLED: 'gray',
  CANCELLING: 'yellow',
  RUNNING: 'blue',
  QUEUED: 'gray',
  PENDING: 'gray',
  SKIPPED: 'gray',
  UNRESOLVED: 'yellow',
  INTENT: 'blue',
  OUTCOME: 'teal',
  OBSERVED: 'grape',
  DENIED: 'red',
  SECRET_READ: 'orange',
  AUDIT_EXPORT: 'cyan',
  OPEN: 'green',
  CLOSED: 'red',
  FILTERED: 'orange',
  UNTESTABLE: 'gray',
  MEMBER: 'green',
  ORPHANED: 'red',
  NONE: 'gray',
  UPDATING: 'blue',
  PAUSED: 'orange',
  COMPLETED: 'green',
  ROLLBACK_STARTED: 'yellow',
  ROLLBACK_PAUSED: 'red',
  ROLLBACK_COMPLETED: 'orange',
  REJECTED: 'red',
  COMPLETE: 'gray',
  SHUTDOWN: 'gray',
};

/** @param why shown on hover and read out. */
export const StateBadge = ({ state, why }: { state: string; why?: string | null }) => {
  const badge = (
    <Badge color={colours[state.toUpperCase()] ?? 'gray'} variant="light" radius="sm" tt="none">
      {words(state)}
    </Badge>
  );
  return why ? <Tooltip label={why}>{badge}</Tooltip> : badge;
};

/** Role as observed; what is desired beside it while the two differ. */
export const RoleBadge = ({
  role,
  observedRole,
  leader,
}: {
  role: string;
  observedRole: string;
  leader: boolean;
}) => (
  <>
    <Badge color={observedRole === 'MANAGER' ? 'honey' : 'gray'} variant="light" radius="sm" tt="none">
      {words(observedRole)}
      {role !== observedRole && ` → ${words(role)}`}
    </Badge>
    {leader && (
      <Badge
        ml={4}
        color="violet"
        variant="light"
        radius="sm"
        tt="none"
        leftSection={<IconCrown size={12} aria-hidden />}
      >
        leader
      </Badge>
    )}
  </>
);

// How the update of a service stands: its state, and how many tasks are done of all.
import { Anchor, Group, Progress, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { useLive } from '../live/live.tsx';
import { StateBadge } from '../parts/badges.tsx';
import { actionWords } from '../parts/words.ts';
import { openOperation, type ServiceSeen, updateProgress } from './progress.ts';

export const UpdateState = ({ service }: { service: ServiceSeen }) => {
  const operation = useLive(({ operations }) => openOperation(operations, service));
  const { updateStatus } = service;
  // An operation counts by the spec that a task is made of; without one, the time that it was made at tells it.
  const own = operation?.targets.length === 1 ? operation.progress : null;
  const progress = own ?? updateProgress(service);
  if (!updateStatus && !operation)
    return (
      <Text size="sm" c="dimmed">
        —
      </Text>
    );
  return (
    <Stack gap={4} data-update={updateStatus?.state}>
      <Group gap={6}>
        {updateStatus && <StateBadge state={updateStatus.state} why={updateStatus.message} />}
        {operation && (
          <Anchor component={Link} href={`/operations/${operation.id}`} size="xs">
            {actionWords(operation.action)}
          </Anchor>
        )}
      </Group>
      {progress && progress.total > 0 && (
        <Group gap={6} wrap="nowrap">
          <Progress
            style={{ flex: 1 }}
            miw={60}
            size="sm"
            value={(100 * progress.done) / progress.total}
            aria-label={`Update of ${service.name}: ${progress.done} of ${progress.total} tasks`}
          />
          <Text size="xs" style={{ whiteSpace: 'nowrap' }}>
            {progress.done} of {progress.total}
          </Text>
        </Group>
      )}
    </Stack>
  );
};

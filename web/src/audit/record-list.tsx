// Records of a thing's history, newest first: who did what, why, with what result, and what changed.
import { Anchor, Badge, Group, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { RecordPartsFragment } from '../../generated/documents.ts';
import { StateBadge } from '../parts/badges.tsx';
import { When } from '../parts/when.tsx';
import { actionWords, shown } from '../parts/words.ts';

export const RecordLine = ({ record }: { record: RecordPartsFragment }) => (
  <Stack gap={2} component="li" data-record={record.action}>
    <Group gap="xs">
      <Anchor component={Link} href={`/audit/${record.seq}`} size="sm" fw={600}>
        {actionWords(record.action)}
      </Anchor>
      {record.outcome ? <StateBadge state={record.outcome} /> : <StateBadge state={record.phase} />}
      {record.actor.kind === 'EXTERNAL' && (
        <Badge color="orange" variant="light" tt="none">
          without Skep
        </Badge>
      )}
      <Text size="sm" c="dimmed">
        {record.actor.name} · <When at={record.at} />
      </Text>
    </Group>
    {record.reason && <Text size="sm">“{record.reason}”</Text>}
    {record.changes.length > 0 && (
      <Text size="sm" ff="monospace">
        {record.changes.map(({ path, old, new: now }) => `${path}: ${shown(old)} → ${shown(now)}`).join('; ')}
      </Text>
    )}
    {record.failure && (
      <Text size="sm" c="red.8">
        {record.failure.code}: {record.failure.message}
      </Text>
    )}
  </Stack>
);

/** An intent is told by its outcome, once there is one. */
export const withoutAnswered = (records: readonly RecordPartsFragment[]): readonly RecordPartsFragment[] => {
  const ended = new Set(
    records.flatMap(({ phase, operationId }) => (phase === 'OUTCOME' ? (operationId ?? []) : [])),
  );
  return records.filter(
    ({ phase, operationId }) => phase !== 'INTENT' || !operationId || !ended.has(operationId),
  );
};

export const RecordList = ({ records }: { records: readonly RecordPartsFragment[] }) =>
  records.length === 0 ? (
    <Text size="sm" c="dimmed">
      Nothing is on record.
    </Text>
  ) : (
    <Stack gap="sm" component="ol" m={0} p={0} style={{ listStyle: 'none' }}>
      {withoutAnswered(records).map((record) => (
        <RecordLine key={record.seq} record={record} />
      ))}
    </Stack>
  );

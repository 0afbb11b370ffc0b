// A node's history: who did what by the audit, and between it what was seen of its status, newest first.
import { Anchor, Group, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { NodePageQuery } from '../../generated/documents.ts';
import { RecordLine, withoutAnswered } from '../audit/record-list.tsx';
import { StateBadge } from '../parts/badges.tsx';
import { When } from '../parts/when.tsx';
import { shown } from '../parts/words.ts';

type Node = NonNullable<NodePageQuery['node']>;
type NodeEvent = Node['events'][number];

/** What nobody did: Docker tells it of the node, and it is in no record. */
const isStatus = ({ path }: NodeEvent['changes'][number]): boolean =>
  path.startsWith('status.') || path.startsWith('managerStatus.') || path === 'observedRole';

const EventLine = ({ at, kind, changes }: Pick<NodeEvent, 'at' | 'kind' | 'changes'>) => {
  const state = changes.find(({ path }) => path === 'status.state')?.new;
  return (
    <Stack gap={2} component="li" data-event={kind}>
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {kind === 'UPDATED' ? 'Status' : kind === 'ADDED' ? 'Came' : 'Went'}
        </Text>
        {typeof state === 'string' && <StateBadge state={state} />}
        <Text size="sm" c="dimmed">
          seen · <When at={at} />
        </Text>
      </Group>
      {changes.length > 0 && (
        <Text size="sm" ff="monospace">
          {changes.map(({ path, old, new: now }) => `${path}: ${shown(old)} → ${shown(now)}`).join('; ')}
        </Text>
      )}
    </Stack>
  );
};

export const NodeHistory = ({ node }: { node: Pick<Node, 'id' | 'history' | 'events'> }) => {
  const records = withoutAnswered(node.history ?? []).map((record) => ({
    at: record.at,
    line: <RecordLine key={record.seq} record={record} />,
  }));
  const events = node.events.flatMap(({ cursor, at, kind, changes }) => {
    const seen = kind === 'UPDATED' ? changes.filter(isStatus) : [];
    return kind === 'UPDATED' && seen.length === 0
      ? []
      : [{ at, line: <EventLine key={cursor} at={at} kind={kind} changes={seen} /> }];
  });
  const lines = [...records, ...events].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  return (
    <Stack>
      {node.history === null && (
        <Text c="dimmed" size="sm">
          Who did what is not shown: you do not hold audit:read.
        </Text>
      )}
      {lines.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nothing is on record.
        </Text>
      ) : (
        <Stack gap="sm" component="ol" m={0} p={0} style={{ listStyle: 'none' }}>
          {lines.map(({ line }) => line)}
        </Stack>
      )}
      <Anchor component={Link} href={`/audit?target=${node.id}`} size="sm">
        All of it in the audit
      </Anchor>
    </Stack>
  );
};

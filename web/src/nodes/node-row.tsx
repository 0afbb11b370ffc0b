// One node in the table.
import { Anchor, Badge, Checkbox, Group, Table, Text } from '@mantine/core';
import { memo } from 'react';
import { Link } from 'wouter';
import type { LiveHost, LiveNode } from '../live/store.ts';
import { RoleBadge, StateBadge } from '../parts/badges.tsx';
import type { RowState } from '../parts/choice-table.tsx';
import { bytes } from '../parts/words.ts';
import { AgentState } from './agent-state.tsx';

const Row = ({
  index,
  node,
  host,
  clusterName,
  isChosen,
  isFocused,
  onChoose,
}: RowState & {
  node: LiveNode;
  host: LiveHost | undefined;
  /** Empty when there is one cluster only. */
  clusterName: string;
}) => (
  <Table.Tr
    aria-rowindex={index + 2}
    data-row-focus={isFocused}
    data-state={node.status.state}
    data-node={node.hostname}
    className={node.stale ? 'stale' : undefined}
    h={44}
  >
    <Table.Td>
      <Checkbox
        aria-label={`Choose ${node.hostname}`}
        checked={isChosen}
        onChange={(event) => onChoose(node.id, event.currentTarget.checked)}
      />
    </Table.Td>
    <Table.Td>
      <Anchor component={Link} href={`/nodes/${node.id}`} truncate>
        {node.hostname}
      </Anchor>
      {clusterName && (
        <Text size="xs" c="dimmed" truncate>
          {clusterName}
        </Text>
      )}
    </Table.Td>
    <Table.Td>
      <RoleBadge
        role={node.role}
        observedRole={node.observedRole}
        leader={node.managerStatus?.leader ?? false}
      />
    </Table.Td>
    <Table.Td>
      <StateBadge state={node.status.state} why={node.status.message || null} />
    </Table.Td>
    <Table.Td>
      <StateBadge state={node.availability} />
    </Table.Td>
    <Table.Td>{node.engineVersion}</Table.Td>
    <Table.Td>{node.status.address}</Table.Td>
    <Table.Td>{node.resources.cpus}</Table.Td>
    <Table.Td>{bytes(node.resources.memoryBytes)}</Table.Td>
    <Table.Td>
      <Group
        gap={4}
        wrap="nowrap"
        style={{ overflow: 'hidden' }}
        title={node.labels.map(({ key, value }) => `${key}=${value}`).join(', ')}
      >
        {node.labels.slice(0, 2).map(({ key, value }) => (
          <Badge key={key} variant="outline" color="gray" tt="none" size="sm">
            {value ? `${key}=${value}` : key}
          </Badge>
        ))}
        {node.labels.length > 2 && <Text size="xs">+{node.labels.length - 2}</Text>}
      </Group>
    </Table.Td>
    <Table.Td>
      <AgentState host={host} />
    </Table.Td>
  </Table.Tr>
);

/** Drawn again only when something of it changed: of a thousand nodes one changes at a time. */
export const NodeRow = memo(Row);

// Nodes as rows, each with the tasks that are meant to run on it.
import { Anchor, Badge, Group, Table, Text, Tooltip } from '@mantine/core';
import { useMemo } from 'react';
import { Link } from 'wouter';
import { useLive } from '../live/live.tsx';
import type { LiveCluster } from '../live/store.ts';
import { StateBadge } from '../parts/badges.tsx';
import { Errors, Loading } from '../parts/states.tsx';
import { plural, words } from '../parts/words.ts';
import { taskColour } from './task-colour.ts';
import { nowhere, type TaskSeen, tasksByNode } from './tasks-of-nodes.ts';
import { Unreadable } from './unreadable.tsx';
import { useServiceTasks } from './use-service-tasks.ts';

const Chips = ({ chips, cluster }: { chips: readonly TaskSeen[]; cluster: string }) => (
  <Group gap={6}>
    {chips.length === 0 && (
      <Text size="sm" c="dimmed">
        no tasks
      </Text>
    )}
    {chips.map(({ id, serviceId, service, slot, state }) => (
      <Tooltip key={id} label={`Task ${id.slice(0, 12)} of ${service}`}>
        <Badge
          component={Link}
          href={`/services/${cluster}/${serviceId}`}
          variant="light"
          color={taskColour(state)}
          radius="sm"
          tt="none"
          style={{ cursor: 'pointer' }}
          data-task={`${service}.${slot ?? ''}`}
        >
          {service}
          {slot !== null && `.${slot}`} · {words(state)}
        </Badge>
      </Tooltip>
    ))}
  </Group>
);

export const TasksByNode = ({ cluster }: { cluster: LiveCluster }) => {
  const nodes = useLive((live) => live.nodes);
  const { services, errors, loading, reload } = useServiceTasks(cluster.id);
  const chips = useMemo(() => tasksByNode(services), [services]);
  if (loading) return <Loading what="tasks" />;
  if (!services) return <Unreadable errors={errors} onRetry={reload} />;
  const mine = [...nodes.values()]
    .filter((node) => node.cluster.id === cluster.id)
    .sort((a, b) => a.hostname.localeCompare(b.hostname, 'en', { numeric: true }));
  const waiting = chips.get(nowhere) ?? [];
  return (
    <>
      <Errors errors={errors} onRetry={reload} />
      <Table aria-label="Tasks by node" verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={220}>Node</Table.Th>
            <Table.Th w={180}>Status</Table.Th>
            <Table.Th w={110}>Running</Table.Th>
            <Table.Th>Tasks</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {waiting.length > 0 && (
            <Table.Tr>
              <Table.Td>
                <Text size="sm" fs="italic">
                  waiting for a node
                </Text>
              </Table.Td>
              <Table.Td />
              <Table.Td>{plural(waiting.length, 'task')}</Table.Td>
              <Table.Td>
                <Chips chips={waiting} cluster={cluster.id} />
              </Table.Td>
            </Table.Tr>
          )}
          {mine.map((node) => {
            const own = chips.get(node.id) ?? [];
            const running = own.filter(({ state }) => state.toLowerCase() === 'running').length;
            return (
              <Table.Tr
                key={node.id}
                data-node={node.hostname}
                data-state={node.status.state}
                className={node.stale ? 'stale' : undefined}
              >
                <Table.Td>
                  <Anchor component={Link} size="sm" fw={600} href={`/nodes/${node.id}`}>
                    {node.hostname}
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  <Group gap={4}>
                    <StateBadge state={node.status.state} why={node.status.message || null} />
                    {node.availability !== 'ACTIVE' && <StateBadge state={node.availability} />}
                  </Group>
                </Table.Td>
                <Table.Td>
                  {running} of {own.length}
                </Table.Td>
                <Table.Td>
                  <Chips chips={own} cluster={cluster.id} />
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </>
  );
};

// The swarm as a picture: managers, then workers, each with its tasks as dots.
import { Box, Group, Paper, SimpleGrid, Stack, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { IconCrown } from '@tabler/icons-react';
import { useMemo } from 'react';
import { Link } from 'wouter';
import { useLive } from '../live/live.tsx';
import type { LiveCluster, LiveNode } from '../live/store.ts';
import { StateBadge } from '../parts/badges.tsx';
import { plural, words } from '../parts/words.ts';
import { taskColour } from '../services/task-colour.ts';
import { type TaskSeen, tasksByNode } from '../services/tasks-of-nodes.ts';
import { useServiceTasks } from '../services/use-service-tasks.ts';

/** Of a node; more are counted in words. */
const mostDots = 40;
/** Beyond, the map would be a wall: the table of nodes shows them. */
const mostTiles = 120;

const Tile = ({ node, dots }: { node: LiveNode; dots: readonly TaskSeen[] | null }) => {
  const border = { READY: 'green.6', DOWN: 'red.6' }[node.status.state as 'READY' | 'DOWN'] ?? 'yellow.6';
  return (
    <UnstyledButton
      component={Link}
      href={`/nodes/${node.id}`}
      data-map-node={node.hostname}
      data-status={node.status.state}
    >
      <Paper
        withBorder
        p="xs"
        className={node.stale ? 'stale' : undefined}
        style={{ borderLeft: `4px solid var(--mantine-color-${border.replace('.', '-')})` }}
      >
        <Stack gap={4}>
          <Group gap={4} wrap="nowrap" justify="space-between">
            <Text size="sm" fw={600} truncate>
              {node.hostname}
            </Text>
            {node.managerStatus?.leader && <IconCrown size={14} aria-label="leader" />}
          </Group>
          <Group gap={4}>
            <StateBadge state={node.status.state} />
            {node.availability !== 'ACTIVE' && <StateBadge state={node.availability} />}
          </Group>
          {dots && (
            <Group gap={3} aria-label={plural(dots.length, 'task')} role="img">
              {dots.slice(0, mostDots).map(({ id, service, slot, state }) => (
                <Tooltip key={id} label={`${service}${slot ? `.${slot}` : ''}: ${words(state)}`}>
                  <Box
                    w={10}
                    h={10}
                    style={{
                      borderRadius: 2,
                      background: `var(--mantine-color-${taskColour(state)}-6)`,
                    }}
                  />
                </Tooltip>
              ))}
              <Text size="xs" c="dimmed">
                {dots.length === 0 ? 'no tasks' : plural(dots.length, 'task')}
              </Text>
            </Group>
          )}
        </Stack>
      </Paper>
    </UnstyledButton>
  );
};

export const SwarmMap = ({ cluster }: { cluster: LiveCluster }) => {
  const all = useLive((live) => live.nodes);
  const { services, errors, loading } = useServiceTasks(cluster.id);
  const tasks = useMemo(() => tasksByNode(services), [services]);
  const mine = [...all.values()]
    .filter((node) => node.cluster.id === cluster.id)
    .sort((a, b) => a.hostname.localeCompare(b.hostname, 'en', { numeric: true }));
  const groups = [
    { title: 'Managers', nodes: mine.filter(({ observedRole }) => observedRole === 'MANAGER') },
    { title: 'Workers', nodes: mine.filter(({ observedRole }) => observedRole !== 'MANAGER') },
  ];
  return (
    <Stack gap="sm">
      {groups.map(({ title, nodes }) => (
        <div key={title}>
          <Text size="xs" c="dimmed" mb={4}>
            {title} ({nodes.length})
          </Text>
          <SimpleGrid cols={{ base: 2, sm: 3, md: 4, xl: 6 }} spacing="xs">
            {nodes.slice(0, mostTiles).map((node) => (
              <Tile key={node.id} node={node} dots={services ? (tasks.get(node.id) ?? []) : null} />
            ))}
          </SimpleGrid>
          {nodes.length > mostTiles && (
            <Text size="sm" mt="xs">
              and {nodes.length - mostTiles} more: see the page Nodes
            </Text>
          )}
        </div>
      ))}
      {!services && !loading && (
        <Text size="xs" c="dimmed">
          Tasks are not shown: {errors[0]?.message ?? 'no agent of a manager can read them'}.
        </Text>
      )}
    </Stack>
  );
};

// The tasks of one service, node by node: those that are meant to run, and those that the managers remember.
import { Anchor, Code, Group, Stack, Table, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { useLive } from '../live/live.tsx';
import { StateBadge } from '../parts/badges.tsx';
import { Empty } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';
import { plural, words } from '../parts/words.ts';
import { isMeantToRun, type ServiceSeen, type TaskSeen, taskName } from './progress.ts';

/** By the node's name; tasks without a node first, for something is wrong with them or will be soon. */
const byNode = (tasks: readonly TaskSeen[]): { nodeId: string | null; tasks: TaskSeen[] }[] => {
  const groups = new Map<string | null, TaskSeen[]>();
  for (const task of tasks) groups.set(task.nodeId, [...(groups.get(task.nodeId) ?? []), task]);
  const key = (nodeId: string | null, [first]: TaskSeen[]) =>
    nodeId === null ? '' : (first?.hostname ?? nodeId);
  return [...groups]
    .map(([nodeId, own]) => ({ nodeId, tasks: own, key: key(nodeId, own) }))
    .sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }));
};

const TaskRow = ({ task, service }: { task: TaskSeen; service: string }) => (
  <Table.Tr data-task={task.id} data-task-state={task.state}>
    <Table.Td w={260}>
      <Text size="sm" c={isMeantToRun(task) ? undefined : 'dimmed'}>
        {taskName(task, service)} <Code>{task.id.slice(0, 12)}</Code>
      </Text>
    </Table.Td>
    <Table.Td w={120}>
      <StateBadge state={task.state} why={task.message} />
    </Table.Td>
    <Table.Td w={110}>{words(task.desiredState)}</Table.Td>
    <Table.Td w={200} style={{ overflowWrap: 'anywhere' }}>
      {task.image?.split('@', 1)[0] ?? '—'}
    </Table.Td>
    <Table.Td style={{ overflowWrap: 'anywhere' }}>{task.error ?? ''}</Table.Td>
    <Table.Td w={130}>
      <When at={task.updatedAt} />
    </Table.Td>
  </Table.Tr>
);

export const TaskList = ({ service }: { service: ServiceSeen }) => {
  const nodes = useLive((live) => live.nodes);
  if (!service.tasks) return <Text c="dimmed">The tasks could not be read.</Text>;
  if (service.tasks.length === 0)
    return <Empty title="No tasks">The managers have made none, and remember none.</Empty>;
  return (
    <Stack>
      {byNode(service.tasks).map(({ nodeId, tasks }) => {
        const node = nodeId === null ? undefined : nodes.get(nodeId);
        const name = node?.hostname ?? tasks[0]?.hostname ?? nodeId ?? 'Waiting for a node';
        const present = tasks.filter(isMeantToRun);
        const running = present.filter(({ state }) => state.toLowerCase() === 'running').length;
        return (
          <section key={nodeId} aria-label={`Tasks on ${name}`}>
            <Group gap="xs">
              <Title order={2} size="h5">
                {node ? (
                  <Anchor component={Link} href={`/nodes/${node.id}`} inherit>
                    {name}
                  </Anchor>
                ) : (
                  name
                )}
              </Title>
              {node && node.status.state !== 'READY' && <StateBadge state={node.status.state} />}
              <Text size="sm" c="dimmed">
                {present.length === 0
                  ? 'none that is meant to run'
                  : `${running} of ${plural(present.length, 'task')} running`}
              </Text>
            </Group>
            <Table aria-label={`Tasks on ${name}`} verticalSpacing={4} layout="fixed">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th w={260}>Task</Table.Th>
                  <Table.Th w={120}>State</Table.Th>
                  <Table.Th w={110}>Desired</Table.Th>
                  <Table.Th w={200}>Image</Table.Th>
                  <Table.Th>Error</Table.Th>
                  <Table.Th w={130}>Changed</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {tasks.map((task) => (
                  <TaskRow key={task.id} task={task} service={service.name} />
                ))}
              </Table.Tbody>
            </Table>
          </section>
        );
      })}
    </Stack>
  );
};

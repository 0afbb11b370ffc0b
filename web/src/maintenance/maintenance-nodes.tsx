// Where each node of a rolling maintenance stands, and the word that lets it go on.
import { Anchor, Button, Group, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { useLive } from '../live/live.tsx';
import { StateBadge } from '../parts/badges.tsx';
import { words } from '../parts/words.ts';
import { type Maintaining, type Progressing, progressOf } from './waiting.ts';

const phaseWords: Record<string, string> = {
  DRAIN: 'its tasks move away',
  GO_AHEAD: 'drained',
  BACK: 'host and node are waited for',
  ACTIVATE: 'it gets its availability back',
};

const Phase = ({ node: { phase, state, isWaiting, wentOn } }: { node: Progressing }) => (
  <>
    <Group gap={6}>
      {phase ? <StateBadge state={phase} /> : null}
      {isWaiting && (
        <Text size="sm" fw={600} component="span">
          waits to be let go on
        </Text>
      )}
    </Group>
    <Text size="xs" c="dimmed">
      {phase === null
        ? state === 'PENDING'
          ? 'its turn has not come'
          : words(state)
        : phase === 'ACTIVATE' && state === 'SUCCEEDED'
          ? 'done'
          : (phaseWords[phase] ?? words(phase))}
      {wentOn && `; went on: ${wentOn}`}
    </Text>
  </>
);

/** @param onGoAhead null: it is over. */
export const MaintenanceNodes = ({
  maintaining,
  onGoAhead,
  whyNot,
}: {
  maintaining: Maintaining;
  onGoAhead: ((nodes: Progressing[]) => void) | null;
  whyNot: string | null;
}) => {
  const known = useLive((live) => live.nodes);
  return (
    <Table aria-label="Nodes of the maintenance" verticalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Node</Table.Th>
          <Table.Th w={130}>State</Table.Th>
          <Table.Th>Phase</Table.Th>
          <Table.Th w={100}>Gets back</Table.Th>
          <Table.Th>Newest step</Table.Th>
          {onGoAhead && <Table.Th>Go ahead</Table.Th>}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {progressOf(maintaining).map((node) => (
          <Table.Tr key={node.id} data-phase={node.phase ?? ''}>
            <Table.Td>
              {known.has(node.id) ? (
                <Anchor component={Link} href={`/nodes/${node.id}`} size="sm">
                  {node.name}
                </Anchor>
              ) : (
                node.name
              )}
            </Table.Td>
            <Table.Td>
              <StateBadge state={node.state} />
            </Table.Td>
            <Table.Td>
              <Phase node={node} />
            </Table.Td>
            <Table.Td>{node.earlier ? words(node.earlier) : '—'}</Table.Td>
            <Table.Td>
              <Text size="sm">{node.failure ?? node.detail ?? '—'}</Text>
            </Table.Td>
            {onGoAhead && (
              <Table.Td>
                <Button
                  size="compact-sm"
                  variant={node.isWaiting ? 'filled' : 'default'}
                  disabled={!node.isWaiting || whyNot !== null}
                  title={whyNot ?? (node.isWaiting ? undefined : 'It does not wait')}
                  aria-label={`Go ahead: ${node.name}`}
                  onClick={() => onGoAhead([node])}
                >
                  Go ahead
                </Button>
              </Table.Td>
            )}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
};

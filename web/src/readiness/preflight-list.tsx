// The preflights that were, newest first; one of them is shown.
import { Anchor, Button, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { PreflightsQuery } from '../../generated/documents.ts';
import { StateBadge } from '../parts/badges.tsx';
import { When } from '../parts/when.tsx';

type Preflight = PreflightsQuery['operations']['edges'][number]['node'];

export const PreflightList = ({
  preflights,
  shown,
  onMore,
}: {
  preflights: readonly Preflight[];
  shown: string | null;
  onMore: (() => void) | null;
}) => (
  <>
    <Table aria-label="Preflights, newest first" highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>When</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th>Hosts</Table.Th>
          <Table.Th>Who and why</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {preflights.map(({ id, state, startedAt, targets, actor, reason }) => (
          <Table.Tr key={id}>
            <Table.Td>
              <Anchor
                component={Link}
                href={`/readiness?operation=${id}`}
                size="sm"
                aria-current={id === shown ? 'true' : undefined}
                fw={id === shown ? 700 : undefined}
              >
                <When at={startedAt} />
                {id === shown && ' (shown)'}
              </Anchor>
            </Table.Td>
            <Table.Td>
              <StateBadge state={state} />
            </Table.Td>
            <Table.Td>{targets.map(({ name }) => name).join(', ')}</Table.Td>
            <Table.Td>
              {actor.name}
              {reason && (
                <Text size="sm" c="dimmed">
                  {reason}
                </Text>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
    {onMore && (
      <Button variant="default" onClick={onMore} mt="xs">
        Show more
      </Button>
    )}
  </>
);

// Rolling maintenances that are over.
import { Anchor, Button, Card, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { MaintenancesDocument } from '../../generated/documents.ts';
import { useLiveQuery } from '../live/live.tsx';
import { StateBadge } from '../parts/badges.tsx';
import { Errors, Loading } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';
import { duration } from '../parts/words.ts';

const pageSize = 10;
/** What one answer of the server has at most. */
const mostListed = 100;

export const Earlier = () => {
  const [count, setCount] = useState(pageSize);
  const { data, errors, loading, reload } = useLiveQuery(
    MaintenancesDocument,
    { open: false, first: count },
    { topics: ['operation'] },
  );
  const listed = data?.operations.edges.map(({ node }) => node) ?? [];
  return (
    <Card withBorder component="section" aria-labelledby="earlier">
      <Title order={2} id="earlier" mb="xs">
        Earlier ones
      </Title>
      <Errors errors={errors} onRetry={reload} />
      {loading && <Loading what="earlier ones" />}
      {data && listed.length === 0 && (
        <Text size="sm" c="dimmed">
          There were none.
        </Text>
      )}
      {listed.length > 0 && (
        <Table aria-label="Earlier rolling maintenances" highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Begun</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th>Cluster</Table.Th>
              <Table.Th>Nodes</Table.Th>
              <Table.Th>Who and why</Table.Th>
              <Table.Th>Took</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {listed.map(({ id, startedAt, endedAt, state, cluster, targets, actor, reason, failure }) => (
              <Table.Tr key={id}>
                <Table.Td>
                  <Anchor component={Link} href={`/operations/${id}`} size="sm">
                    <When at={startedAt} />
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  <StateBadge state={state} why={failure?.message} />
                </Table.Td>
                <Table.Td>{cluster?.name ?? '—'}</Table.Td>
                <Table.Td>
                  {targets.filter((target) => target.state === 'SUCCEEDED').length} of {targets.length} done
                </Table.Td>
                <Table.Td>
                  {actor.name}
                  {reason && (
                    <Text size="sm" c="dimmed">
                      {reason}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>{endedAt ? duration(Date.parse(endedAt) - Date.parse(startedAt)) : '…'}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {data?.operations.pageInfo.hasNextPage &&
        (count < mostListed ? (
          <Button mt="xs" variant="default" onClick={() => setCount(mostListed)}>
            Show more
          </Button>
        ) : (
          <Anchor component={Link} href="/audit?action=rollMaintenance&phase=OUTCOME" size="sm">
            Those before are in the audit
          </Anchor>
        ))}
    </Card>
  );
};

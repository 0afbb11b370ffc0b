// Applications of fleet documents: those that run with the operations they are made of, and those that were.
import { Anchor, Button, Card, Group, Stack, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { FleetApplicationsDocument, type FleetApplicationsQuery } from '../../generated/documents.ts';
import { useLive, useLiveQuery } from '../live/live.tsx';
import { isFinal } from '../live/store.ts';
import { OperationView } from '../operations/operation-view.tsx';
import { StateBadge } from '../parts/badges.tsx';
import { Errors, Loading } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';
import { actionWords, plural } from '../parts/words.ts';

type Application = FleetApplicationsQuery['operations']['edges'][number]['node'];

const pageSize = 5;
/** What one answer of the server has at most. */
const mostListed = 100;

const Children = ({ operations }: { operations: Application['children'] }) => {
  const live = useLive((state) => state.operations);
  return (
    <Table aria-label="The operations that it is made of" verticalSpacing={2}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Step</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th>Targets</Table.Th>
          <Table.Th>Begun</Table.Th>
          <Table.Th>Failure</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {operations.map((read) => {
          const { id, action, state, targets, startedAt, failure } = live.get(read.id) ?? read;
          return (
            <Table.Tr key={id}>
              <Table.Td>
                <Anchor component={Link} href={`/operations/${id}`} size="sm">
                  {actionWords(action)}
                </Anchor>
              </Table.Td>
              <Table.Td>
                <StateBadge state={state} />
              </Table.Td>
              <Table.Td>{targets.map(({ name }) => name).join(', ')}</Table.Td>
              <Table.Td>
                <When at={startedAt} />
              </Table.Td>
              <Table.Td>{failure && `${failure.code}: ${failure.message}`}</Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
};

export const Applications = () => {
  const [count, setCount] = useState(pageSize);
  const [opened, setOpened] = useState<string | null>(null);
  const { data, errors, loading, reload } = useLiveQuery(
    FleetApplicationsDocument,
    { first: count },
    { topics: ['operation'] },
  );
  const applications = data?.operations.edges.map(({ node }) => node) ?? [];
  return (
    <Card withBorder component="section" aria-labelledby="applications">
      <Title order={2} id="applications" mb="xs">
        Applications
      </Title>
      <Errors errors={errors} onRetry={reload} />
      {loading && <Loading what="applications" />}
      {data && applications.length === 0 && (
        <Text size="sm" c="dimmed">
          No document was applied yet.
        </Text>
      )}
      <Stack gap="md">
        {applications.map((application) => {
          const { id, state, actor, startedAt, reason, children, failure } = application;
          const isOpen = !isFinal(application) || opened === id;
          return (
            <div key={id}>
              {isOpen ? (
                <>
                  <OperationView operation={application} />
                  {children.length > 0 && <Children operations={children} />}
                </>
              ) : (
                <Group gap="xs">
                  <StateBadge state={state} why={failure?.message} />
                  <Text size="sm">
                    {actor.name}, <When at={startedAt} />
                    {reason && `: “${reason}”`}
                  </Text>
                  <Text size="sm" c="dimmed">
                    {plural(children.length, 'operation')}
                  </Text>
                  <Button size="compact-xs" variant="default" onClick={() => setOpened(id)}>
                    Show its steps
                  </Button>
                </Group>
              )}
            </div>
          );
        })}
        {data?.operations.pageInfo.hasNextPage &&
          (count < mostListed ? (
            <Button variant="default" onClick={() => setCount(Math.min(mostListed, count + 20))}>
              Show more
            </Button>
          ) : (
            <Anchor component={Link} href="/audit?action=applyFleet&phase=OUTCOME" size="sm">
              Earlier ones are in the audit
            </Anchor>
          ))}
      </Stack>
    </Card>
  );
};

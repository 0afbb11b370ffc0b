// Everything that was asked for, newest first.
import { Anchor, Checkbox, Table, Text } from '@mantine/core';
import { Link, useSearchParams } from 'wouter';
import { OperationsDocument } from '../../generated/documents.ts';
import { useLive } from '../live/live.tsx';
import type { LiveOperation } from '../live/store.ts';
import { StateBadge } from '../parts/badges.tsx';
import { LivePages } from '../parts/live-pages.tsx';
import { Page } from '../parts/page.tsx';
import { Empty } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';
import { actionWords, duration } from '../parts/words.ts';

const Row = ({ operation: read }: { operation: LiveOperation }) => {
  const operation = useLive(({ operations }) => operations.get(read.id)) ?? read;
  const { id, action, state, failure, targets, actor, reason, startedAt, endedAt } = operation;
  return (
    <Table.Tr data-operation={action}>
      <Table.Td>
        <Anchor component={Link} href={`/operations/${id}`} size="sm">
          {actionWords(action)}
        </Anchor>
      </Table.Td>
      <Table.Td>
        <StateBadge state={state} why={failure?.message ?? null} />
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
      <Table.Td>
        <When at={startedAt} />
      </Table.Td>
      <Table.Td>{endedAt ? duration(Date.parse(endedAt) - Date.parse(startedAt)) : '…'}</Table.Td>
    </Table.Tr>
  );
};

export default () => {
  const [search, setSearch] = useSearchParams();
  const onlyOpen = search.get('open') === 'true';
  return (
    <Page title="Operations">
      <Checkbox
        label="Only open ones"
        checked={onlyOpen}
        onChange={({ currentTarget: { checked } }) => setSearch(checked ? { open: 'true' } : {})}
      />
      <LivePages
        key={String(onlyOpen)}
        document={OperationsDocument}
        variables={{ filter: onlyOpen ? { open: true } : null }}
        topics={['operation']}
        pageOf={(data) => data.operations}
        label="Operations"
        columns={['Action', 'State', 'Targets', 'Who and why', 'Begun', 'Took']}
        row={(operation) => <Row key={operation.id} operation={operation} />}
        empty={
          <Empty title={onlyOpen ? 'Nothing is under way' : 'Nothing was done yet'}>
            Every act of a person or a script through Skep is listed here, with its steps and its outcome.
          </Empty>
        }
      />
    </Page>
  );
};

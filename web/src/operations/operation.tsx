// One operation: a lasting address to send to others.
import { Anchor, Group, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { OperationDocument } from '../../generated/documents.ts';
import { useLiveQuery } from '../live/live.tsx';
import { StateBadge } from '../parts/badges.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Errors, Loading } from '../parts/states.tsx';
import { actionWords } from '../parts/words.ts';
import { OperationView } from './operation-view.tsx';

export default ({ id }: { id: string }) => {
  const { data, errors, loading } = useLiveQuery(OperationDocument, { id }, { topics: ['operation'] });
  if (loading) return <Loading what="the operation" />;
  if (errors.length > 0 && !data) return <Errors errors={errors} />;
  const operation = data?.operation;
  if (!operation)
    return <Empty title="There is no such operation">Or it is of a cluster that you do not see.</Empty>;
  return (
    <Page title={actionWords(operation.action)}>
      <OperationView operation={operation} />
      {operation.children.length > 0 && (
        <Stack gap={4}>
          <Text fw={600}>Its operations</Text>
          {operation.children.map((child) => (
            <Group key={child.id} gap="xs">
              <StateBadge state={child.state} />
              <Anchor component={Link} href={`/operations/${child.id}`} size="sm">
                {actionWords(child.action)}
              </Anchor>
            </Group>
          ))}
        </Stack>
      )}
      <Anchor component={Link} href={`/audit?operation=${operation.id}`} size="sm">
        On record:{' '}
        {operation.auditRecords.map(({ seq, phase }) => `${phase.toLowerCase()} ${seq}`).join(', ')}
      </Anchor>
    </Page>
  );
};

// What is on record of a host, newest first.
import { Anchor, Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { HostHistoryDocument } from '../../generated/documents.ts';
import { RecordList } from '../audit/record-list.tsx';
import { useLiveQuery } from '../live/live.tsx';
import { Errors, Loading } from '../parts/states.tsx';
import { usePermission } from '../session/viewer.tsx';

const pageSize = 20;
/** What the server gives at once; the audit page has all. */
const most = 100;

export const HostHistory = ({ id }: { id: string }) => {
  const whyNot = usePermission()('audit:read');
  const [first, setFirst] = useState(pageSize);
  const { data, errors, loading, reload } = useLiveQuery(
    HostHistoryDocument,
    { id, first },
    { topics: ['audit'], pause: whyNot !== null },
  );
  if (whyNot) return <Text c="dimmed">{whyNot}: its history is not shown.</Text>;
  if (loading) return <Loading what="the history" />;
  return (
    <>
      {errors.length > 0 && <Errors errors={errors} onRetry={reload} />}
      {data && <RecordList records={data.auditLog.edges.map(({ node }) => node)} />}
      <Group mt="sm">
        {data?.auditLog.pageInfo.hasNextPage && first < most && (
          <Button variant="default" size="xs" onClick={() => setFirst(most)}>
            Show more
          </Button>
        )}
        <Anchor component={Link} href={`/audit?target=${id}`} size="sm">
          All of it in the audit
        </Anchor>
      </Group>
    </>
  );
};

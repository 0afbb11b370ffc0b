// One service: how it stands, its tasks by node, what it is made of, and its history.
import { Anchor, Card, Stack, Tabs, Text } from '@mantine/core';
import { Link } from 'wouter';
import { type RecordPartsFragment, ServicePageDocument } from '../../generated/documents.ts';
import { RecordList } from '../audit/record-list.tsx';
import { useLive, useLiveQuery } from '../live/live.tsx';
import { StateBadge } from '../parts/badges.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Errors, Loading } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';
import { plural } from '../parts/words.ts';
import { openOperation } from './progress.ts';
import { ServiceFacts } from './service-facts.tsx';
import { ServiceMenu } from './service-menu.tsx';
import { TaskList } from './task-list.tsx';
import { Unreadable } from './unreadable.tsx';
import { UpdateState } from './update-state.tsx';
import { useNetworkNames } from './use-network-names.ts';

/** A record may be of several things, and names each; here all are of this one. */
const withoutId =
  (id: string) =>
  (record: RecordPartsFragment): RecordPartsFragment => ({
    ...record,
    changes: record.changes.map((change) => ({ ...change, path: change.path.replace(`${id}.`, '') })),
  });

export default ({ cluster, id }: { cluster: string; id: string }) => {
  const { data, errors, loading, reload } = useLiveQuery(
    ServicePageDocument,
    { cluster, id },
    // No event tells of a task that moved within its service.
    { topics: ['service', 'node', 'operation'], everySeconds: 5 },
  );
  const { nameOf } = useNetworkNames(cluster);
  const operation = useLive(({ operations }) => openOperation(operations, { id }));
  if (loading) return <Loading what="the service" />;
  const service = data?.service;
  if (!service && errors.length > 0) return <Unreadable errors={errors} onRetry={reload} />;
  if (!service)
    return (
      <Empty title="There is no such service">
        It was removed, or you do not see its cluster.{' '}
        <Anchor component={Link} href={`/audit?target=${id}`} underline="always">
          What is on record of it
        </Anchor>
      </Empty>
    );
  const { updateStatus } = service;
  return (
    <Page
      title={service.name}
      badges={
        <>
          <StateBadge state={service.mode} />
          <Text fw={600}>
            {service.runningTasks ?? '?'} of {plural(service.desiredTasks ?? 0, 'task')} running
          </Text>
        </>
      }
      actions={<ServiceMenu services={[service]} label={`Act on ${service.name}`} />}
    >
      <Errors errors={errors} onRetry={reload} />
      {(updateStatus || operation) && (
        <Card withBorder component="section" aria-label="Update" p="sm">
          <Stack gap={6} maw={520}>
            <UpdateState service={service} />
            {updateStatus?.message && <Text size="sm">{updateStatus.message}</Text>}
            {updateStatus && (
              <Text size="sm" c="dimmed">
                begun <When at={updateStatus.startedAt} />
                {updateStatus.completedAt && (
                  <>
                    , ended <When at={updateStatus.completedAt} />
                  </>
                )}
              </Text>
            )}
          </Stack>
        </Card>
      )}
      <Tabs defaultValue="tasks" keepMounted={false}>
        <Tabs.List aria-label="About the service">
          <Tabs.Tab value="tasks">Tasks{service.tasks ? ` (${service.tasks.length})` : ''}</Tabs.Tab>
          <Tabs.Tab value="inspect">Inspect</Tabs.Tab>
          <Tabs.Tab value="history">History</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="tasks" pt="md">
          <TaskList service={service} />
        </Tabs.Panel>
        <Tabs.Panel value="inspect" pt="md">
          <ServiceFacts service={service} nameOf={nameOf} />
        </Tabs.Panel>
        <Tabs.Panel value="history" pt="md">
          {service.history ? (
            <>
              <RecordList records={service.history.map(withoutId(service.id))} />
              <Anchor component={Link} href={`/audit?target=${service.id}`} size="sm" mt="sm" display="block">
                All of it in the audit
              </Anchor>
            </>
          ) : (
            <Text c="dimmed">You do not hold audit:read.</Text>
          )}
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
};

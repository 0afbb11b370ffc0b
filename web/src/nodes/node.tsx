// One node: what `docker node inspect` shows, its labels, tasks and history.
import { Alert, Anchor, Card, Code, Group, SimpleGrid, Table, Tabs, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { NodePageDocument } from '../../generated/documents.ts';
import { useLive, useLiveQuery } from '../live/live.tsx';
import { RoleBadge, StateBadge } from '../parts/badges.tsx';
import { Facts } from '../parts/facts.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Errors, Loading } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';
import { bytes, words } from '../parts/words.ts';
import { AgentState } from './agent-state.tsx';
import { LabelChips } from './label-chips.tsx';
import { NodeHistory } from './node-history.tsx';
import { NodeMenu } from './node-menu.tsx';
import { useHostOf } from './use-host-of.ts';

export default ({ id }: { id: string }) => {
  const live = useLive(({ nodes }) => nodes.get(id));
  const cluster = useLive(({ clusters }) => (live ? clusters.get(live.cluster.id) : undefined));
  const isLoaded = useLive((state) => state.isLoaded);
  const hostOf = useHostOf();
  const { data, errors, loading, reload } = useLiveQuery(
    NodePageDocument,
    { id },
    { topics: ['node', 'operation', 'service'], everySeconds: 5, pause: isLoaded && !live },
  );
  if (!isLoaded) return <Loading what="the node" />;
  if (!live)
    return (
      <Empty title="There is no such node">
        It left its swarm and was removed, or you do not see it.{' '}
        <Anchor component={Link} href={`/audit?target=${id}`} underline="always">
          What is on record of it
        </Anchor>
      </Empty>
    );
  const host = hostOf(live);
  const { managerStatus } = live;
  const more = data?.node;
  return (
    <Page
      title={live.hostname}
      badges={
        <>
          <RoleBadge
            role={live.role}
            observedRole={live.observedRole}
            leader={managerStatus?.leader ?? false}
          />
          <StateBadge state={live.status.state} why={live.status.message || null} />
          <StateBadge state={live.availability} />
        </>
      }
      actions={<NodeMenu nodes={[live]} label={`Act on ${live.hostname}`} />}
    >
      {live.stale && (
        <Alert color="red" title="These values are not of now">
          Last read <When at={cluster?.watcher.observedAt} />
        </Alert>
      )}
      <LabelChips node={live} />
      <Errors errors={errors} onRetry={reload} />
      <Tabs defaultValue="history" keepMounted={false}>
        <Tabs.List aria-label="About the node">
          <Tabs.Tab value="history">History</Tabs.Tab>
          <Tabs.Tab value="tasks">Tasks{more?.tasks ? ` (${more.tasks.length})` : ''}</Tabs.Tab>
          <Tabs.Tab value="inspect">Inspect</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="history" pt="md">
          {loading ? <Loading what="the history" /> : more && <NodeHistory node={more} />}
        </Tabs.Panel>
        <Tabs.Panel value="tasks" pt="md">
          {loading ? (
            <Loading what="tasks" />
          ) : !more?.tasks ? (
            <Text c="dimmed">No agent of a manager can read the tasks of this node.</Text>
          ) : more.tasks.length === 0 ? (
            <Empty title="No tasks">Nothing of a service runs or ran here.</Empty>
          ) : (
            <Table aria-label="Tasks" highlightOnHover>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Task</Table.Th>
                  <Table.Th>Service</Table.Th>
                  <Table.Th>Image</Table.Th>
                  <Table.Th>State</Table.Th>
                  <Table.Th>Desired</Table.Th>
                  <Table.Th>Error</Table.Th>
                  <Table.Th>Changed</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {more.tasks.map((task) => (
                  <Table.Tr key={task.id}>
                    <Table.Td>
                      <Code>{task.id.slice(0, 12)}</Code> {task.slot}
                    </Table.Td>
                    <Table.Td>
                      {task.serviceId && (
                        <Anchor component={Link} href={`/services/${live.cluster.id}/${task.serviceId}`}>
                          {task.serviceId.slice(0, 12)}
                        </Anchor>
                      )}
                    </Table.Td>
                    <Table.Td>{task.image?.split('@', 1)[0]}</Table.Td>
                    <Table.Td>
                      <StateBadge state={task.state} why={task.message} />
                    </Table.Td>
                    <Table.Td>{words(task.desiredState)}</Table.Td>
                    <Table.Td>{task.error}</Table.Td>
                    <Table.Td>
                      <When at={task.updatedAt} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="inspect" pt="md">
          <SimpleGrid cols={{ base: 1, lg: 2 }}>
            <Card withBorder>
              <Title order={2}>Node</Title>
              <Facts
                label="Node"
                facts={[
                  ['Id', <Code key="id">{live.id}</Code>],
                  ['Cluster', cluster?.name ?? live.cluster.id],
                  ['Role, desired', words(live.role)],
                  ['Role, observed', words(live.observedRole)],
                  [
                    'Status',
                    `${words(live.status.state)}${live.status.message ? `: ${live.status.message}` : ''}`,
                  ],
                  ['Down since', <When key="down" at={live.downSince} empty="—" />],
                  ['Availability', words(live.availability)],
                  ['Address', live.status.address],
                  [
                    'Manager',
                    managerStatus
                      ? `${words(managerStatus.reachability)}, ${managerStatus.address}${managerStatus.leader ? ', leader' : ''}`
                      : '—',
                  ],
                  ['Joined', <When key="joined" at={live.joinedAt} />],
                  ['Changed', <When key="updated" at={live.updatedAt} />],
                  ['Version', live.version],
                ]}
              />
            </Card>
            <Card withBorder>
              <Title order={2}>Engine and machine</Title>
              <Facts
                label="Engine and machine"
                facts={[
                  ['Engine', live.engineVersion],
                  ['Platform', `${live.platform.os} ${live.platform.architecture}`],
                  ['CPUs', live.resources.cpus],
                  ['Memory', bytes(live.resources.memoryBytes)],
                  [
                    'Engine labels',
                    more?.engineLabels.map(({ key, value }) => `${key}=${value}`).join(', ') || '—',
                  ],
                  [
                    'Agent',
                    <Group key="agent" gap="xs">
                      <AgentState host={host} />
                      {host && (
                        <Anchor component={Link} href={`/hosts/${host.id}`} size="sm">
                          {host.name}
                        </Anchor>
                      )}
                    </Group>,
                  ],
                  ['Plugins', more?.plugins.map(({ type, name }) => `${type} ${name}`).join(', ') || '—'],
                ]}
              />
            </Card>
            {more?.tlsInfo && (
              <Card withBorder>
                <Title order={2}>TLS</Title>
                <Facts
                  label="TLS"
                  facts={[
                    ['Issuer', <Code key="issuer">{more.tlsInfo.certIssuerSubject}</Code>],
                    ['Public key', <Code key="key">{more.tlsInfo.certIssuerPublicKey}</Code>],
                    [
                      'Trust root',
                      <Code key="root" block tabIndex={0}>
                        {more.tlsInfo.trustRoot}
                      </Code>,
                    ],
                  ]}
                />
              </Card>
            )}
          </SimpleGrid>
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
};

// One host: its engine, kernel and addresses, how it stands to a swarm, its agent, and what is on record of it.
import { Alert, Anchor, SimpleGrid, Stack, Tabs, Text } from '@mantine/core';
import { Link } from 'wouter';
import { HostPageDocument } from '../../generated/documents.ts';
import { useLive, useLiveQuery } from '../live/live.tsx';
import { StateBadge } from '../parts/badges.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Errors, Loading } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';
import { membershipOf } from './filter.ts';
import {
  AddressCard,
  AgentCard,
  KernelCard,
  MachineCard,
  quarantineTitle,
  SwarmCard,
  WitnessCard,
} from './host-facts.tsx';
import { HostHistory } from './host-history.tsx';
import { HostMenu } from './host-menu.tsx';

export default ({ id }: { id: string }) => {
  const host = useLive(({ hosts }) => hosts.get(id));
  const isLoaded = useLive((live) => live.isLoaded);
  const { data, errors, reload } = useLiveQuery(
    HostPageDocument,
    { id },
    { topics: ['host'], pause: isLoaded && !host },
  );
  if (!isLoaded) return <Loading what="the host" />;
  if (!host)
    return (
      <Empty title="There is no such host">
        It was forgotten, or you do not see it.{' '}
        <Anchor component={Link} href={`/audit?target=${id}`} underline="always">
          What is on record of it
        </Anchor>
      </Empty>
    );
  const more = data?.host ?? undefined;
  const isOfNow = host.status === 'CONNECTED';
  return (
    <Page
      title={host.name}
      badges={
        <>
          {host.hostname !== host.name && <Text c="dimmed">{host.hostname}</Text>}
          <StateBadge state={host.status} />
          <StateBadge state={membershipOf(host)} />
        </>
      }
      actions={<HostMenu hosts={[host]} label={`Act on ${host.name}`} />}
    >
      {host.quarantine && (
        <Alert color="red" title={quarantineTitle(host.quarantine.reason)}>
          <Text size="sm">
            {host.quarantine.message}. Since <When at={host.quarantine.at} />; its agent is not listened to
            meanwhile.
          </Text>
          {host.quarantine.engine && !host.quarantine.message.includes(host.quarantine.engine) && (
            <Text size="sm">Engine that was presented: {host.quarantine.engine}</Text>
          )}
        </Alert>
      )}
      {!isOfNow && !host.quarantine && (
        <Alert color={host.status === 'REVOKED' ? 'gray' : 'orange'} title="These values are not of now">
          {host.status === 'ENROLLED' ? (
            'Its agent has not come yet.'
          ) : (
            <>
              Its agent was heard last <When at={host.lastSeenAt} />
              {host.status === 'REVOKED' && ', and is refused since it was revoked'}.
            </>
          )}
        </Alert>
      )}
      {errors.length > 0 && <Errors errors={errors} onRetry={reload} />}
      <Tabs defaultValue="facts" keepMounted={false}>
        <Tabs.List aria-label="About the host">
          <Tabs.Tab value="facts">Facts</Tabs.Tab>
          <Tabs.Tab value="history">History</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="facts" pt="md">
          <SimpleGrid cols={{ base: 1, lg: 2 }} className={isOfNow ? undefined : 'stale'}>
            <Stack>
              <SwarmCard host={host} />
              <MachineCard host={host} more={more} />
              <AddressCard host={host} />
            </Stack>
            <Stack>
              <KernelCard more={more} />
              <AgentCard host={host} />
              <WitnessCard more={more} />
            </Stack>
          </SimpleGrid>
        </Tabs.Panel>
        <Tabs.Panel value="history" pt="md">
          <HostHistory id={id} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
};

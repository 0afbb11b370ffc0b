// One cluster in numbers: nodes up of total, managers reachable of total, what it tolerates, who leads, which engines.
import { Alert, Anchor, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { ClusterMenu } from '../clusters/cluster-menu.tsx';
import { useLive } from '../live/live.tsx';
import type { LiveCluster } from '../live/store.ts';
import { StateBadge } from '../parts/badges.tsx';
import { When } from '../parts/when.tsx';
import { plural } from '../parts/words.ts';

const Figure = ({ label, children }: { label: string; children: ReactNode }) => (
  <div>
    <Text size="xs" c="dimmed">
      {label}
    </Text>
    <Text fw={600} component="div">
      {children}
    </Text>
  </div>
);

export const ClusterCard = ({ cluster }: { cluster: LiveCluster }) => {
  const nodes = useLive((live) => live.nodes);
  const mine = [...nodes.values()].filter((node) => node.cluster.id === cluster.id);
  const leader = mine.find(({ managerStatus }) => managerStatus?.leader);
  const versions = [...new Set(mine.map(({ engineVersion }) => engineVersion))].sort();
  const { quorum, counts, watcher } = cluster;
  // What the advice says already is not said twice.
  const reminders = cluster.reminders.filter(({ message }) => !quorum.advice?.startsWith(message));
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Group gap="sm">
          <Title order={2}>{cluster.name}</Title>
          <StateBadge state={cluster.state} why={quorum.advice} />
        </Group>
        <ClusterMenu cluster={cluster} />
      </Group>
      {quorum.advice && (
        <Alert color={cluster.state === 'HEALTHY' ? 'blue' : 'yellow'} icon={<IconInfoCircle aria-hidden />}>
          {quorum.advice}
        </Alert>
      )}
      {watcher.stale && (
        <Alert color="red" title="These values are not of now">
          Last read <When at={watcher.observedAt} />
          {watcher.trouble && `: ${watcher.trouble}`}
        </Alert>
      )}
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} className={watcher.stale ? 'stale' : undefined}>
        <Figure label="Nodes up">
          {counts.ready} of {counts.nodes}
        </Figure>
        <Figure label="Managers reachable">
          {quorum.reachable} of {quorum.managers}
        </Figure>
        <Figure label="Tolerates">
          {quorum.tolerates <= 0 ? 'no failure' : plural(quorum.tolerates, 'failed manager')}
        </Figure>
        <Figure label="Leader">
          {leader ? (
            <Anchor component={Link} href={`/nodes/${leader.id}`}>
              {leader.hostname}
            </Anchor>
          ) : (
            'none'
          )}
        </Figure>
        <Figure label="Engines">{versions.join(', ') || '—'}</Figure>
      </SimpleGrid>
      {reminders.map(({ code, message, hint }) => (
        <Text key={code} size="sm">
          {message}.{' '}
          <Text span c="dimmed" inherit>
            {hint}
          </Text>
        </Text>
      ))}
    </Stack>
  );
};

// The first page: is everything well, what is where, what just happened.
import { Card, Stack, Title } from '@mantine/core';
import { useLive } from '../live/live.tsx';
import { Page } from '../parts/page.tsx';
import { Loading } from '../parts/states.tsx';
import { ActivityList } from './activity-list.tsx';
import { ClusterCard } from './cluster-card.tsx';
import { NoSwarm } from './no-swarm.tsx';
import { SwarmMap } from './swarm-map.tsx';

export default () => {
  const clusters = useLive((live) => live.clusters);
  const isLoaded = useLive((live) => live.isLoaded);
  if (!isLoaded) return <Loading what="clusters" />;
  const listed = [...clusters.values()];
  return (
    <Page title="Overview">
      {listed.length === 0 ? (
        <NoSwarm />
      ) : (
        listed.map((cluster) => (
          <Card key={cluster.id} withBorder component="section" aria-label={`Cluster ${cluster.name}`}>
            <Stack>
              <ClusterCard cluster={cluster} />
              <SwarmMap cluster={cluster} />
            </Stack>
          </Card>
        ))
      )}

      <Card withBorder component="section" aria-labelledby="activity">
        <Title order={2} id="activity" mb="xs">
          Activity
        </Title>
        <ActivityList />
      </Card>
    </Page>
  );
};

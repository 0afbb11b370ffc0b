// Services, networks, secrets and configs of which there is an event: what tests of all subscriptions begin with.

import { createPerform } from './perform.ts';
import { subscribeSse } from './sse.ts';
import type { System } from './system.ts';
import { until } from './until.ts';

const feeds = ['serviceChanged', 'networkChanged', 'secretChanged', 'configChanged'];

/**
 * Makes one of each kind in the cluster, until each feed has told of something: what is there at the first read of a
 * cluster is no event, and nothing says when that was.
 * @param after where those who ask later begin.
 */
export const makeObjects = async (
  { server }: Pick<System, 'server'>,
  cluster: string,
  after: string,
): Promise<void> => {
  const perform = createPerform(server.url, server.adminKey);
  const streams = feeds.map((feed) =>
    subscribeSse(
      server.url,
      server.adminKey,
      `subscription($after: String, $cluster: ID) { ${feed}(after: $after, cluster: $cluster) { cursor } }`,
      { after, cluster },
    ),
  );
  let made = 0;
  await until(async () => {
    if (streams.every(({ received }) => received.length > 0)) return true;
    made += 1;
    const named = { cluster, name: `told-${made}` };
    await perform('createSecret', { ...named, value: 'v' });
    await perform('createConfig', { ...named, value: 'v' });
    await perform('createNetwork', named);
    await perform('createService', { ...named, image: 'bb:1', replicas: 0, endpointMode: 'DNSRR' });
    return false;
  }, 'each feed has told of something');
  for (const stream of streams) stream.stop();
};

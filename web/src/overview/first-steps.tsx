// What to do when there is nothing: the way from hosts to a swarm.
import { Anchor, List } from '@mantine/core';
import { Link } from 'wouter';
import { useLive } from '../live/live.tsx';
import { plural } from '../parts/words.ts';

export const FirstSteps = () => {
  const count = useLive(
    ({ hosts }) => [...hosts.values()].filter(({ status }) => status === 'CONNECTED').length,
  );
  return (
    <List type="ordered" ta="left">
      <List.Item>
        Enrol the machines that are to be its nodes, on the page{' '}
        <Anchor component={Link} href="/hosts" underline="always">
          Hosts
        </Anchor>
        {count > 0 && ` (${plural(count, 'host is', 'hosts are')} connected)`}.
      </List.Item>
      <List.Item>Make a swarm of the first one there, and let the others join.</List.Item>
      <List.Item>
        A swarm that exists already is found as soon as an agent stands on one of its managers.
      </List.Item>
    </List>
  );
};

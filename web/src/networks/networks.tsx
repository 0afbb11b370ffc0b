// The networks of a swarm: which reach over all its hosts, and which services are on them.
import { Anchor, Group, Table } from '@mantine/core';
import { Link } from 'wouter';
import { NetworksDocument } from '../../generated/documents.ts';
import { useChosenCluster } from '../clusters/use-chosen-cluster.tsx';
import { useLive } from '../live/live.tsx';
import { NoSwarm } from '../overview/no-swarm.tsx';
import { ActButton } from '../parts/act-button.tsx';
import { LivePages } from '../parts/live-pages.tsx';
import { NameFilter, useNameFilter } from '../parts/name-filter.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { usePermission } from '../session/viewer.tsx';
import { CreateNetworkDialog } from './create-network-dialog.tsx';
import { DriverOf, type NetworkSeen, NetworkTraits } from './network-traits.tsx';
import { RemoveNetworkButton } from './remove-network.tsx';

const Row = ({ network }: { network: NetworkSeen }) => (
  <Table.Tr data-network={network.name}>
    <Table.Td>
      <Anchor component={Link} size="sm" fw={600} href={`/networks/${network.cluster.id}/${network.id}`}>
        {network.name}
      </Anchor>
    </Table.Td>
    <Table.Td>
      <DriverOf network={network} />
    </Table.Td>
    <Table.Td>{network.subnets.map(({ subnet }) => subnet).join(', ') || '—'}</Table.Td>
    <Table.Td>
      <NetworkTraits network={network} />
    </Table.Td>
    <Table.Td>
      <Group gap={6}>
        {network.services.length === 0 && '—'}
        {network.services.map(({ id, name }) => (
          <Anchor key={id} component={Link} size="sm" href={`/services/${network.cluster.id}/${id}`}>
            {name}
          </Anchor>
        ))}
      </Group>
    </Table.Td>
    <Table.Td ta="right">
      <RemoveNetworkButton network={network} size="compact-sm" />
    </Table.Td>
  </Table.Tr>
);

export default () => {
  const { cluster, choice } = useChosenCluster();
  const isLoaded = useLive((live) => live.isLoaded);
  const whyNot = usePermission()('network:write');
  const text = useNameFilter();
  if (!isLoaded) return <Loading what="networks" />;
  if (!cluster)
    return (
      <Page title="Networks">
        <NoSwarm />
      </Page>
    );
  return (
    <Page
      title="Networks"
      actions={
        <>
          {choice}
          <ActButton
            variant="filled"
            whyNot={whyNot}
            dialog={(close) => <CreateNetworkDialog cluster={cluster} onClose={close} />}
          >
            Create network
          </ActButton>
        </>
      }
    >
      <NameFilter of="networks" />
      <LivePages
        key={cluster.id}
        document={NetworksDocument}
        variables={{ cluster: cluster.id, filter: text ? { text: text } : null }}
        topics={['network', 'service']}
        pageOf={(data) => data.networks}
        label="Networks"
        columns={['Name', 'Driver', 'Subnets', 'What', 'Services on it', '']}
        row={(network) => <Row key={network.id} network={network} />}
        empty={
          text ? (
            <Empty title="No network has such a name" />
          ) : (
            <Empty title="No networks">
              Make one with “Create network”: services on it find each other by name.
            </Empty>
          )
        }
      />
    </Page>
  );
};

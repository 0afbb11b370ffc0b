// One network: its addresses, and under which names its services are found on it.
import { Alert, Anchor, Badge, Card, Code, Group, Stack, Table, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { NetworkMissingDocument, NetworkPageDocument } from '../../generated/documents.ts';
import { useLiveQuery } from '../live/live.tsx';
import { Facts } from '../parts/facts.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Errors, Loading } from '../parts/states.tsx';
import { words } from '../parts/words.ts';
import { usePermission } from '../session/viewer.tsx';
import { DriverOf, NetworkTraits } from './network-traits.tsx';
import { RemoveNetworkButton } from './remove-network.tsx';

/** Of a name: the hosts from which it is not answered; null: that may not be read. */
const useMissing = (cluster: string, id: string) => {
  const pause = usePermission()('host:read') !== null;
  const { data, errors } = useLiveQuery(
    NetworkMissingDocument,
    { cluster, id },
    { topics: ['network', 'service', 'host'], pause },
  );
  const missing = new Map(
    data?.network?.services.flatMap((service) =>
      service.discovery.map(({ name, missingOn }) => [`${service.id} ${name}`, missingOn] as const),
    ),
  );
  return { missingOn: (service: string, name: string) => missing.get(`${service} ${name}`) ?? null, errors };
};

export default ({ cluster, id }: { cluster: string; id: string }) => {
  const { data, errors, loading, reload } = useLiveQuery(
    NetworkPageDocument,
    { cluster, id },
    { topics: ['network', 'service'] },
  );
  const { missingOn, errors: missingErrors } = useMissing(cluster, id);
  if (loading) return <Loading what="the network" />;
  const network = data?.network;
  if (!network && errors.length > 0) return <Errors errors={errors} onRetry={reload} />;
  if (!network)
    return (
      <Empty title="There is no such network">
        It was removed, or you do not see its cluster.{' '}
        <Anchor component={Link} href={`/audit?target=${id}`} underline="always">
          What is on record of it
        </Anchor>
      </Empty>
    );
  return (
    <Page
      title={network.name}
      badges={<NetworkTraits network={network} />}
      actions={<RemoveNetworkButton network={network} />}
    >
      <Errors errors={[...errors, ...missingErrors]} onRetry={reload} />
      {network.driver === null && (
        <Alert color="red" title="Without addresses">
          The swarm has not given it any, for example since its subnet is taken. Services that name it wait.
        </Alert>
      )}
      <Card withBorder>
        <Facts
          label="Network"
          facts={[
            ['Id', <Code key="id">{network.id}</Code>],
            ['Driver', <DriverOf key="driver" network={network} />],
            ['Scope', network.scope],
            [
              'Subnets',
              network.subnets.length === 0 ? (
                '—'
              ) : (
                <Stack key="subnets" gap={2}>
                  {network.subnets.map(({ subnet, gateway, ipRange }) => (
                    <span key={subnet}>
                      {subnet}
                      {gateway && `, gateway ${gateway}`}
                      {ipRange && `, addresses from ${ipRange}`}
                    </span>
                  ))}
                </Stack>
              ),
            ],
            ['Labels', network.labels.map(({ key, value }) => `${key}=${value}`).join(', ') || '—'],
          ]}
        />
      </Card>
      <Title order={2}>Services on it</Title>
      {network.services.length === 0 ? (
        <Empty title="No service is attached">A service names its networks when it is made or changed.</Empty>
      ) : (
        <Table aria-label="Services on the network" verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Service</Table.Th>
              <Table.Th>Virtual IP</Table.Th>
              <Table.Th>Found as</Table.Th>
              <Table.Th>Leads to</Table.Th>
              <Table.Th>Not answered from</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {network.services.flatMap((service) => {
              const names = service.discovery.length > 0 ? service.discovery : [null];
              return names.map((found, index) => {
                const missing = found && missingOn(service.id, found.name);
                return (
                  <Table.Tr key={`${service.id} ${found?.name}`} data-service={service.name}>
                    <Table.Td>
                      {index === 0 && (
                        <Anchor component={Link} size="sm" href={`/services/${cluster}/${service.id}`}>
                          {service.name}
                        </Anchor>
                      )}
                    </Table.Td>
                    <Table.Td>{index === 0 && (service.virtualIp ?? 'none')}</Table.Td>
                    <Table.Td>
                      {found ? (
                        <Code>{found.name}</Code>
                      ) : (
                        <Text size="sm" c="dimmed">
                          no discovery here
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td>{found && words(found.kind)}</Table.Td>
                    <Table.Td>
                      {!found || missing === null ? (
                        '—'
                      ) : missing.length === 0 ? (
                        'no host'
                      ) : (
                        <Group gap={4}>
                          {missing.map((host) => (
                            <Badge
                              key={host.id}
                              component={Link}
                              href={`/hosts/${host.id}`}
                              color="red"
                              variant="outline"
                              radius="sm"
                              tt="none"
                              title="Its kernel has no IPVS"
                              style={{ cursor: 'pointer' }}
                            >
                              {host.name}
                            </Badge>
                          ))}
                        </Group>
                      )}
                    </Table.Td>
                  </Table.Tr>
                );
              });
            })}
          </Table.Tbody>
        </Table>
      )}
    </Page>
  );
};

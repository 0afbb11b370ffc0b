// What each host told of itself at the preflight.
import { Anchor, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { duration } from '../parts/words.ts';
import { keyOf, type Readiness } from './matrix-parts.ts';

const clock = (aheadMs: number | null): string =>
  aheadMs === null
    ? 'not known'
    : aheadMs === 0
      ? 'the server’s'
      : `${duration(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead' : 'behind'}`;

export const HostFacts = ({ hosts }: { hosts: Readiness['hosts'] }) => (
  <Table.ScrollContainer minWidth={700}>
    <Table aria-label="The hosts as they were" highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Host</Table.Th>
          <Table.Th>Address</Table.Th>
          <Table.Th>Data path</Table.Th>
          <Table.Th>Engine</Table.Th>
          <Table.Th>API</Table.Th>
          <Table.Th>Clock</Table.Th>
          <Table.Th>MTU</Table.Th>
          <Table.Th>Findings of its own</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {hosts.map((host) => (
          <Table.Tr key={keyOf(host)}>
            <Table.Td>
              {host.host ? (
                <Anchor component={Link} href={`/hosts/${host.host.id}`} size="sm">
                  {host.name}
                </Anchor>
              ) : (
                host.name
              )}
            </Table.Td>
            <Table.Td>{host.address ?? 'none'}</Table.Td>
            <Table.Td>{host.dataPathAddress ?? 'none'}</Table.Td>
            <Table.Td>{host.engineVersion ?? 'not known'}</Table.Td>
            <Table.Td>{host.apiVersion ?? 'not known'}</Table.Td>
            <Table.Td>{clock(host.clockAheadMs)}</Table.Td>
            <Table.Td>{host.mtu ?? 'not known'}</Table.Td>
            <Table.Td>
              {host.findings.length === 0 ? (
                <Text size="sm" c="dimmed">
                  none
                </Text>
              ) : (
                [...new Set(host.findings.map(({ code }) => code))].join(', ')
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  </Table.ScrollContainer>
);

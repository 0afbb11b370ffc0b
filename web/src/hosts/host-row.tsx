// One host in the table.
import { Anchor, Checkbox, Table, Text, Tooltip } from '@mantine/core';
import { memo } from 'react';
import { Link } from 'wouter';
import type { LiveHost } from '../live/store.ts';
import type { RowState } from '../parts/choice-table.tsx';
import { ownAddresses } from './addresses.ts';
import { allowWords } from './host-acts.ts';
import { HostMembership } from './host-membership.tsx';
import { HostStatus } from './host-status.tsx';

const Row = ({ index, host, isChosen, isFocused, onChoose }: RowState & { host: LiveHost }) => {
  const addresses = ownAddresses(host).map(({ address }) => address);
  // What it told last is not of now.
  const stale = host.status === 'CONNECTED' ? undefined : 'stale';
  return (
    <Table.Tr
      aria-rowindex={index + 2}
      data-row-focus={isFocused}
      data-host={host.name}
      data-status={host.status}
      h={56}
    >
      <Table.Td>
        <Checkbox
          aria-label={`Choose ${host.name}`}
          checked={isChosen}
          onChange={(event) => onChoose(host.id, event.currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td>
        <Anchor component={Link} href={`/hosts/${host.id}`} truncate display="block" inherit>
          {host.name}
        </Anchor>
        {host.hostname !== host.name && (
          <Text size="xs" c="dimmed" truncate>
            {host.hostname ?? 'hostname not told yet'}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <HostStatus host={host} />
      </Table.Td>
      <Table.Td className={stale}>
        <HostMembership host={host} />
      </Table.Td>
      <Table.Td className={stale}>{host.engine?.version ?? '—'}</Table.Td>
      <Table.Td className={stale}>
        <Text inherit truncate title={host.engine?.kernelVersion}>
          {host.engine?.kernelVersion ?? '—'}
        </Text>
      </Table.Td>
      <Table.Td className={stale}>
        <Text inherit truncate title={addresses.join(', ')}>
          {addresses[0] ?? '—'}
          {addresses.length > 1 && ` +${addresses.length - 1}`}
        </Text>
      </Table.Td>
      <Table.Td className={stale}>
        {host.agentVersion ?? '—'}
        <Tooltip multiline maw={420} label={host.allow.join(', ')} disabled={host.allow.length === 0}>
          <Text size="xs" c="dimmed" truncate>
            {allowWords(host)}
          </Text>
        </Tooltip>
      </Table.Td>
    </Table.Tr>
  );
};

/** Drawn again only when something of it changed. */
export const HostRow = memo(Row);

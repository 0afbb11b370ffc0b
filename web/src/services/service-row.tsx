// One service in the table.
import { Anchor, Checkbox, Table, Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { words } from '../parts/words.ts';
import { portWords, type ServiceSeen } from './progress.ts';
import { UpdateState } from './update-state.tsx';

export const ServiceRow = ({
  service,
  nameOf,
  isChosen,
  onChoose,
}: {
  service: ServiceSeen;
  /** Of a network. */
  nameOf: (id: string) => string;
  isChosen: boolean;
  onChoose: (service: ServiceSeen, isChosen: boolean) => void;
}) => {
  const choose = useRef(onChoose);
  choose.current = onChoose;
  // What is chosen is as it is now, and goes from the choice when it goes from the list.
  useEffect(() => {
    if (isChosen) choose.current(service, true);
  }, [service, isChosen]);
  const last = useRef(service);
  last.current = service;
  useEffect(() => () => choose.current(last.current, false), []);
  const { name, mode, image, runningTasks, desiredTasks } = service;
  const isShort = runningTasks !== null && desiredTasks !== null && runningTasks < desiredTasks;
  return (
    <Table.Tr data-service={name}>
      <Table.Td>
        <Checkbox
          aria-label={`Choose ${name}`}
          checked={isChosen}
          onChange={(event) => onChoose(service, event.currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td>
        <Anchor component={Link} size="sm" fw={600} href={`/services/${service.clusterId}/${service.id}`}>
          {name}
        </Anchor>
      </Table.Td>
      <Table.Td>{words(mode)}</Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }} title={image ?? undefined}>
        {image?.split('@', 1)[0] ?? '—'}
      </Table.Td>
      <Table.Td>
        <Text size="sm" fw={isShort ? 700 : 400} style={{ whiteSpace: 'nowrap' }}>
          {runningTasks ?? '?'} of {desiredTasks ?? '?'}
          {isShort && ' — short'}
        </Text>
      </Table.Td>
      <Table.Td miw={150}>
        <UpdateState service={service} />
      </Table.Td>
      <Table.Td>{service.ports.map(portWords).join(', ') || '—'}</Table.Td>
      <Table.Td>{service.networks.map(nameOf).join(', ') || '—'}</Table.Td>
    </Table.Tr>
  );
};

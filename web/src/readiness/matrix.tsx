// From which host which port of which other one is open. A cell tells all its ports by letters, and by words when it is chosen.
import { Group, Stack, Table, Text, Title, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useMemo, useState } from 'react';
import { StateBadge } from '../parts/badges.tsx';
import { words } from '../parts/words.ts';
import {
  keyOf,
  linkWords,
  matrixOf,
  portOf,
  type Readiness,
  type ReadinessLink,
  shadeOf,
} from './matrix-parts.ts';

const Letter = ({ result, needed }: { result: string; needed: boolean }) => (
  <span
    aria-hidden
    style={{
      display: 'inline-block',
      width: 18,
      textAlign: 'center',
      borderRadius: 3,
      fontSize: 12,
      lineHeight: '18px',
      color: 'black',
      background: shadeOf(result),
      // Those that every swarm needs stand out, also without colours.
      fontWeight: needed ? 700 : 400,
      textDecoration: needed ? 'underline' : 'none',
    }}
  >
    {result.charAt(0)}
  </span>
);

const results = ['OPEN', 'CLOSED', 'FILTERED', 'UNTESTABLE'];

const Legend = ({ ports }: { ports: readonly string[] }) => (
  <Stack gap={4}>
    <Text size="sm">
      From the host of the row to the host of the column. In each cell, in this order: {ports.join(', ')}.
    </Text>
    <Group gap="md">
      {results.map((result) => (
        <Group key={result} gap={6}>
          <Letter result={result} needed={false} />
          <Text size="sm">{words(result)}</Text>
        </Group>
      ))}
      <Group gap={6}>
        <Letter result="OPEN" needed />
        <Text size="sm">needed by every swarm; the others by encrypted networks only</Text>
      </Group>
    </Group>
  </Stack>
);

const Pair = ({ links }: { links: readonly ReadinessLink[] }) => {
  const [first] = links;
  if (!first) return null;
  const title = `From ${first.from.name} to ${first.to.name}`;
  return (
    <section aria-label={title} aria-live="polite">
      <Title order={3}>{title}</Title>
      <Table aria-label={title}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Port</Table.Th>
            <Table.Th>Result</Table.Th>
            <Table.Th>Needed</Table.Th>
            <Table.Th>Why</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {links.map((link) => (
            <Table.Tr key={portOf(link)}>
              <Table.Td>{portOf(link)}</Table.Td>
              <Table.Td>
                <StateBadge state={link.result} />
              </Table.Td>
              <Table.Td>{link.needed ? 'by every swarm' : 'by encrypted networks'}</Table.Td>
              <Table.Td>{link.detail ?? '—'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
};

export const Matrix = ({ readiness: { hosts, links } }: { readiness: Readiness }) => {
  const { ports, pair } = useMemo(() => matrixOf(links), [links]);
  const [chosen, setChosen] = useState<{ from: string; to: string } | null>(null);
  if (links.length === 0)
    return (
      <Text c="dimmed">Nothing was probed: it takes two hosts, or one and a cluster that it is to join.</Text>
    );
  const inOrder = (from: string, to: string): ReadinessLink[] =>
    ports.flatMap((port) => pair(from, to)?.get(port) ?? []);
  return (
    <Stack gap="sm">
      <Legend ports={ports} />
      <Table.ScrollContainer minWidth={0} maxHeight={520}>
        <Table
          withColumnBorders
          withTableBorder
          w="auto"
          verticalSpacing={4}
          aria-label="Ports between hosts"
        >
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">from \ to</Table.Th>
              {hosts.map((to) => (
                <Table.Th key={keyOf(to)} scope="col">
                  {to.name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {hosts.map((from) => (
              <Table.Tr key={keyOf(from)}>
                <Table.Th scope="row">{from.name}</Table.Th>
                {hosts.map((to) => {
                  const ends = { from: keyOf(from), to: keyOf(to) };
                  const found = inOrder(ends.from, ends.to);
                  const told = found.map(linkWords).join('; ');
                  const isChosen = chosen?.from === ends.from && chosen.to === ends.to;
                  return (
                    <Table.Td key={ends.to}>
                      {found.length === 0 ? (
                        <Text size="sm" c="dimmed" ta="center">
                          —
                        </Text>
                      ) : (
                        <UnstyledButton
                          title={told}
                          aria-pressed={isChosen}
                          onClick={() => setChosen(isChosen ? null : ends)}
                          style={{
                            position: 'relative',
                            whiteSpace: 'nowrap',
                            display: 'inline-flex',
                            alignItems: 'center',
                            gap: 2,
                            ...(isChosen ? { outline: '2px solid var(--mantine-primary-color-filled)' } : {}),
                          }}
                        >
                          <VisuallyHidden>{`From ${from.name} to ${to.name}: ${told}`}</VisuallyHidden>
                          {ports.map((port) => {
                            const link = pair(ends.from, ends.to)?.get(port);
                            return link ? (
                              <Letter key={port} result={link.result} needed={link.needed} />
                            ) : (
                              <span
                                key={port}
                                aria-hidden
                                style={{ display: 'inline-block', width: 18, textAlign: 'center' }}
                              >
                                ·
                              </span>
                            );
                          })}
                        </UnstyledButton>
                      )}
                    </Table.Td>
                  );
                })}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {chosen && <Pair links={inOrder(chosen.from, chosen.to)} />}
    </Stack>
  );
};

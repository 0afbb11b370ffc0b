// Names and values beside each other.
import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

export const Facts = ({
  label,
  facts,
}: {
  label: string;
  facts: readonly (readonly [string, ReactNode])[];
}) => (
  <Table variant="vertical" aria-label={label} withRowBorders={false} verticalSpacing={4}>
    <Table.Tbody>
      {facts.map(([name, value]) => (
        <Table.Tr key={name}>
          <Table.Th w={180} fw={500}>
            {name}
          </Table.Th>
          <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
);

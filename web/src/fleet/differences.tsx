// What is declared beside what is.
import { Code, Table, Text } from '@mantine/core';
import type { DifferencePartsFragment } from '../../generated/documents.ts';
import { words } from '../parts/words.ts';
import { Wrong } from '../parts/wrong.tsx';

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 1));

const Value = ({ value, none }: { value: unknown; none: string }) =>
  value === null || value === undefined ? (
    <Text size="sm" c="dimmed" span>
      {none}
    </Text>
  ) : (
    <Code style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{text(value)}</Code>
  );

export const Differences = ({
  differences,
  label,
}: {
  differences: readonly DifferencePartsFragment[];
  label: string;
}) => (
  <Table aria-label={label} verticalSpacing={2} layout="fixed">
    <Table.Thead>
      <Table.Tr>
        <Table.Th>What</Table.Th>
        <Table.Th>Declared</Table.Th>
        <Table.Th>Actual</Table.Th>
      </Table.Tr>
    </Table.Thead>
    <Table.Tbody>
      {differences.map(({ kind, name, path, declared, actual, changeable }) => (
        <Table.Tr key={`${kind} ${name} ${path}`}>
          <Table.Td style={{ overflowWrap: 'anywhere' }}>
            {words(kind)} {name}
            {path && `: ${path}`}
            {!changeable && <Wrong size="xs">cannot be changed in place</Wrong>}
          </Table.Td>
          <Table.Td>
            <Value value={declared} none="is not to be there" />
          </Table.Td>
          <Table.Td>
            <Value value={actual} none="is not there" />
          </Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
);

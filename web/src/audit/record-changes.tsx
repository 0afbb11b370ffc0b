// The values of a record: what was before and after, side by side.
import { Code, Table, Text } from '@mantine/core';
import type { RecordPartsFragment } from '../../generated/documents.ts';

export const Json = ({ value, label }: { value: unknown; label: string }) => (
  <Code block tabIndex={0} aria-label={label} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
    {typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
  </Code>
);

export const Changes = ({ changes }: { changes: RecordPartsFragment['changes'] }) => (
  <Table layout="fixed" aria-label="What changed">
    <Table.Thead>
      <Table.Tr>
        <Table.Th w={180}>What</Table.Th>
        <Table.Th>Before</Table.Th>
        <Table.Th>After</Table.Th>
      </Table.Tr>
    </Table.Thead>
    <Table.Tbody>
      {changes.map(({ path, old, new: now }) => (
        <Table.Tr key={path}>
          <Table.Th style={{ overflowWrap: 'anywhere' }}>{path}</Table.Th>
          <Table.Td>
            {old === null || old === undefined ? (
              <Text size="sm" c="dimmed">
                was not there
              </Text>
            ) : (
              <Json value={old} label={`${path} before`} />
            )}
          </Table.Td>
          <Table.Td>
            {now === null || now === undefined ? (
              <Text size="sm" c="dimmed">
                is no longer there
              </Text>
            ) : (
              <Json value={now} label={`${path} after`} />
            )}
          </Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
);

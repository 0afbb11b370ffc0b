// Permissions by name, each with what it allows.
import { Code, Table } from '@mantine/core';
import { usePermissions } from './use-permissions.ts';

export const PermissionList = ({ names, label }: { names: readonly string[]; label: string }) => {
  const { wordsOf } = usePermissions();
  return (
    <Table aria-label={label} verticalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={200}>Permission</Table.Th>
          <Table.Th>What it allows</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {names.map((name) => (
          <Table.Tr key={name}>
            <Table.Td>
              <Code>{name}</Code>
            </Table.Td>
            <Table.Td>{wordsOf(name)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
};

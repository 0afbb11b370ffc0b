// The environment of a service's containers; its values are secrets of the call.
import { PasswordInput, Text, TextInput } from '@mantine/core';
import { RowsInput } from '../parts/rows-input.tsx';

export type EnvRow = { row: number; name: string; value: string };

export const envOf = (rows: readonly EnvRow[]): { name: string; value: string }[] =>
  rows.filter(({ name }) => name.trim() !== '').map(({ name, value }) => ({ name: name.trim(), value }));

export const EnvInput = ({
  rows,
  onChange,
}: {
  rows: readonly EnvRow[];
  onChange: (rows: EnvRow[]) => void;
}) => (
  <>
    <RowsInput<EnvRow>
      label="Environment"
      one="variable"
      rows={rows}
      blank={{ name: '', value: '' }}
      onChange={onChange}
      render={(variable, change) => (
        <>
          <TextInput
            label="Name"
            style={{ flex: 1 }}
            value={variable.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
            spellCheck={false}
          />
          <PasswordInput
            label="Value"
            style={{ flex: 1 }}
            value={variable.value}
            onChange={(event) => change({ value: event.currentTarget.value })}
            autoComplete="off"
          />
        </>
      )}
    />
    {rows.length > 0 && (
      <Text size="xs" c="dimmed">
        On record is only that it was given, and the names.
      </Text>
    )}
  </>
);

// A list of things of several fields each: rows come and go.
import { ActionIcon, Button, Fieldset, Group, Stack } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** @param blank what a row begins as; its `row` is set here, and tells rows apart. */
export const RowsInput = <Row extends { row: number }>({
  label,
  one,
  rows,
  blank,
  onChange,
  render,
}: {
  label: string;
  /** Of one row: `port`. */
  one: string;
  rows: readonly Row[];
  blank: Omit<Row, 'row'>;
  onChange: (rows: Row[]) => void;
  render: (row: Row, change: (part: Partial<Row>) => void) => ReactNode;
}) => (
  <Fieldset
    legend={label}
    variant="unstyled"
    styles={{ legend: { fontSize: 14, fontWeight: 600, padding: 0 } }}
  >
    <Stack gap="xs">
      {rows.map((row, index) => (
        <Group key={row.row} gap="xs" wrap="nowrap" align="flex-end">
          {render(row, (part) =>
            onChange(rows.map((each) => (each.row === row.row ? { ...each, ...part } : each))),
          )}
          <ActionIcon
            variant="default"
            size={36}
            aria-label={`Without ${one} ${index + 1}`}
            onClick={() => onChange(rows.filter((each) => each.row !== row.row))}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() =>
            onChange([...rows, { ...blank, row: Math.max(-1, ...rows.map((each) => each.row)) + 1 } as Row])
          }
        >
          Add {one}
        </Button>
      </Group>
    </Stack>
  </Fieldset>
);

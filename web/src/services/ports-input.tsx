// The ports that a service publishes.
import { NumberInput, Select } from '@mantine/core';
import type { PublishedPortInput } from '../../generated/documents.ts';
import { RowsInput } from '../parts/rows-input.tsx';

export type PortRow = {
  row: number;
  target: number | null;
  published: number | null;
  protocol: NonNullable<PublishedPortInput['protocol']>;
  mode: NonNullable<PublishedPortInput['mode']>;
};

const protocols = ['TCP', 'UDP', 'SCTP'] as const;

/** Null: a row is not complete. */
export const portsOf = (rows: readonly PortRow[]): PublishedPortInput[] | null => {
  const ports = rows.flatMap(({ row: _, target, ...port }) => (target === null ? [] : [{ ...port, target }]));
  return ports.length === rows.length ? ports : null;
};

const numberOf = (value: string | number): number | null => (typeof value === 'number' ? value : null);

export const PortsInput = ({
  rows,
  onChange,
}: {
  rows: readonly PortRow[];
  onChange: (rows: PortRow[]) => void;
}) => (
  <RowsInput<PortRow>
    label="Ports"
    one="port"
    rows={rows}
    blank={{ target: null, published: null, protocol: 'TCP', mode: 'INGRESS' }}
    onChange={onChange}
    render={(port, change) => (
      <>
        <NumberInput
          label="Published"
          placeholder="any"
          value={port.published ?? ''}
          onChange={(value) => change({ published: numberOf(value) })}
          min={1}
          max={65_535}
          allowDecimal={false}
          hideControls
        />
        <NumberInput
          label="In the container"
          value={port.target ?? ''}
          onChange={(value) => change({ target: numberOf(value) })}
          min={1}
          max={65_535}
          allowDecimal={false}
          hideControls
          required
        />
        <Select
          label="Protocol"
          w={100}
          allowDeselect={false}
          data={[...protocols]}
          value={port.protocol}
          onChange={(value) => change({ protocol: protocols.find((each) => each === value) ?? 'TCP' })}
        />
        <Select
          label="On"
          w={200}
          allowDeselect={false}
          data={[
            { value: 'INGRESS', label: 'every node' },
            { value: 'HOST', label: 'the nodes of its tasks' },
          ]}
          value={port.mode}
          onChange={(value) => change({ mode: value === 'HOST' ? 'HOST' : 'INGRESS' })}
        />
      </>
    )}
  />
);

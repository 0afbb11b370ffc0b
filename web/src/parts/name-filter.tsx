// The field that a list is filtered by name with.
import { Group, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useAddressPart } from './use-address-part.ts';

/** What is looked for, once the keys rest: each read goes to an engine. */
export const useNameFilter = (): string => {
  const [text] = useAddressPart('text');
  const [rested] = useDebouncedValue(text.trim(), 250);
  return rested;
};

/** @param children stand beside it. */
export const NameFilter = ({ of, children }: { of: string; children?: ReactNode }) => {
  const [text, setText] = useAddressPart('text');
  return (
    <Group gap="xs" mb="sm" role="search" aria-label={`Filter of ${of}`}>
      <TextInput
        data-page-filter
        aria-label="Name"
        placeholder="Name  ( / )"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        style={{ flex: 1, minWidth: 200 }}
      />
      {children}
    </Group>
  );
};

// An address of a host: one of its own, or any other text, such as an interface or one with a port.
import { Autocomplete } from '@mantine/core';
import { IconSelector } from '@tabler/icons-react';
import type { LiveHost } from '../live/store.ts';
import { ownAddresses } from './addresses.ts';

export const AddressInput = ({
  host,
  label,
  description,
  placeholder,
  value,
  onChange,
}: {
  host: LiveHost;
  label: string;
  description?: string;
  placeholder?: string;
  value: string;
  onChange: (value: string) => void;
}) => {
  const own = ownAddresses(host);
  const interfaces = new Map(own.map((each) => [each.address, `${each.interface}, /${each.prefixLength}`]));
  return (
    <Autocomplete
      label={label}
      description={description}
      placeholder={placeholder}
      data={[...interfaces.keys()]}
      // What is written narrows nothing: a host has few addresses.
      filter={({ options }) => options}
      renderOption={({ option }) => `${option.value} (${interfaces.get(option.value) ?? ''})`}
      value={value}
      onChange={onChange}
      rightSection={<IconSelector size={16} aria-hidden />}
      rightSectionPointerEvents="none"
      maxLength={255}
    />
  );
};

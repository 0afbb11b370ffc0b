// Where a value is typed or pasted: masked until it is asked for, and never kept.
import { Checkbox, Stack, Textarea } from '@mantine/core';
import { useState } from 'react';
import { bytes } from '../parts/words.ts';
import { type Given, sizeOf } from './value-act.ts';

export const ValueInput = ({
  label,
  most,
  given,
  onChange,
}: {
  label: string;
  /** Bytes. */
  most: number;
  given: Given;
  onChange: (given: Given) => void;
}) => {
  const [isShown, setIsShown] = useState(false);
  const size = sizeOf(given.value);
  return (
    <Stack gap={6}>
      <Textarea
        label={label}
        description={`It goes to the swarm and is never shown again, by Skep to nobody. Line ends are part of it. ${bytes(size)}`}
        error={size > most ? `More than ${bytes(most)}, which is the most that the managers take` : undefined}
        value={given.value}
        onChange={(event) => onChange({ value: event.currentTarget.value, edits: given.edits + 1 })}
        autoComplete="off"
        autoCorrect="off"
        autoCapitalize="off"
        spellCheck={false}
        minRows={3}
        maxRows={12}
        autosize
        required
        styles={{
          input: {
            fontFamily: 'var(--mantine-font-family-monospace)',
            ...(isShown ? {} : { WebkitTextSecurity: 'disc' }),
          },
        }}
      />
      <Checkbox
        size="xs"
        label="Show what I type"
        checked={isShown}
        onChange={(event) => setIsShown(event.currentTarget.checked)}
      />
    </Stack>
  );
};

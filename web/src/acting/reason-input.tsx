// Why something is done: asked by every dialog that does it.
import { Textarea } from '@mantine/core';

export const ReasonInput = ({
  value,
  onChange,
  required = true,
  hasFocus = false,
}: {
  value: string;
  onChange: (reason: string) => void;
  required?: boolean;
  /** Where the keys go when the dialog opens. */
  hasFocus?: boolean;
}) => (
  <Textarea
    label="Reason"
    description="Stays on record with your name."
    value={value}
    onChange={(event) => onChange(event.currentTarget.value)}
    maxLength={500}
    autosize
    minRows={2}
    required={required}
    {...(hasFocus ? { 'data-autofocus': true } : {})}
  />
);

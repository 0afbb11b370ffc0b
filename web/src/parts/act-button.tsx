// Opens an act's dialog; when it may not be, it says why instead, to a keyboard and a screen reader as well.
import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { useDialog } from '../acting/acting.tsx';

export const ActButton = ({
  whyNot,
  dialog,
  children,
  ...look
}: ButtonProps & {
  whyNot: string | null;
  dialog: (close: () => void) => ReactNode;
  children: ReactNode;
  'aria-label'?: string;
}) => {
  const open = useDialog();
  if (whyNot === null)
    return (
      <Button variant="default" {...look} onClick={() => open(dialog)}>
        {children}
      </Button>
    );
  // Not `disabled`, which nobody could come to by Tab.
  return (
    <Tooltip label={whyNot} multiline maw={360} events={{ hover: true, focus: true, touch: true }}>
      <Button
        variant="default"
        {...look}
        data-disabled
        aria-disabled
        aria-description={whyNot}
        onClick={(event) => event.preventDefault()}
      >
        {children}
      </Button>
    </Tooltip>
  );
};

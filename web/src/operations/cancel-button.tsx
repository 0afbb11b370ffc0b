// Stops an operation that is under way.
import { Button } from '@mantine/core';
import { lazy } from 'react';
import { useDialog } from '../acting/acting.tsx';
import { isFinal, type LiveOperation } from '../live/store.ts';
import { usePermission } from '../session/viewer.tsx';

const CancelDialog = lazy(() => import('./cancel-dialog.tsx'));

export const CancelButton = ({ operation }: { operation: LiveOperation }) => {
  const open = useDialog();
  const whyNot = usePermission()('operation:cancel');
  if (isFinal(operation)) return null;
  return (
    <Button
      size="xs"
      variant="default"
      disabled={whyNot !== null}
      title={whyNot ?? undefined}
      onClick={() => open((close) => <CancelDialog operation={operation} onClose={close} />)}
    >
      Cancel this operation
    </Button>
  );
};

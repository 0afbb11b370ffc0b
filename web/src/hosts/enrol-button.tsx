// The way in for another machine.
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useDialog } from '../acting/acting.tsx';
import { usePermission } from '../session/viewer.tsx';
import { EnrolDialog } from './enrol-dialog.tsx';

export const EnrolButton = () => {
  const open = useDialog();
  const whyNot = usePermission()('host:enrol');
  return (
    <Button
      leftSection={<IconPlus size={16} aria-hidden />}
      disabled={whyNot !== null}
      title={whyNot ?? undefined}
      onClick={() => open((close) => <EnrolDialog onClose={close} />)}
    >
      Enrol a host
    </Button>
  );
};

// The dialog of an act on hosts, with what this act asks beyond the reason.
import { Checkbox, Radio, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import type { LiveHost } from '../live/store.ts';
import { usePermission } from '../session/viewer.tsx';
import {
  forcePermission,
  forgetAct,
  type HostActName,
  isOrphaned,
  leaveAct,
  releaseAct,
  renameAct,
  revokeAct,
} from './host-acts.ts';
import { InitDialog } from './init-dialog.tsx';
import { JoinDialog } from './join-dialog.tsx';

type One = { host: LiveHost; onClose: () => void };

const LeaveDialog = ({ hosts, onClose }: { hosts: readonly LiveHost[]; onClose: () => void }) => {
  const ask = useAsk();
  const whyNot = usePermission()(forcePermission);
  const isAlone = isOrphaned(hosts);
  const [force, setForce] = useState(isAlone && whyNot === null);
  return (
    <ActDialog act={leaveAct(ask, hosts, force)} onClose={onClose}>
      {isAlone && (
        <Checkbox
          label="By force: no cluster lists it, so none can consent"
          description={whyNot}
          disabled={whyNot !== null}
          checked={force}
          onChange={(event) => setForce(event.currentTarget.checked)}
        />
      )}
    </ActDialog>
  );
};

const RenameDialog = ({ host, onClose }: One) => {
  const ask = useAsk();
  const [name, setName] = useState(host.name);
  const wanted = name.trim();
  return (
    <ActDialog
      act={renameAct(ask, host, wanted)}
      onClose={onClose}
      isComplete={wanted !== '' && wanted !== host.name}
    >
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={100}
        required
      />
    </ActDialog>
  );
};

const ReleaseDialog = ({ host, onClose }: One) => {
  const ask = useAsk();
  const presented = host.quarantine?.engine ?? null;
  const [binding, setBinding] = useState<'before' | 'presented'>('before');
  return (
    <ActDialog act={releaseAct(ask, host, binding === 'presented' ? presented : null)} onClose={onClose}>
      {presented && (
        <Radio.Group
          label="Engine that the host is bound to"
          value={binding}
          onChange={(value) => setBinding(value === 'presented' ? 'presented' : 'before')}
        >
          <Stack gap="xs" mt="xs">
            <Radio value="before" label="As before" />
            <Radio
              value="presented"
              label={`The one that was presented, ${presented}: its engine was installed anew`}
            />
          </Stack>
        </Radio.Group>
      )}
    </ActDialog>
  );
};

const RevokeDialog = ({ host, onClose }: One) => (
  <ActDialog act={revokeAct(useAsk(), host)} onClose={onClose} />
);
const ForgetDialog = ({ host, onClose }: One) => (
  <ActDialog act={forgetAct(useAsk(), host)} onClose={onClose} />
);

const ofOne = {
  init: InitDialog,
  rename: RenameDialog,
  release: ReleaseDialog,
  revoke: RevokeDialog,
  forget: ForgetDialog,
};
const ofMany = { join: JoinDialog, leave: LeaveDialog };

export const HostActDialog = ({
  name,
  hosts,
  onClose,
}: {
  name: HostActName;
  hosts: readonly LiveHost[];
  onClose: () => void;
}) => {
  if (name === 'join' || name === 'leave') {
    const Dialog = ofMany[name];
    return <Dialog hosts={hosts} onClose={onClose} />;
  }
  const [host] = hosts;
  if (!host) return null;
  const Dialog = ofOne[name];
  return <Dialog host={host} onClose={onClose} />;
};

// A join token that is known to too many is made anew; nodes that are members stay.
import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { type NodeRole, RotateJoinTokenDocument } from '../../generated/documents.ts';
import { createAct } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import type { LiveCluster } from '../live/store.ts';
import { roleChoices } from './role-choices.ts';

export default ({ cluster, onClose }: { cluster: LiveCluster; onClose: () => void }) => {
  const ask = useAsk();
  const [role, setRole] = useState<NodeRole>('WORKER');
  const act = createAct(
    ask,
    RotateJoinTokenDocument,
    { cluster: cluster.id, role },
    {
      title: 'Rotate the join token',
      subject: cluster.name,
      meaning: 'Join lines that were given out do not work any more. Members are not touched.',
      permission: 'secret:rotate',
    },
  );
  return (
    <ActDialog act={act} onClose={onClose}>
      <SegmentedControl
        aria-label="Role"
        data={[...roleChoices]}
        value={role}
        onChange={(value) => setRole(value as NodeRole)}
      />
    </ActDialog>
  );
};

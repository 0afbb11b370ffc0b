// The name of a cluster, which is of Skep alone.
import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { RenameClusterDocument } from '../../generated/documents.ts';
import { createAct } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import type { LiveCluster } from '../live/store.ts';

export default ({ cluster, onClose }: { cluster: LiveCluster; onClose: () => void }) => {
  const ask = useAsk();
  const [name, setName] = useState(cluster.name);
  const act = createAct(
    ask,
    RenameClusterDocument,
    { cluster: cluster.id, name: name.trim() },
    {
      title: 'Rename',
      subject: cluster.name,
      meaning: 'The name is of Skep alone: Docker knows none.',
      permission: 'cluster:update',
    },
  );
  return (
    <ActDialog act={act} onClose={onClose} isComplete={name.trim() !== '' && name.trim() !== cluster.name}>
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        required
      />
    </ActDialog>
  );
};

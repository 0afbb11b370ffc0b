// The dialog of an act on nodes, with what this act asks beyond the reason.
import { Checkbox, NumberInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useState } from 'react';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import type { LiveNode } from '../live/store.ts';
import { type NodeActName, nodeAct } from './node-acts.ts';
import { useHostOf } from './use-host-of.ts';

const defaultDeadline = 600;

export default ({
  name,
  nodes,
  onClose,
}: {
  name: NodeActName;
  nodes: readonly LiveNode[];
  onClose: () => void;
}) => {
  const ask = useAsk();
  const hostOf = useHostOf();
  // The operator's last choice is the next one's default.
  const [deadline, setDeadline] = useLocalStorage({
    key: 'skep.drain.deadline',
    defaultValue: defaultDeadline,
  });
  const [parallel, setParallel] = useState(false);
  const [force, setForce] = useState(false);
  const options = {
    ...(name === 'drain' || name === 'decommission' ? { deadlineSeconds: deadline } : {}),
    ...(name === 'drain' ? { parallel } : {}),
    ...(name === 'remove' || name === 'decommission' ? { force } : {}),
  };
  const act = nodeAct(name, { ask, nodes, hostOf, options });
  return (
    <ActDialog act={act} onClose={onClose} isComplete={deadline > 0}>
      {(name === 'drain' || name === 'decommission') && (
        <NumberInput
          label="Deadline, seconds"
          description="When tasks are left by then it fails and names them; the node stays in drain."
          value={deadline}
          onChange={(value) => setDeadline(typeof value === 'number' ? value : 0)}
          min={1}
          max={86_400}
          allowDecimal={false}
        />
      )}
      {name === 'drain' && nodes.length > 1 && (
        <Checkbox
          label="All at once, not one after the other"
          checked={parallel}
          onChange={(event) => setParallel(event.currentTarget.checked)}
        />
      )}
      {(name === 'remove' || name === 'decommission') && (
        <Checkbox
          label="Force: also when the node is Ready or does not answer"
          checked={force}
          onChange={(event) => setForce(event.currentTarget.checked)}
        />
      )}
    </ActDialog>
  );
};

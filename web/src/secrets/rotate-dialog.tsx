// Gives the services of a secret or config a new value of it.
import { Checkbox, MultiSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import { type Kept, type Kind, kinds, rotateKept } from './kinds.ts';
import { type Given, sizeOf } from './value-act.ts';
import { ValueInput } from './value-input.tsx';

export const RotateDialog = ({ kind, kept, onClose }: { kind: Kind; kept: Kept; onClose: () => void }) => {
  const ask = useAsk();
  const [name, setName] = useState('');
  const [services, setServices] = useState<string[]>([]);
  const [removeOld, setRemoveOld] = useState(false);
  const [given, setGiven] = useState<Given>({ value: '', edits: 0 });
  const act = rotateKept(
    ask,
    kind,
    kept,
    { name: name.trim() || null, services: services.length > 0 ? services : null, removeOld },
    given,
    () => setGiven(({ edits }) => ({ value: '', edits: edits + 1 })),
  );
  const size = sizeOf(given.value);
  return (
    <ActDialog act={act} onClose={onClose} isComplete={size > 0 && size <= kinds[kind].mostBytes}>
      <ValueInput label="New value" most={kinds[kind].mostBytes} given={given} onChange={setGiven} />
      <TextInput
        label="Name of the new version"
        description="Default: counted up to the first that is free."
        placeholder={`${kept.name}-v2`}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={64}
        autoComplete="off"
        spellCheck={false}
      />
      <MultiSelect
        label="Services to move"
        description={
          kept.services.length === 0
            ? 'None uses it.'
            : 'In the order in which they are chosen. Default: all that use it, by name.'
        }
        data={kept.services.map(({ id, name: label }) => ({ value: id, label }))}
        value={services}
        onChange={setServices}
        placeholder={services.length === 0 ? 'all' : undefined}
        disabled={kept.services.length === 0}
      />
      <Checkbox
        label="Remove the old one when all are moved"
        description="A service cannot be rolled back to it then."
        checked={removeOld}
        onChange={(event) => setRemoveOld(event.currentTarget.checked)}
      />
    </ActDialog>
  );
};

// A new secret or config.
import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import { RowsInput } from '../parts/rows-input.tsx';
import { createKept, type Kind, kinds } from './kinds.ts';
import { type Given, sizeOf } from './value-act.ts';
import { ValueInput } from './value-input.tsx';

type LabelRow = { row: number; key: string; value: string };

export const CreateDialog = ({
  kind,
  cluster,
  onClose,
}: {
  kind: Kind;
  cluster: string;
  onClose: () => void;
}) => {
  const ask = useAsk();
  const [name, setName] = useState('');
  const [labels, setLabels] = useState<LabelRow[]>([]);
  const [given, setGiven] = useState<Given>({ value: '', edits: 0 });
  const input = {
    cluster,
    name: name.trim(),
    labels: labels
      .filter(({ key }) => key.trim() !== '')
      .map(({ key, value }) => ({ key: key.trim(), value })),
  };
  const act = createKept(ask, kind, input, given, () =>
    setGiven(({ edits }) => ({ value: '', edits: edits + 1 })),
  );
  const size = sizeOf(given.value);
  return (
    <ActDialog
      act={act}
      onClose={onClose}
      isComplete={input.name !== '' && size > 0 && size <= kinds[kind].mostBytes}
    >
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={64}
        autoComplete="off"
        spellCheck={false}
        required
      />
      <ValueInput label="Value" most={kinds[kind].mostBytes} given={given} onChange={setGiven} />
      <RowsInput<LabelRow>
        label="Labels (they are no secret)"
        one="label"
        rows={labels}
        blank={{ key: '', value: '' }}
        onChange={setLabels}
        render={(label, change) => (
          <>
            <TextInput
              label="Key"
              style={{ flex: 1 }}
              value={label.key}
              onChange={(event) => change({ key: event.currentTarget.value })}
            />
            <TextInput
              label="Label value"
              style={{ flex: 1 }}
              value={label.value}
              onChange={(event) => change({ value: event.currentTarget.value })}
            />
          </>
        )}
      />
    </ActDialog>
  );
};

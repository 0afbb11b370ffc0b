// Labels of one node or many: set some, remove some, in one act.
import { ActionIcon, Button, Group, Stack, TagsInput, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { UpdateNodeLabelsDocument } from '../../generated/documents.ts';
import { createAct } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import type { LiveNode } from '../live/store.ts';
import { subjectOf } from './node-acts.ts';

type Row = { row: number; key: string; value: string };

export default ({
  nodes,
  initial = { set: [], remove: [] },
  onClose,
}: {
  nodes: readonly LiveNode[];
  initial?: { set: readonly { key: string; value: string }[]; remove: readonly string[] };
  onClose: () => void;
}) => {
  const ask = useAsk();
  const [rows, setRows] = useState<Row[]>(() =>
    (initial.set.length > 0 || initial.remove.length > 0 ? initial.set : [{ key: '', value: '' }]).map(
      (label, row) => ({ ...label, row }),
    ),
  );
  const [remove, setRemove] = useState<string[]>([...initial.remove]);
  const known = [...new Set(nodes.flatMap(({ labels }) => labels.map(({ key }) => key)))].sort();
  const set = rows
    .filter(({ key }) => key.trim() !== '')
    .map(({ key, value }) => ({ key: key.trim(), value }));
  const change = (row: number, part: Partial<Row>) =>
    setRows(rows.map((each) => (each.row === row ? { ...each, ...part } : each)));
  const act = createAct(
    ask,
    UpdateNodeLabelsDocument,
    { nodes: nodes.map(({ id }) => id), cluster: nodes[0]?.cluster.id ?? null, set, remove },
    {
      title: 'Change labels',
      subject: subjectOf(nodes),
      meaning: 'Services with a placement constraint on a label may move their tasks.',
      permission: 'node:label',
    },
  );
  return (
    <ActDialog act={act} onClose={onClose} isComplete={set.length > 0 || remove.length > 0}>
      <Stack gap="xs">
        {rows.map(({ row, key, value }, index) => (
          <Group key={row} gap="xs" align="flex-end" wrap="nowrap">
            <TextInput
              style={{ flex: 1 }}
              label={index === 0 ? 'Set label' : undefined}
              aria-label="Label key"
              placeholder="zone"
              value={key}
              onChange={(event) => change(row, { key: event.currentTarget.value })}
            />
            <TextInput
              style={{ flex: 1 }}
              label={index === 0 ? 'to' : undefined}
              aria-label="Label value"
              placeholder="north"
              value={value}
              onChange={(event) => change(row, { value: event.currentTarget.value })}
            />
            <ActionIcon
              variant="default"
              size={36}
              aria-label={`Do not set ${key || 'this label'}`}
              onClick={() => setRows(rows.filter((each) => each.row !== row))}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        <Group>
          <Button
            size="xs"
            variant="default"
            onClick={() =>
              setRows([
                ...rows,
                { row: Math.max(-1, ...rows.map((each) => each.row)) + 1, key: '', value: '' },
              ])
            }
          >
            One more
          </Button>
        </Group>
        <TagsInput label="Remove labels" data={known} value={remove} onChange={setRemove} placeholder="key" />
      </Stack>
    </ActDialog>
  );
};

// A node's labels as chips: each is edited or removed by itself.
import { ActionIcon, Badge, Button, Group, Text } from '@mantine/core';
import { IconPencil, IconPlus, IconX } from '@tabler/icons-react';
import { lazy } from 'react';
import { useDialog } from '../acting/acting.tsx';
import type { LiveNode } from '../live/store.ts';
import { usePermission } from '../session/viewer.tsx';

const LabelsDialog = lazy(() => import('./labels-dialog.tsx'));

export const LabelChips = ({ node }: { node: LiveNode }) => {
  const open = useDialog();
  const whyNot = usePermission()('node:label');
  const change = (initial: { set: { key: string; value: string }[]; remove: string[] }) =>
    open((close) => <LabelsDialog nodes={[node]} initial={initial} onClose={close} />);
  return (
    <Group gap="xs">
      {node.labels.length === 0 && (
        <Text size="sm" c="dimmed">
          no labels
        </Text>
      )}
      {node.labels.map(({ key, value }) => (
        <Badge
          key={key}
          variant="light"
          color="gray"
          tt="none"
          size="lg"
          radius="sm"
          data-label={`${key}=${value}`}
          rightSection={
            <Group gap={2} wrap="nowrap">
              <ActionIcon
                size={18}
                variant="subtle"
                color="gray"
                aria-label={`Edit label ${key}`}
                disabled={whyNot !== null}
                title={whyNot ?? undefined}
                onClick={() => change({ set: [{ key, value }], remove: [] })}
              >
                <IconPencil size={12} aria-hidden />
              </ActionIcon>
              <ActionIcon
                size={18}
                variant="subtle"
                color="gray"
                aria-label={`Remove label ${key}`}
                disabled={whyNot !== null}
                title={whyNot ?? undefined}
                onClick={() => change({ set: [], remove: [key] })}
              >
                <IconX size={12} aria-hidden />
              </ActionIcon>
            </Group>
          }
        >
          {value ? `${key}=${value}` : key}
        </Badge>
      ))}
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconPlus size={12} aria-hidden />}
        disabled={whyNot !== null}
        title={whyNot ?? undefined}
        onClick={() => change({ set: [{ key: '', value: '' }], remove: [] })}
      >
        Add label
      </Button>
    </Group>
  );
};

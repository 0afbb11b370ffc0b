// One secret or config in the table.
import { Anchor, Badge, Code, Group, Stack, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import { ActButton } from '../parts/act-button.tsx';
import { When } from '../parts/when.tsx';
import { usePermission } from '../session/viewer.tsx';
import { type Kept, type Kind, kinds, removeKept } from './kinds.ts';
import { RotateDialog } from './rotate-dialog.tsx';

const whyNotRemoved = ({ services }: Kept): string | null =>
  services.length > 0 ? `In use by ${services.map(({ name }) => name).join(', ')}` : null;

export const KeptRow = ({ kind, kept }: { kind: Kind; kept: Kept }) => {
  const ask = useAsk();
  const permission = usePermission();
  const whyNot = permission(kinds[kind].permission);
  const { name, version, labels, services, rotationOf, cluster } = kept;
  return (
    <Table.Tr data-kept={name}>
      <Table.Td>
        <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
          {name}
        </Text>
      </Table.Td>
      <Table.Td>{version}</Table.Td>
      <Table.Td>
        <Group gap={4}>
          {labels.length === 0 && '—'}
          {labels.map((label) => (
            <Badge key={label.key} variant="default" radius="sm" tt="none" fw={500}>
              {label.value ? `${label.key}=${label.value}` : label.key}
            </Badge>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>
        <Stack gap={2}>
          {services.length === 0 && (
            <Text size="sm" c="dimmed">
              nobody
            </Text>
          )}
          {services.map((service) => (
            <Text key={service.id} size="sm">
              <Anchor component={Link} inherit href={`/services/${cluster.id}/${service.id}`}>
                {service.name}
              </Anchor>{' '}
              {service.files.map((file) => (
                <Code key={file}>{file}</Code>
              ))}
            </Text>
          ))}
        </Stack>
      </Table.Td>
      <Table.Td>{rotationOf ?? '—'}</Table.Td>
      <Table.Td>
        <When at={kept.createdAt} />
      </Table.Td>
      <Table.Td>
        <When at={kept.updatedAt} />
      </Table.Td>
      <Table.Td>
        <Group gap={6} justify="flex-end" wrap="nowrap">
          <ActButton
            size="compact-sm"
            aria-label={`Rotate ${name}`}
            whyNot={whyNot ?? permission('service:write')}
            dialog={(close) => <RotateDialog kind={kind} kept={kept} onClose={close} />}
          >
            Rotate
          </ActButton>
          <ActButton
            size="compact-sm"
            aria-label={`Remove ${name}`}
            whyNot={whyNot ?? whyNotRemoved(kept)}
            dialog={(close) => <ActDialog act={removeKept(ask, kind, kept)} onClose={close} />}
          >
            Remove
          </ActButton>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
};

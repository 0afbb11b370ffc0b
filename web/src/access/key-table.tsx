// The API keys: what each holds, for what, until when, and when it was used last.
import { Badge, Button, Group, Table, Text, Tooltip } from '@mantine/core';
import { useDialog } from '../acting/acting.tsx';
import { StateBadge } from '../parts/badges.tsx';
import { When } from '../parts/when.tsx';
import { plural } from '../parts/words.ts';
import { useViewer } from '../session/viewer.tsx';
import { ClusterNames } from './cluster-names.tsx';
import { type ApiKey, isExpired } from './keys.ts';
import { RevokeDialog } from './revoke-dialog.tsx';
import { usePermissions } from './use-permissions.ts';

const Extras = ({ apiKey }: { apiKey: ApiKey }) => {
  const { isSeparate, isOfRole } = usePermissions();
  const extras = apiKey.permissions.filter(({ name }) => !isOfRole(name, apiKey.role));
  if (extras.length === 0)
    return (
      <Text size="sm" c="dimmed">
        none
      </Text>
    );
  return (
    <Group gap={4}>
      {extras.map(({ name, description }) => (
        <Tooltip key={name} label={description}>
          <Badge variant="light" color={isSeparate(name) ? 'orange' : 'gray'} tt="none" radius="sm">
            {name}
          </Badge>
        </Tooltip>
      ))}
    </Group>
  );
};

const Row = ({ apiKey }: { apiKey: ApiKey }) => {
  const open = useDialog();
  const viewer = useViewer();
  const isOver = apiKey.revokedAt !== null || isExpired(apiKey);
  return (
    <Table.Tr data-key={apiKey.name} className={isOver ? 'stale' : undefined}>
      <Table.Td>
        {apiKey.name}
        {apiKey.id === viewer.id && (
          <Badge ml={6} variant="light" color="blue" tt="none" radius="sm">
            yours
          </Badge>
        )}
      </Table.Td>
      <Table.Td>
        <Tooltip label={`Holds ${plural(apiKey.permissions.length, 'permission')}`}>
          <span>
            <StateBadge state={apiKey.role} />
          </span>
        </Tooltip>
      </Table.Td>
      <Table.Td>
        <Extras apiKey={apiKey} />
      </Table.Td>
      <Table.Td>
        <ClusterNames ids={apiKey.clusters} />
      </Table.Td>
      <Table.Td>
        <When at={apiKey.createdAt} />
      </Table.Td>
      <Table.Td>
        <When at={apiKey.expiresAt} />
      </Table.Td>
      <Table.Td>
        <When at={apiKey.lastUsedAt} />
      </Table.Td>
      <Table.Td>
        {apiKey.revokedAt ? (
          <>
            <StateBadge state="REVOKED" /> <When at={apiKey.revokedAt} />
          </>
        ) : (
          <Button
            variant="default"
            size="compact-sm"
            aria-label={`Revoke ${apiKey.name}`}
            onClick={() => open((close) => <RevokeDialog apiKey={apiKey} onClose={close} />)}
          >
            Revoke
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
};

export const KeyTable = ({ keys }: { keys: readonly ApiKey[] }) => (
  <Table.ScrollContainer minWidth={1000}>
    <Table aria-label="API keys" highlightOnHover verticalSpacing={6}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          <Table.Th>Role</Table.Th>
          <Table.Th>Extra permissions</Table.Th>
          <Table.Th>Clusters</Table.Th>
          <Table.Th>Created</Table.Th>
          <Table.Th>Expires</Table.Th>
          <Table.Th>Used last</Table.Th>
          <Table.Th>Revoked</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {keys.map((apiKey) => (
          <Row key={apiKey.id} apiKey={apiKey} />
        ))}
      </Table.Tbody>
    </Table>
  </Table.ScrollContainer>
);

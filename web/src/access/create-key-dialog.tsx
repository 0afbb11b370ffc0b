// A key for a person or a script: what it may, for which clusters, until when; then the key itself, once.
import { Alert, Code, MultiSelect, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import { CreateApiKeyDocument, type Role } from '../../generated/documents.ts';
import { useAsk, useLive } from '../live/live.tsx';
import { Copyable } from '../parts/copy.tsx';
import { OnceDialog } from '../parts/once-dialog.tsx';
import { When } from '../parts/when.tsx';
import { useViewer } from '../session/viewer.tsx';
import { type Expiry, ExpiryInput, expiresAt } from './expiry-input.tsx';
import { usePermissions } from './use-permissions.ts';

type Shown = { key: string; name: string; expiresAt: string | null };

const roleNames = [
  { value: 'VIEWER', label: 'Viewer: reads' },
  { value: 'OPERATOR', label: 'Operator: availability, labels, promotion, services, networks, configs' },
  { value: 'ADMIN', label: 'Admin: all but what is given by name' },
] as const satisfies readonly { value: Role; label: string }[];

export const CreateKeyDialog = ({ onClose }: { onClose: () => void }) => {
  const ask = useAsk();
  const viewer = useViewer();
  const known = useLive((live) => live.clusters);
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('VIEWER');
  const [permissions, setPermissions] = useState<string[]>([]);
  const [clusters, setClusters] = useState<string[]>([]);
  const [expiry, setExpiry] = useState<Expiry>({ days: '90', day: '' });
  const { names, wordsOf, isSeparate, isOfRole } = usePermissions();
  /** Nobody gives what they do not hold. */
  const mayGive = (permission: string) => viewer.permissions.includes(permission);
  const option = (value: string) => ({
    value,
    label: mayGive(value) ? value : `${value} (you do not hold it)`,
    disabled: !mayGive(value),
  });
  const beyond = names.filter((each) => !isSeparate(each) && !isOfRole(each, role));
  const until = expiresAt(expiry);
  const dangerous = permissions.filter(isSeparate);
  return (
    <OnceDialog<Shown>
      title="Create a key"
      meaning="Whoever presents the key may do what it holds. It cannot hold more than you do."
      permission="key:admin"
      submit="Create the key"
      isReasonNeeded
      isComplete={
        name.trim() !== '' && until !== undefined && (viewer.clusters === null || clusters.length > 0)
      }
      run={async (reason) => {
        const { key, apiKey, operation } = (
          await ask(CreateApiKeyDocument, {
            input: {
              name: name.trim(),
              role,
              permissions: permissions.length > 0 ? permissions : null,
              clusters: clusters.length > 0 ? clusters : null,
              expiresAt: until ?? null,
              reason,
            },
          })
        ).createApiKey;
        return {
          shown: key && apiKey ? { key, name: apiKey.name, expiresAt: apiKey.expiresAt } : null,
          failure: operation.failure,
        };
      }}
      show={(shown) => (
        <Stack>
          <Alert color="orange" icon={<IconAlertTriangle aria-hidden />} title="Copy it now">
            The key is shown here and never again: the server keeps only its digest. When this is closed it is
            gone.
          </Alert>
          <Copyable text={shown.key} label="API key" />
          <Text size="sm">
            {shown.name}, expires <When at={shown.expiresAt} />.
          </Text>
        </Stack>
      )}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        description="Stands on record with all that is done by it: a person or a script."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={100}
        required
        data-autofocus
      />
      <Select
        label="Role"
        data={roleNames.map((each) => ({
          ...each,
          disabled: names.some((permission) => isOfRole(permission, each.value) && !mayGive(permission)),
        }))}
        value={role}
        onChange={(value) => {
          const next = (value ?? 'VIEWER') as Role;
          setRole(next);
          setPermissions(permissions.filter((each) => !isOfRole(each, next)));
        }}
        allowDeselect={false}
      />
      <MultiSelect
        label="Extra permissions"
        description="Beyond the role. Those given by name are in no role: each is explained in the list."
        data={[
          { group: 'Given by name only', items: names.filter(isSeparate).map(option) },
          ...(beyond.length > 0 ? [{ group: 'Beyond the role', items: beyond.map(option) }] : []),
        ]}
        renderOption={({ option: { value, disabled } }) => (
          <div>
            <Code>{value}</Code>
            <Text size="xs">
              {wordsOf(value)}
              {disabled && ' You do not hold it, so you cannot give it.'}
            </Text>
          </div>
        )}
        // The list itself scrolls: its keys are the input's.
        withScrollArea={false}
        styles={{ options: { maxHeight: 260, overflowY: 'auto' } }}
        searchable
        clearable
        value={permissions}
        onChange={setPermissions}
      />
      {dangerous.map((permission) => (
        <Alert key={permission} color="orange" title={permission}>
          {wordsOf(permission)}
        </Alert>
      ))}
      <MultiSelect
        label="Clusters"
        description={
          viewer.clusters === null ? 'Empty: all, and what is of no cluster.' : 'Among those that you see.'
        }
        data={[...known.values()].map((cluster) => ({ value: cluster.id, label: cluster.name }))}
        value={clusters}
        onChange={setClusters}
        required={viewer.clusters !== null}
        clearable
      />
      <ExpiryInput value={expiry} onChange={setExpiry} />
    </OnceDialog>
  );
};

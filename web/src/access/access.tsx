// Who may do what: the viewer itself, its sessions, and for whoever holds key:admin all of them and all API keys.
import { Alert, Button, Group, Switch, Text, TextInput } from '@mantine/core';
import { IconInfoCircle, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { ApiKeysDocument } from '../../generated/documents.ts';
import { useDialog } from '../acting/acting.tsx';
import { useLiveQuery } from '../live/live.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Errors, Loading } from '../parts/states.tsx';
import { usePermission } from '../session/viewer.tsx';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { KeyTable } from './key-table.tsx';
import type { ApiKey } from './keys.ts';
import { Sessions } from './sessions.tsx';
import { YourKey } from './your-key.tsx';

const pageSize = 50;

const Keys = ({ keys }: { keys: readonly ApiKey[] }) => {
  const [search, setSearch] = useSearchParams();
  const [count, setCount] = useState(pageSize);
  const text = search.get('text') ?? '';
  const showsRevoked = search.get('revoked') === 'true';
  const change = (name: string, value: string) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value) next.set(name, value);
        else next.delete(name);
        return next;
      },
      { replace: true },
    );
  const wanted = text.trim().toLowerCase();
  const fit = keys.filter(
    ({ id, name, revokedAt }) =>
      (showsRevoked || revokedAt === null) && (name.toLowerCase().includes(wanted) || id.startsWith(wanted)),
  );
  return (
    <>
      <Group gap="md" role="search" aria-label="Filter of keys">
        <TextInput
          data-page-filter
          aria-label="Name or id"
          placeholder="Name or id  ( / )"
          value={text}
          onChange={(event) => change('text', event.currentTarget.value)}
          style={{ flex: 1, minWidth: 200 }}
        />
        <Switch
          label="Revoked ones too"
          checked={showsRevoked}
          onChange={(event) => change('revoked', event.currentTarget.checked ? 'true' : '')}
        />
        <Text size="sm" c="dimmed">
          {fit.length < keys.length ? `${fit.length} of ${keys.length}` : keys.length}
        </Text>
      </Group>
      {fit.length === 0 ? <Empty title="No key fits this filter" /> : <KeyTable keys={fit.slice(0, count)} />}
      {fit.length > count && (
        <Group>
          <Button variant="default" onClick={() => setCount(count + pageSize)}>
            Show more
          </Button>
        </Group>
      )}
    </>
  );
};

export default () => {
  const open = useDialog();
  const whyNot = usePermission()('key:admin');
  const { data, errors, loading, reload } = useLiveQuery(
    ApiKeysDocument,
    {},
    // No event tells of a use.
    { topics: ['operation'], everySeconds: 60, pause: whyNot !== null },
  );
  const keys = data?.apiKeys ?? [];
  return (
    <Page
      title="Access"
      actions={
        <Button
          leftSection={<IconPlus size={16} aria-hidden />}
          disabled={whyNot !== null}
          title={whyNot ?? undefined}
          onClick={() => open((close) => <CreateKeyDialog onClose={close} />)}
        >
          Create a key
        </Button>
      }
    >
      <YourKey isOpen={whyNot !== null} />
      <Sessions />
      {whyNot ? (
        <Alert color="blue" icon={<IconInfoCircle aria-hidden />} title="The keys of others are not shown">
          {whyNot}. Whoever holds it sees, creates and revokes API keys here.
        </Alert>
      ) : (
        <>
          {loading && <Loading what="keys" />}
          {errors.length > 0 && <Errors errors={errors} onRetry={reload} />}
          {data && <Keys keys={keys} />}
        </>
      )}
    </Page>
  );
};

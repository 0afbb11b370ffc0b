// The browsers that are signed in: one's own, and for whoever holds key:admin those of others.
import { Alert, Badge, Button, Card, Table, Text, Title } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { RevokeSessionDocument, SessionsDocument, type SessionsQuery } from '../../generated/documents.ts';
import { createAct } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useDialog } from '../acting/acting.tsx';
import { useAsk, useLiveQuery } from '../live/live.tsx';
import { StateBadge } from '../parts/badges.tsx';
import { Errors, Loading } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';

type Session = SessionsQuery['sessions'][number];

const nameOf = ({ actor }: Session): string => actor?.name ?? 'somebody';

const RevokeDialog = ({ session, onClose }: { session: Session; onClose: () => void }) => {
  const act = createAct(
    useAsk(),
    RevokeSessionDocument,
    { id: session.id },
    {
      title: 'Revoke the session',
      subject: nameOf(session),
      meaning: 'The browser is signed out at once, and what is open over it is closed.',
      permission: 'session:create',
    },
  );
  return (
    <ActDialog act={act} onClose={onClose}>
      {session.isCurrent && (
        <Alert color="orange" icon={<IconAlertTriangle aria-hidden />} title="This is your own session">
          You are signed out as soon as it is revoked.
        </Alert>
      )}
    </ActDialog>
  );
};

const Row = ({ session }: { session: Session }) => {
  const open = useDialog();
  return (
    <Table.Tr data-session={nameOf(session)}>
      <Table.Td>
        {nameOf(session)}
        {session.isCurrent && (
          <Badge ml={6} variant="light" color="blue" tt="none" radius="sm">
            this browser
          </Badge>
        )}
      </Table.Td>
      <Table.Td>{session.actor?.kind === 'PERSON' ? 'person' : 'key'}</Table.Td>
      <Table.Td>{session.role && <StateBadge state={session.role} />}</Table.Td>
      <Table.Td>
        <When at={session.createdAt} />
      </Table.Td>
      <Table.Td>
        <When at={session.expiresAt} />
      </Table.Td>
      <Table.Td>{session.sourceAddress ?? 'not known'}</Table.Td>
      <Table.Td>
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`Revoke the session of ${nameOf(session)}`}
          onClick={() => open((close) => <RevokeDialog session={session} onClose={close} />)}
        >
          Revoke
        </Button>
      </Table.Td>
    </Table.Tr>
  );
};

export const Sessions = () => {
  const { data, errors, loading, reload } = useLiveQuery(
    SessionsDocument,
    {},
    // No event tells of a sign-in to who may not read the history.
    { topics: ['operation'], everySeconds: 30 },
  );
  return (
    <Card withBorder component="section" aria-labelledby="sessions">
      <Title order={2} id="sessions" mb="xs">
        Sessions
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        Browsers that are signed in.
      </Text>
      {loading && <Loading what="sessions" />}
      {errors.length > 0 && <Errors errors={errors} onRetry={reload} />}
      {data && data.sessions.length > 0 && (
        <Table.ScrollContainer minWidth={700}>
          <Table aria-label="Sessions" highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Who</Table.Th>
                <Table.Th>Signed in as</Table.Th>
                <Table.Th>Role</Table.Th>
                <Table.Th>Since</Table.Th>
                <Table.Th>Until</Table.Th>
                <Table.Th>From</Table.Th>
                <Table.Th aria-label="Acts" />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.sessions.map((session) => (
                <Row key={session.id} session={session} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Card>
  );
};

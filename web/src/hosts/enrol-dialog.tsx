// A host is enrolled: one command to run there, the secret that it asks for, and who came.
import { Alert, Anchor, Group, Loader, Stack, Text, TextInput } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'wouter';
import {
  CreateEnrolmentDocument,
  type EnrolmentPartsFragment,
  EnrolmentsDocument,
} from '../../generated/documents.ts';
import { useAsk, useLive, useLiveQuery } from '../live/live.tsx';
import { StateBadge } from '../parts/badges.tsx';
import { Copyable } from '../parts/copy.tsx';
import { Countdown, useLeft } from '../parts/countdown.tsx';
import { OnceDialog } from '../parts/once-dialog.tsx';

type Shown = { command: string; secret: string; enrolment: EnrolmentPartsFragment };

/** Says when the host has come, without being asked. */
const Arrival = ({ enrolment, onClose }: { enrolment: EnrolmentPartsFragment; onClose: () => void }) => {
  const leftMs = useLeft(enrolment.expiresAt);
  const { data } = useLiveQuery(EnrolmentsDocument, {}, { topics: ['host'] });
  const now = data?.enrolments.find(({ id }) => id === enrolment.id);
  const host = useLive(({ hosts }) => (now?.host ? hosts.get(now.host.id) : undefined));
  if (now?.host)
    return (
      <Alert color="green" icon={<IconCheck aria-hidden />} title={`${now.host.name} has come`} role="status">
        <Group gap="xs">
          <Anchor
            component={Link}
            href={`/hosts/${now.host.id}`}
            size="sm"
            underline="always"
            onClick={onClose}
          >
            Look at it
          </Anchor>
          {host && <StateBadge state={host.status} />}
        </Group>
      </Alert>
    );
  if (leftMs === 0)
    return (
      <Alert color="orange" title="The secret has expired" role="status">
        Nobody came with it. Enrol once more.
      </Alert>
    );
  return (
    <Group gap="xs" role="status">
      <Loader size="xs" aria-hidden />
      <Text size="sm">Waiting for the host. You may close this: it is listed when it comes.</Text>
    </Group>
  );
};

export const EnrolDialog = ({ onClose }: { onClose: () => void }) => {
  const ask = useAsk();
  const [name, setName] = useState('');
  return (
    <OnceDialog<Shown>
      title="Enrol a host"
      meaning="An agent on the machine dials in to this server and carries out what is asked for here. It needs a secret that works once, for a quarter of an hour."
      permission="host:enrol"
      submit="Make the command"
      run={async (reason) => {
        const { createEnrolment } = await ask(CreateEnrolmentDocument, {
          input: { name: name.trim() || null, reason },
        });
        const { command, secret, enrolment, operation } = createEnrolment;
        return {
          shown: command && secret && enrolment ? { command, secret, enrolment } : null,
          failure: operation.failure,
        };
      }}
      show={({ command, secret, enrolment }) => (
        <Stack>
          <div>
            <Text size="sm" mb={4}>
              Run this on the host, where Skep is checked out and built:
            </Text>
            <Copyable text={command} label="command" />
          </div>
          <div>
            <Text size="sm" mb={4}>
              It asks for this secret, which so stands in no shell history. It is shown here and never again:
            </Text>
            <Copyable text={secret} label="secret" />
          </div>
          <Text size="sm">
            Works once, for <Countdown at={enrolment.expiresAt} />.
          </Text>
          <Arrival enrolment={enrolment} onClose={onClose} />
        </Stack>
      )}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        description="That the host will have in Skep; empty: its hostname."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={100}
        data-autofocus
      />
    </OnceDialog>
  );
};

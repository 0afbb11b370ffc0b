// A link that signs another browser in as the same person or key: once, within minutes.
import { Button, Stack, Text } from '@mantine/core';
import { IconLink } from '@tabler/icons-react';
import { CreateSignInLinkDocument } from '../../generated/documents.ts';
import { useDialog } from '../acting/acting.tsx';
import { useAsk } from '../live/live.tsx';
import { Copyable } from '../parts/copy.tsx';
import { Countdown } from '../parts/countdown.tsx';
import { OnceDialog } from '../parts/once-dialog.tsx';
import { usePermission, useViewer } from '../session/viewer.tsx';

type Shown = { link: string; expiresAt: string };

const SignInLinkDialog = ({ onClose }: { onClose: () => void }) => {
  const ask = useAsk();
  const { kind, name } = useViewer();
  return (
    <OnceDialog<Shown>
      title="Sign-in link"
      meaning={`Whoever opens it is signed in to the console as ${name}, with all that ${kind === 'PERSON' ? 'you' : 'this key'} may. It works once, for five minutes.`}
      permission="session:create"
      submit="Make the link"
      run={async (reason) => {
        const { link, expiresAt, operation } = (await ask(CreateSignInLinkDocument, { input: { reason } }))
          .createSignInLink;
        return { shown: link && expiresAt ? { link, expiresAt } : null, failure: operation.failure };
      }}
      show={({ link, expiresAt }) => (
        <Stack>
          <Copyable text={link} label="sign-in link" />
          <Text size="sm">
            Works once, for <Countdown at={expiresAt} />. Whoever has it is {name}: give it to nobody else.
          </Text>
        </Stack>
      )}
      onClose={onClose}
    />
  );
};

export const SignInLinkButton = () => {
  const open = useDialog();
  const whyNot = usePermission()('session:create');
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={<IconLink size={14} aria-hidden />}
      disabled={whyNot !== null}
      title={whyNot ?? undefined}
      onClick={() => open((close) => <SignInLinkDialog onClose={close} />)}
    >
      Sign-in link
    </Button>
  );
};

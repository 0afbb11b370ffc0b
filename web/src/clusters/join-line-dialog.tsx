// `docker swarm join …` for a machine without an agent: the token is read from a manager, on record, and masked until asked.
import { Button, Group, Modal, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { type NodeRole, RevealJoinTokenDocument } from '../../generated/documents.ts';
import { ReasonInput } from '../acting/reason-input.tsx';
import { useAsk } from '../live/live.tsx';
import type { LiveCluster } from '../live/store.ts';
import { type ApiError, RequestError } from '../live/transport.ts';
import { Copyable } from '../parts/copy.tsx';
import { Errors } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';
import { roleChoices } from './role-choices.ts';

/** The token as dots: the rest of the line is no secret. */
const masked = (command: string): string => command.replace(/SWMTKN-\S+/, 'SWMTKN-••••••••');

export default ({ cluster, onClose }: { cluster: LiveCluster; onClose: () => void }) => {
  const ask = useAsk();
  const [role, setRole] = useState<NodeRole>('WORKER');
  const [reason, setReason] = useState('');
  const [command, setCommand] = useState<string | null>(null);
  const [isShown, setShown] = useState(false);
  const [errors, setErrors] = useState<readonly ApiError[]>([]);
  const token = cluster.joinTokens.find((each) => each.role === role);
  const read = async () => {
    try {
      const { revealJoinToken } = await ask(RevealJoinTokenDocument, {
        input: { cluster: cluster.id, role, reason },
      });
      const { failure } = revealJoinToken.operation;
      setErrors(failure ? [failure] : []);
      setCommand(revealJoinToken.command);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      setErrors(error.errors);
    }
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Join line of ${cluster.name}`}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack>
        <SegmentedControl
          aria-label="Role"
          data={[...roleChoices]}
          value={role}
          onChange={(value) => {
            setRole(value as NodeRole);
            setCommand(null);
            setShown(false);
          }}
        />
        <Text size="sm" c="dimmed">
          Rotated <When at={token?.rotatedAt} />, shown last <When at={token?.revealedAt} />. Whoever has the
          line can join until the token is rotated. A host with an agent needs none: see the page Hosts.
        </Text>
        <Errors errors={errors} />
        {command ? (
          <>
            {isShown ? (
              <Copyable text={command} label="join line" />
            ) : (
              <Text ff="monospace" size="sm" style={{ overflowWrap: 'anywhere' }}>
                {masked(command)}
              </Text>
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setShown(!isShown)}>
                {isShown ? 'Mask the token' : 'Show the token'}
              </Button>
            </Group>
          </>
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void read();
            }}
          >
            <Stack>
              <ReasonInput value={reason} onChange={setReason} hasFocus />
              <Group justify="flex-end">
                <Button type="submit" disabled={reason.trim() === ''}>
                  Read the join line
                </Button>
              </Group>
            </Stack>
          </form>
        )}
      </Stack>
    </Modal>
  );
};

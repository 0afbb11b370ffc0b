// The dialog of a mutation whose answer is shown once and never again: it asks, then shows.
import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { ReasonInput } from '../acting/reason-input.tsx';
import { type ApiError, RequestError } from '../live/transport.ts';
import { usePermission } from '../session/viewer.tsx';
import { Errors } from './states.tsx';

/** What the mutation says: what is to be shown, or why it was not done. */
export type Once<Shown> = { shown: Shown | null; failure: ApiError | null };

/**
 * @param run the mutation; its answer lives in this dialog alone, and is gone with it.
 * @param children what is asked beyond the reason.
 * @param show what was answered.
 */
export const OnceDialog = <Shown,>({
  title,
  meaning,
  permission,
  submit,
  isReasonNeeded = false,
  isComplete = true,
  run,
  children,
  show,
  onClose,
}: {
  title: string;
  meaning: string;
  permission: string;
  /** Of the button that asks for it. */
  submit: string;
  isReasonNeeded?: boolean;
  isComplete?: boolean;
  run: (reason: string | null) => Promise<Once<Shown>>;
  children?: ReactNode;
  show: (shown: Shown) => ReactNode;
  onClose: () => void;
}) => {
  const [reason, setReason] = useState('');
  const [shown, setShown] = useState<Shown | null>(null);
  const [errors, setErrors] = useState<readonly ApiError[]>([]);
  const [busy, setBusy] = useState(false);
  const whyNot = usePermission()(permission);
  const ask = async () => {
    setBusy(true);
    setErrors([]);
    try {
      const answer = await run(reason.trim() || null);
      setErrors(answer.failure ? [answer.failure] : []);
      setShown(answer.shown);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      setErrors(error.errors);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
      // Neither what was typed nor what is shown once is lost by a click beside the dialog.
      closeOnClickOutside={false}
    >
      {shown !== null ? (
        <Stack>
          {show(shown)}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Close; it is not shown again
            </Button>
          </Group>
        </Stack>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void ask();
          }}
        >
          <Stack>
            <Text size="sm">{meaning}</Text>
            {whyNot && <Alert color="orange" title="FORBIDDEN">{`${whyNot}.`}</Alert>}
            {children}
            {errors.length > 0 && <Errors errors={errors} />}
            <ReasonInput value={reason} onChange={setReason} required={isReasonNeeded} />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button
                type="submit"
                loading={busy}
                disabled={whyNot !== null || !isComplete || (isReasonNeeded && reason.trim() === '')}
              >
                {submit}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
};

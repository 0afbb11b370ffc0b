// The one dialog before every act: what it means, its consequence by a dry run, the reason; afterwards its progress.
import { Alert, Button, Group, Loader, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Guard } from '../../generated/documents.ts';
import type { LiveOperation } from '../live/store.ts';
import { type ApiError, RequestError } from '../live/transport.ts';
import { OperationView } from '../operations/operation-view.tsx';
import { Errors } from '../parts/states.tsx';
import { usePermission } from '../session/viewer.tsx';
import { type Act, isOverridable } from './act.ts';
import { Consequence } from './consequence.tsx';
import { ReasonInput } from './reason-input.tsx';

/** Milliseconds after the last key until the dry run is asked for. */
const pauseMs = 250;

/** For one submission: the same act sent twice, because the line broke, is done once. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

const errorsOf = (error: unknown): readonly ApiError[] => {
  if (error instanceof RequestError) return error.errors;
  throw error;
};

/** @param children what the act asks beyond the reason. */
export const ActDialog = ({
  act,
  children,
  isComplete = true,
  onClose,
}: {
  act: Act;
  children?: ReactNode;
  /** Whether what `children` ask for has been answered. */
  isComplete?: boolean;
  onClose: () => void;
}) => {
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [overridden, setOverridden] = useState<Guard[]>([]);
  const [verdict, setVerdict] = useState<LiveOperation | null>(null);
  const [errors, setErrors] = useState<readonly ApiError[]>([]);
  const [busy, setBusy] = useState(false);
  const [started, setStarted] = useState<LiveOperation | null>(null);
  const submission = useRef(newKey());
  const latest = useRef(act);
  latest.current = act;
  const whyNot = usePermission()(act.permission);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says when the act is another one
  useEffect(() => {
    setVerdict(null);
    setErrors([]);
    submission.current = newKey();
    if (whyNot !== null || !isComplete) return;
    let isOld = false;
    const timer = setTimeout(async () => {
      try {
        const seen = await latest.current.run({ dryRun: true });
        if (!isOld) setVerdict(seen);
      } catch (error) {
        if (!isOld) setErrors(errorsOf(error));
      }
    }, pauseMs);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [act.key, isComplete, whyNot]);

  const unanswered = verdict?.guards.some(({ guard }) => !overridden.includes(guard)) ?? false;
  const mayBe =
    verdict !== null && (verdict.state === 'SUCCEEDED' || (isOverridable(verdict) && !unanswered));
  const isConfirmed = !act.confirm || typed === act.confirm;

  const submit = async () => {
    setBusy(true);
    setErrors([]);
    try {
      const override = overridden.length > 0 ? overridden : null;
      setStarted(await act.run({ reason, override, waitSeconds: 0, idempotencyKey: submission.current }));
    } catch (error) {
      setErrors(errorsOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Modal
      opened
      onClose={onClose}
      title={`${act.title}: ${act.subject}`}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
      // What was typed is not lost by a click beside the dialog.
      closeOnClickOutside={started !== null}
    >
      {started ? (
        <Stack>
          <OperationView operation={started} />
          <Text size="sm" c="dimmed">
            It stays on record. Closing this does not stop it.
          </Text>
          <Group justify="flex-end">
            <Button onClick={onClose} variant="default" data-autofocus>
              Close
            </Button>
          </Group>
        </Stack>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <Stack>
            <Text size="sm">{act.meaning}</Text>
            {children}
            {whyNot && <Alert color="orange" title="FORBIDDEN">{`${whyNot}.`}</Alert>}
            {verdict ? (
              <Consequence verdict={verdict} overridden={overridden} onOverride={setOverridden} />
            ) : (
              isComplete &&
              !whyNot &&
              errors.length === 0 && (
                <Group gap="xs" role="status">
                  <Loader size="xs" aria-hidden />
                  <Text size="sm">Asking what it would do …</Text>
                </Group>
              )
            )}
            <Errors errors={errors} />
            <ReasonInput value={reason} onChange={setReason} hasFocus />
            {act.confirm && (
              <TextInput
                label={`Type ${act.confirm} to confirm`}
                value={typed}
                onChange={(event) => setTyped(event.currentTarget.value)}
                autoComplete="off"
                required
              />
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button
                type="submit"
                color={act.confirm || (verdict && verdict.guards.length > 0) ? 'red.8' : undefined}
                loading={busy}
                disabled={!mayBe || !isComplete || !isConfirmed || reason.trim() === ''}
              >
                {act.title}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
};

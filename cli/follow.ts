// An operation step by step, until it has ended.
import { setTimeout } from 'node:timers/promises';
import { notFound } from './complaint.ts';
import { isFinal } from './exit-codes.ts';
import {
  EventCursorDocument,
  OperationByIdDocument,
  OperationChangedDocument,
  type OperationToldFragment,
} from './generated/documents.ts';
import type { Session } from './session.ts';

const againMs = 1_000;

/** Whether waiting for the server makes sense; the client's error, known by name. */
export const isAway = (error: unknown): boolean =>
  error instanceof Error &&
  error.name === 'SkepUnreachable' &&
  'retryable' in error &&
  error.retryable === true;

/** Until the next try; not longer than the signal lets it. */
export const pauseForServer = (signal: AbortSignal): Promise<void> =>
  setTimeout(againMs, undefined, { signal }).catch(() => undefined);

/**
 * The operation as it is now, and again after each step; ends with its end or with the signal. It goes on over a restart
 * of the server, and so does this, once it has seen the operation.
 *
 * @throws Complaint NOT_FOUND
 */
export async function* follow(
  session: Session,
  id: string,
  { signal, seen = false }: { signal: AbortSignal; seen?: boolean },
): AsyncGenerator<OperationToldFragment> {
  let wasSeen = seen;
  for (;;) {
    try {
      for await (const step of stepsOf(session, id, signal)) {
        wasSeen = true;
        yield step;
      }
      return;
    } catch (error) {
      if (!wasSeen || !isAway(error)) throw error;
      await pauseForServer(signal);
      if (signal.aborted) return;
    }
  }
}

async function* stepsOf(
  session: Session,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<OperationToldFragment> {
  // The cursor is taken before the operation is read: no step falls between the two.
  const { eventCursor } = await session.ask(EventCursorDocument, {});
  const { operation } = await session.ask(OperationByIdDocument, { id });
  if (!operation) throw notFound(`there is no operation ${id}`, 'list them: skep op ls');
  yield operation;
  if (isFinal(operation.state)) return;
  const events = session.listen(
    OperationChangedDocument,
    { filter: { action: operation.action } },
    {
      after: eventCursor,
      signal,
      onLine: (up) => {
        if (!up && !signal.aborted) session.err('the line to the server is cut; it is dialled again');
      },
    },
  );
  for await (const { operationChanged } of events) {
    if (operationChanged.operation.id !== id) continue;
    yield operationChanged.operation;
    if (isFinal(operationChanged.operation.state)) return;
  }
}

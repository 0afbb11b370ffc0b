// The one error that says why a command did not end as DONE, and how it becomes a completion.
import type { Completion, FailureCode } from './contract.ts';
import { scrub } from './scrub.ts';

/**
 * A command, or a call to the engine, did not succeed.
 *
 * `outcome`: FAILED, the engine said no and nothing changed; REFUSED, nothing was sent; UNKNOWN, it was sent and may
 * have happened or still happen (no answer, a broken answer, or one that swarmkit gives for a lost raft proposal).
 */
export class CommandFailure extends Error {
  readonly outcome: 'FAILED' | 'REFUSED' | 'UNKNOWN';
  readonly code: FailureCode;

  constructor(outcome: 'FAILED' | 'REFUSED' | 'UNKNOWN', code: FailureCode, message: string) {
    super(message);
    this.name = 'CommandFailure';
    this.outcome = outcome;
    this.code = code;
  }
}

const maximumMessageLength = 2000;

/** The completion for what an executor threw; `secrets` are taken out of the message. */
export function completionOf(error: unknown, secrets: readonly string[]): Completion {
  const failure =
    error instanceof CommandFailure
      ? error
      : new CommandFailure('UNKNOWN', 'ENGINE_ERROR', error instanceof Error ? error.message : String(error));
  const message = scrub(failure.message, secrets).slice(0, maximumMessageLength);
  return { outcome: failure.outcome, failure: { code: failure.code, message } };
}

/**
 * Runs what follows a write that the engine accepted: whatever goes wrong there, the write happened, so a plain
 * failure would be a lie.
 */
export async function afterWrite<T>(follow: () => Promise<T>): Promise<T> {
  try {
    return await follow();
  } catch (error) {
    if (error instanceof CommandFailure && error.outcome !== 'UNKNOWN') {
      throw new CommandFailure('UNKNOWN', error.code, `done, but not read back: ${error.message}`);
    }
    throw error;
  }
}

// The one error of the command line: how it ends, what is wrong, and what to do about it.
import type { Ending } from './exit-codes.ts';

/** Thrown for what the command line itself finds wrong; main.ts prints it. */
export class Complaint extends Error {
  readonly ending: Ending;
  readonly code: string;
  readonly hint: string | null;

  constructor(ending: Ending, code: string, message: string, hint: string | null = null) {
    super(message);
    this.name = 'Complaint';
    this.ending = ending;
    this.code = code;
    this.hint = hint;
  }
}

/** A command line that cannot be meant so. */
export const misuse = (message: string, hint: string | null = null): Complaint =>
  new Complaint('usage', 'BAD_USAGE', message, hint);

export const notFound = (message: string, hint: string | null = null): Complaint =>
  new Complaint('failed', 'NOT_FOUND', message, hint);

/** A secret is told once: with the idempotency key of an earlier call it does not come again. */
export const toldBefore = (operation: string): Complaint =>
  new Complaint(
    'failed',
    'SHOWN_BEFORE',
    `operation ${operation} has told its secret already`,
    'ask anew, without or with another --idempotency-key',
  );

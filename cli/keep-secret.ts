// A secret that is shown once: into a file of its owner's, or as the only line of standard output.
import { existsSync, writeFileSync } from 'node:fs';
import { Complaint, misuse } from './complaint.ts';
import type { Session } from './session.ts';

/** Before the secret is made: afterwards it would be lost. @throws Complaint BAD_USAGE */
export const checkOutput = (session: Session, path: string | undefined): void => {
  if (path === undefined) return;
  if (session.format === 'json') throw misuse('give --output or --format json, not both');
  if (existsSync(path)) throw misuse(`${path} is there already`, 'give a file that does not exist yet');
};

/** @returns what to print on standard output; `words` are for people, and go to standard error. */
export const keepSecret = (
  session: Session,
  secret: string | null,
  path: string | undefined,
  words: readonly string[],
): string[] => {
  if (secret === null)
    throw new Complaint(
      'failed',
      'SHOWN_BEFORE',
      'the secret of this act was told already',
      'ask anew, without or with another --idempotency-key',
    );
  if (!session.quiet) for (const line of words) session.err(line);
  if (path === undefined) return [secret];
  try {
    writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw misuse(
      `${path} cannot be written: ${(error as NodeJS.ErrnoException).code}; the secret that was made is lost`,
      'give a file that does not exist yet, and make another secret',
    );
  }
  return [];
};

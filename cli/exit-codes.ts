// How `skep` ends: what a script can tell apart without reading a word.

/** Each exit code with what it means; `skep help exit-codes` and docs/cli.md show this list. */
export const exitCodes = {
  succeeded: { code: 0, meaning: 'Done, and observed; a question was answered.' },
  failed: {
    code: 1,
    meaning: 'Begun and failed or cancelled, or only a part was done; not found; or trouble of the server.',
  },
  usage: { code: 2, meaning: 'The command line, a setting or an input is wrong. Nothing was done.' },
  refused: {
    code: 3,
    meaning: 'Refused and not begun: a guard, BUSY, too often … Nothing was changed.',
  },
  open: {
    code: 4,
    meaning:
      'Not known: still open when the wait ended or none was wanted, or the outcome could not be told.',
  },
  denied: { code: 5, meaning: 'Not signed in, or the key does not hold the permission.' },
  unreachable: { code: 6, meaning: 'No answer of the server.' },
  differs: {
    code: 7,
    meaning: 'A question was answered, and things are not as they are to be. Nothing was changed.',
  },
  interrupted: { code: 130, meaning: 'Ctrl-C. An operation that was begun goes on.' },
} as const;

export type Ending = keyof typeof exitCodes;

/** Codes of the contract by how they end, as the error of a request or as the failure of what was refused. */
const byErrorCode: Record<string, Ending> = {
  UNAUTHENTICATED: 'denied',
  FORBIDDEN: 'denied',
  BAD_USER_INPUT: 'usage',
  AMBIGUOUS_REFERENCE: 'usage',
  IDEMPOTENCY_CONFLICT: 'usage',
  NOT_FOUND: 'failed',
  GRAPHQL_VALIDATION_FAILED: 'usage',
  RATE_LIMITED: 'refused',
  BUSY: 'refused',
  AUDIT_UNAVAILABLE: 'refused',
};

export const endingOfError = (code: string): Ending => byErrorCode[code] ?? 'failed';

/** @param state of an operation; states that this version does not know count as open. */
export const endingOfState = (state: string): Ending => {
  switch (state) {
    case 'SUCCEEDED':
      return 'succeeded';
    case 'REFUSED':
      return 'refused';
    case 'FAILED':
    case 'CANCELLED':
      return 'failed';
    default:
      return 'open';
  }
};

/** Of an operation: what is refused ends as a request with the same error does. */
export const endingOf = (operation: { state: string; failure: { code: string } | null }): Ending => {
  const ending = endingOfState(operation.state);
  return ending === 'refused' ? (byErrorCode[operation.failure?.code ?? ''] ?? ending) : ending;
};

/** Whether an operation in this state changes no more. */
export const isFinal = (state: string): boolean =>
  ['SUCCEEDED', 'FAILED', 'REFUSED', 'CANCELLED', 'UNRESOLVED'].includes(state);

// What goes wrong on the way to Skep, as two errors: it answered and refused, or no answer came.

/** As it stands in an answer: a sentence, and what the contract says of it. */
export type ApiError = {
  message: string;
  path?: readonly (string | number)[];
  extensions?: Record<string, unknown>;
};

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Skep answered, and the answer is no. */
export class SkepError extends Error {
  override name = 'SkepError';
  /** Stable, to decide by; all of them: docs/failures.md. New ones may come. */
  readonly code: string;
  /** What to do about it; null: nothing that the server knows. */
  readonly hint: string | null;
  /** The same may succeed a little later without anybody changing anything. */
  readonly retryable: boolean;
  /** Seconds to wait before the next try; null: it does not say. */
  readonly retryAfter: number | null;
  /** By which the history knows the request; null: the answer does not name it. */
  readonly requestId: string | null;
  /** All that the answer complained of; the first one is told by the other fields. */
  readonly errors: readonly ApiError[];
  /** What came beside the errors; null: nothing. */
  readonly data: unknown;

  constructor(errors: readonly ApiError[], data: unknown = null) {
    const [first = { message: 'an answer without data and without errors' }] = errors;
    super(first.message);
    const { code, hint, retryable, retryAfter, requestId } = first.extensions ?? {};
    this.code = textOf(code) ?? 'INTERNAL';
    this.hint = textOf(hint);
    this.retryable = retryable === true;
    this.retryAfter = typeof retryAfter === 'number' ? retryAfter : null;
    this.requestId = textOf(requestId);
    this.errors = errors;
    this.data = data;
  }
}

/** No answer of Skep came: whether a mutation was taken is not known. `cause` says what was seen. */
export class SkepUnreachable extends Error {
  override name = 'SkepUnreachable';
  /** The server may come back; false: something else answers at the address, or the line was refused. */
  readonly retryable: boolean;

  constructor(message: string, { cause, retryable = true }: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.retryable = retryable;
  }
}

/** Whether waiting for the server makes sense. */
export const isAway = (error: unknown): boolean => error instanceof SkepUnreachable && error.retryable;

/** Of what the client refuses by itself, before anything is sent. */
export const badInput = (message: string, hint: string): SkepError =>
  new SkepError([{ message, extensions: { code: 'BAD_USER_INPUT', hint, retryable: false } }]);

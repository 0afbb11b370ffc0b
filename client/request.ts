// One question and its answer, over HTTP.
import { type ApiError, SkepError, SkepUnreachable } from './errors.ts';

export type Send = (
  query: string,
  variables: object | undefined,
  signal: AbortSignal | undefined,
) => Promise<unknown>;

type Answer = { data?: unknown; errors?: readonly ApiError[] };

const isAnswer = (body: unknown): body is Answer =>
  typeof body === 'object' && body !== null && ('data' in body || 'errors' in body);

/**
 * The promise's result, or the rejection when it is late or given up. A race beside the signal: Node's fetch loses an
 * answer whose connection breaks at the wrong moment, and then does not hear of the signal either.
 */
const within = async <Result>(
  timeoutMs: number,
  given: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> => {
  given?.throwIfAborted();
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new SkepUnreachable(`no answer within ${timeoutMs / 1000} seconds`)),
    timeoutMs,
  );
  const giveUp = (): void => late.abort(given?.reason);
  given?.addEventListener('abort', giveUp);
  const over = new Promise<never>((_, reject) => {
    late.signal.addEventListener('abort', () => reject(late.signal.reason));
  });
  try {
    return await Promise.race([work(late.signal), over]);
  } finally {
    clearTimeout(timer);
    given?.removeEventListener('abort', giveUp);
  }
};

/** @throws SkepError, SkepUnreachable, or the reason of the signal. */
export const createSend =
  ({
    url,
    key,
    fetch,
    timeoutMs,
  }: {
    url: string;
    key: () => Promise<string>;
    fetch: typeof globalThis.fetch;
    timeoutMs: number;
  }): Send =>
  async (query, variables, given) => {
    const authorization = `Bearer ${await key()}`;
    const body = JSON.stringify({ query, variables });
    const { status, text } = await within(timeoutMs, given, async (signal) => {
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json', accept: 'application/json' },
          body,
          signal,
          // fetch would send the body, with whatever secret is in it, on to any other place.
          redirect: 'manual',
        });
        return { status: response.status, text: await response.text() };
      } catch (cause) {
        if (signal.aborted) throw signal.reason;
        throw new SkepUnreachable(`${url} does not answer`, { cause });
      }
    });
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch {
      answer = null;
    }
    if (!isAnswer(answer))
      throw new SkepUnreachable(`what answers at ${url} is not Skep's API (HTTP status ${status})`, {
        // A gateway says so of a server that is away.
        retryable: status >= 500,
      });
    if ((answer.errors?.length ?? 0) > 0 || !answer.data)
      throw new SkepError(answer.errors ?? [], answer.data ?? null);
    return answer.data;
  };

// A caller of the API as any script is one: fetch, and nothing of the server's.
export type Answer = {
  data: Record<string, unknown> | null;
  errors?: { message: string; extensions?: Record<string, unknown> }[];
};

/** Longer than any mutation waits (`waitSeconds` is at most 120). */
const patienceMs = 180_000;

/**
 * POSTs a document. HTTP status and body as they come.
 *
 * The deadline is a race and no AbortSignal: Node's fetch loses an answer whose connection breaks at the wrong moment
 * (seen on 20.20: no request is pending in its dispatcher, and the promise of the body never settles).
 * @throws Error when there is no answer in time.
 */
export const post = async (
  url: string,
  key: string | null,
  query: string,
  variables: Record<string, unknown> = {},
  timeoutMs: number = patienceMs,
): Promise<{ status: number; body: Answer }> => {
  const asked = async (): Promise<{ status: number; body: Answer }> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, body: (await response.json()) as Answer };
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer of ${url} within ${timeoutMs} ms`)), timeoutMs);
  });
  return Promise.race([asked(), late]).finally(() => clearTimeout(timer));
};

export type Ask = <T = Record<string, any>>(query: string, variables?: Record<string, unknown>) => Promise<T>;

/** The server may close a kept connection at the moment in which it is used again; a query can be asked once more. */
const wasClosed = (error: unknown): boolean =>
  error instanceof TypeError && (error.cause as { code?: string } | undefined)?.code === 'UND_ERR_SOCKET';

/** Asks and gives the data; throws what the server complained of. */
export const createAsk =
  (url: () => string, key: string): Ask =>
  async <T>(query: string, variables: Record<string, unknown> = {}): Promise<T> => {
    const send = () => post(url(), key, query, variables);
    const { body } = await send().catch((error: unknown) => {
      if (query.trimStart().startsWith('mutation') || !wasClosed(error)) throw error;
      return send();
    });
    if (body.errors || !body.data)
      throw new Error(
        `${body.errors?.map(({ message, extensions }) => `${extensions?.code}: ${message}`).join('; ')} in ${query.slice(0, 200)}`,
      );
    return body.data as T;
  };

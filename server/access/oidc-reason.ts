// Why the provider's answer was not taken, for the server's log: what whoever sets it up has to know, and never what was
// sent. An error of the library carries tokens, bodies and claims along; one of a parser quotes them.

type Told = { code?: unknown; error?: unknown; claim?: unknown; cause?: unknown };

/** A word of the protocol, such as `invalid_client`; the provider may have written anything. */
const wordOf = (value: unknown): string | null =>
  typeof value === 'string' && /^[\w.-]{1,40}$/.test(value) ? value : null;

/** The error and what was behind it. */
function* chainOf(error: unknown): Generator<object> {
  let left = 5;
  for (let at = error; at !== null && typeof at === 'object' && left > 0; left -= 1) {
    yield at;
    at = 'cause' in at ? at.cause : null;
  }
}

export const reasonOf = (error: unknown): string => {
  const parts = [...chainOf(error)].flatMap((each) => {
    const { code, error: word, claim }: Told = each;
    const message =
      each instanceof Error && (typeof code === 'string' || each === error) ? each.message : null;
    return [message, wordOf(word), wordOf(claim)].filter((part) => part !== null);
  });
  return [...new Set(parts)].join(': ');
};

// Signing in and out: a key or a ticket is exchanged for a cookie that no script can read (docs/console.md).

/** What a refusal of the server says. */
export type Refusal = { code: string; message: string; hint: string | null };

const refusalOf = async (response: Response): Promise<Refusal> => {
  try {
    const { errors } = (await response.json()) as {
      errors: { message: string; extensions?: { code?: string; hint?: string } }[];
    };
    const [first] = errors;
    return {
      code: first?.extensions?.code ?? 'INTERNAL',
      message: first?.message ?? response.statusText,
      hint: first?.extensions?.hint ?? null,
    };
  } catch {
    return { code: 'INTERNAL', message: `the server answered ${response.status}`, hint: null };
  }
};

/** @returns null when signed in. */
export const signIn = async (presented: { key: string } | { ticket: string }): Promise<Refusal | null> => {
  try {
    const response = await fetch('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(presented),
    });
    if (!response.ok) return await refusalOf(response);
    // Read, or the request would count as open.
    await response.json();
    return null;
  } catch {
    return { code: 'UNREACHABLE', message: 'the server does not answer', hint: 'is it running?' };
  }
};

export const signOut = async (): Promise<void> => {
  await fetch('/session', { method: 'DELETE' });
};

/** Also at the provider, which else would let the next one in who asks. */
export const signOutEverywhere = async (): Promise<void> => {
  await signOut();
  location.assign('/session/oidc/end');
};

/** What stands in the address’ fragment by that name, taken out at once so that it stays in no history. */
export const takeOfAddress = (name: string): string | null => {
  const value = new URLSearchParams(location.hash.slice(1)).get(name);
  if (value !== null) history.replaceState(null, '', location.pathname + location.search);
  return value;
};

/** The ticket of a sign-in link. */
export const takeTicket = (): string | null => takeOfAddress('ticket');

// Sign-ins that were begun and are not back from the provider. In memory only: a restart ends them, and so do ten minutes.
import { hash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Checks } from './oidc-provider.ts';

/** Time to find a password and a second factor. */
export const transactionSeconds = 600;
/** At a time: the oldest goes for the next. */
const mostTransactions = 10_000;

export type Transaction = {
  checks: Checks;
  redirectUri: string;
  /** Path of the console to go on to. */
  returnTo: string;
};

export type Transactions = {
  /** @returns what binds it to the browser that began it. */
  begin(transaction: Transaction): string;
  /** Once, and with the state that it was begun with. Null: unknown, used, expired or another one's. */
  take(presented: string, state: string | null): Transaction | null;
};

const digest = (text: string): string => hash('sha256', text);

export const createTransactions = (): Transactions => {
  // By digest: a dump of the memory has none to present.
  const transactions = new LRUCache<string, Transaction>({
    max: mostTransactions,
    ttl: transactionSeconds * 1_000,
  });
  return {
    begin: (transaction) => {
      const secret = `skep_signin_${randomBytes(32).toString('base64url')}`;
      transactions.set(digest(secret), transaction);
      return secret;
    },
    take: (presented, state) => {
      const key = digest(presented);
      const found = transactions.get(key);
      // Another page can send a browser here with a state of its own: that must not end what was begun.
      if (!found || found.checks.state !== state) return null;
      transactions.delete(key);
      return found;
    },
  };
};

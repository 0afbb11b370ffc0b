// Whether a head of the history that an agent shows is one that this server signed.
import { LRUCache } from 'lru-cache';
import { headText, isSigned, type SignedHead } from '../audit/head.ts';
import type { ServerIdentity } from './server-identity.ts';

export type IsOurHead = (head: SignedHead) => boolean;

/** A thousand agents that come back at once keep the same newest head, or one of the last few. */
const mostKnown = 200;

export const createIsOurHead = ({ id, publicKey }: ServerIdentity): IsOurHead => {
  // Those alone that are: nobody else can fill it.
  const known = new LRUCache<string, true>({ max: mostKnown });
  return (head) => {
    if (head.server !== id) return false;
    const text = headText(head);
    const key = `${text}\n${head.signature}`;
    if (known.has(key)) return true;
    const isOurs = isSigned(publicKey, text, head.signature);
    if (isOurs) known.set(key, true);
    return isOurs;
  };
};

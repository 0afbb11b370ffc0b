// A signed head: the server's word that its history had this hash at this record. Agents keep it, so that a history
// that was rewritten, even with the server's own key, meets somebody who knows better.
import { createPublicKey, verify } from 'node:crypto';

export type SignedHead = {
  /** Id of the installation. */
  server: string;
  /** Which life of the database: a restored backup begins a new one, as a branch. */
  generation: string;
  seq: number;
  hash: string;
  /** When it was signed, ISO 8601. */
  at: string;
  /** Ed25519 over {@link headText}, base64url. */
  signature: string;
};

export const headText = ({ server, generation, seq, hash, at }: Omit<SignedHead, 'signature'>): string =>
  ['skep-audit-head-v1', server, generation, seq, hash, at].join('\n');

/** @param publicKey Ed25519, SPKI DER in base64url. */
export const isSigned = (publicKey: string, text: string, signature: string): boolean => {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' });
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
};

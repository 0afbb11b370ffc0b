// What server and agent sign when a connection begins (agent.graphql): each over both nonces and the channel.
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { promisify } from 'node:util';
import type { SignedHead } from '../audit/head.ts';

const verifyBeside = promisify(verify);

/** A connection that begins. `channel`: see channel.ts. */
export type Handshake = {
  /** Null: it enrols. */
  hostId: string | null;
  agentNonce: string;
  serverNonce: string;
  channel: string;
};

/** Signed by the server before it hears anything but the host's id and a nonce. */
export const serverText = (
  { hostId, agentNonce, serverNonce, channel }: Handshake,
  generation: string,
): string => ['skep-server-v2', hostId ?? '', agentNonce, serverNonce, channel, generation].join('\n');

/** What an agent says of its host when it attaches. */
export type AttachClaim = {
  /** Changes when the machine is started anew. */
  bootId: string;
  /** Null while the engine does not answer its agent. */
  engineId: string | null;
  /** The newest head of the history that it keeps, by which an older database is found out. Signed by the server. */
  head: SignedHead | null;
};

/** Signed by the agent in `attach`. */
export const agentText = (
  { hostId, agentNonce, serverNonce, channel }: Handshake,
  { bootId, engineId }: Omit<AttachClaim, 'head'>,
): string =>
  ['skep-agent-v2', hostId ?? '', agentNonce, serverNonce, channel, bootId, engineId ?? ''].join('\n');

/** What stands before the 32 bytes of an Ed25519 key in its SPKI DER (RFC 8410, 4). */
const spkiOfEd25519 = Buffer.from('302a300506032b6570032100', 'hex');

/** OpenSSL takes longer to find out what a DER holds than to check a signature; a JWK says it. */
const keyOf = (publicKey: string): KeyObject => {
  const key = Buffer.from(publicKey, 'base64url');
  const isEd25519 = key.length === spkiOfEd25519.length + 32 && key.indexOf(spkiOfEd25519) === 0;
  if (!isEd25519) return createPublicKey({ key, format: 'der', type: 'spki' });
  const x = key.toString('base64url', spkiOfEd25519.length);
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
};

/**
 * Checked beside the event loop, which a thousand agents at once would hold up for a tenth of a second.
 * @param publicKey Ed25519, SPKI DER in base64url. @throws what crypto says of a key that is none.
 */
export const proves = async (publicKey: string, text: string, signature: string): Promise<boolean> =>
  verifyBeside(null, Buffer.from(text), keyOf(publicKey), Buffer.from(signature, 'base64url'));

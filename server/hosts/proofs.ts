// What server and agent sign when a connection begins (agent.graphql): each over both nonces and the channel.
import { createPublicKey, verify } from 'node:crypto';
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

/**
 * Checked beside the event loop, which a thousand agents at once would hold up for a tenth of a second.
 * @param publicKey Ed25519, SPKI DER in base64url. @throws what crypto says of a key that is none.
 */
export const proves = async (publicKey: string, text: string, signature: string): Promise<boolean> => {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' });
  return verifyBeside(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
};

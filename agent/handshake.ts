// The proofs of a new connection: the server signs first, over both nonces, then the agent.
import { createHash, createPublicKey, verify } from 'node:crypto';
import * as z from 'zod/mini';

/** The server's acknowledgement of a connection. */
export const acknowledgementShape = z.object({
  server: z.string(),
  publicKey: z.string(),
  nonce: z.string().check(z.minLength(22)),
  binding: z.enum(['tls-exporter', 'none']),
  generation: z.string().check(z.minLength(1)),
  signature: z.string(),
  /** Commands may ask for a trace. Left out by earlier servers, and by those that do not trace. */
  traces: z.optional(z.boolean()),
});

/** The server's acknowledgement of a connection. */
export type Acknowledgement = z.infer<typeof acknowledgementShape>;

/** The other side is not the server that this agent trusts; nothing was told to it. */
export class UntrustedServer extends Error {}

/** What both sides of a connection know of it before anything is proven. */
export interface Opening {
  /** Empty on an enrolling connection. */
  readonly host: string;
  readonly nonce: string;
  /** What the proofs are bound to: the TLS exporter of this very connection, or `none`. */
  readonly channel: string;
}

/** The text that the agent signs in `attach`. */
export function agentProof(
  { host, nonce, channel }: Opening,
  serverNonce: string,
  { bootId, engineId }: { bootId: string; engineId: string | null },
): string {
  return ['skep-agent-v2', host, nonce, serverNonce, channel, bootId, engineId ?? ''].join('\n');
}

/** The text that the server signs in its acknowledgement. */
export function serverProof(
  { host, nonce, channel }: Opening,
  serverNonce: string,
  generation: string,
): string {
  return ['skep-server-v2', host, nonce, serverNonce, channel, generation].join('\n');
}

/** What an enrolment pins of the server: the SHA-256 of its SPKI DER key, in base64url. */
export function pinOf(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('base64url');
}

/**
 * Holds the acknowledgement against what the agent trusts.
 *
 * @param trusted - the server key kept at enrolment, or before it the pin of the enrolment
 * @throws UntrustedServer
 */
export function verifyServer(
  acknowledgement: Acknowledgement,
  trusted: { serverKey: string } | { pin: string },
  opening: Opening,
): void {
  const { publicKey, nonce, generation, signature } = acknowledgement;
  const isKnownKey = 'pin' in trusted ? pinOf(publicKey) === trusted.pin : publicKey === trusted.serverKey;
  if (!isKnownKey)
    throw new UntrustedServer('the server has another key than the one that this agent trusts');
  if (!isSigned(publicKey, serverProof(opening, nonce, generation), signature)) {
    throw new UntrustedServer(
      'the server did not prove its key for this connection: somebody stands in between, or it is another server',
    );
  }
}

function isSigned(publicKey: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' });
    return (
      key.asymmetricKeyType === 'ed25519' &&
      verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))
    );
  } catch {
    return false;
  }
}

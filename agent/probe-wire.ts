// What a probe of a port says: proofs by the preflight's nonce, so that a stranger neither answers nor is answered.
import { createHmac } from 'node:crypto';
import { isIPv6 } from 'node:net';

/** Where a probe is answered. */
export interface ProbePoint {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** What a probe sends, and what it is answered with: as long as each other, so that nothing is amplified. */
export interface ProbeWords {
  readonly ask: Buffer;
  readonly answer: Buffer;
}

/** Of a probe and of its answer. */
export const probeBytes = 32;

/** The words of one preflight for one port: the nonce itself never crosses the network between hosts. */
export function probeWords(nonce: string, { port, protocol }: Omit<ProbePoint, 'address'>): ProbeWords {
  const word = (kind: string): Buffer =>
    createHmac('sha256', nonce).update(`skep-probe ${kind} ${protocol} ${port}`).digest();
  return { ask: word('ask'), answer: word('answer') };
}

/** The kind of a UDP socket for an address. */
export function udpOf(address: string): 'udp4' | 'udp6' {
  return isIPv6(address) ? 'udp6' : 'udp4';
}

/** `EADDRINUSE`, or the message of an error without a code. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

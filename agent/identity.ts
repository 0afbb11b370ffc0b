// Who this agent is: its key pair, and after enrolment the host id and the server key that it trusts.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { replaceFile } from './durable-file.ts';

const membershipShape = z.object({
  host: z.string().check(z.minLength(1)),
  serverKey: z.string().check(z.minLength(1)),
});

/** What enrolment gave: this host's id and the server's Ed25519 public key (SPKI DER, base64url). */
export type Membership = z.infer<typeof membershipShape>;

/** The agent's identity, kept in its state folder. */
export interface Identity {
  /** Ed25519 public key, SPKI DER in base64url. */
  readonly publicKey: string;
  /** Ed25519 signature over UTF-8 text, in base64url. */
  sign(text: string): string;
  /** Undefined until enrolled. */
  membership(): Membership | undefined;
  /** Durable when it returns. */
  keep(membership: Membership): void;
}

/**
 * Opens the identity in a folder. The key pair is made at the first start, before any enrolment, so a crash between
 * the two loses nothing; it never leaves the folder.
 *
 * @throws Error when a file there is not what this agent wrote
 */
export function openIdentity(folder: string): Identity {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keyPath = join(folder, 'agent.key');
  if (!existsSync(keyPath)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    replaceFile(keyPath, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  }
  const privateKey = createPrivateKey(readFileSync(keyPath));
  let membership = readMembership(folder);
  return {
    get publicKey() {
      return spkiOf(privateKey);
    },
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
    membership: () => membership,
    keep: (next) => {
      replaceFile(membershipPathOf(folder), `${JSON.stringify(next)}\n`);
      membership = next;
    },
  };
}

/**
 * What an enrolment left in the folder; undefined before one.
 *
 * @throws Error when the file is not what this agent wrote
 */
export function readMembership(folder: string): Membership | undefined {
  const path = membershipPathOf(folder);
  if (!existsSync(path)) return undefined;
  const parsed = membershipShape.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`${path} holds no membership: remove it to enrol anew`);
  return parsed.data;
}

function membershipPathOf(folder: string): string {
  return join(folder, 'membership.json');
}

function spkiOf(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64url');
}

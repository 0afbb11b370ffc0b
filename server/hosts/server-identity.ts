// The server's key pair: agents pin it when they enrol.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  sign,
} from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export type ServerIdentity = {
  id: string;
  /** Ed25519, SPKI DER in base64url. */
  publicKey: string;
  /** SHA-256 of the public key's DER, base64url: the last part of an enrolment secret. */
  pin: string;
  /** Ed25519 signature over the text, base64url. */
  sign(text: string): string;
  /** A key of 32 bytes for one purpose, that nothing but the private key gives (HKDF with SHA-256, RFC 5869). */
  derive(purpose: string): Buffer;
};

/** @param file of the private key (PEM, 0600); made when it is missing. */
export const openServerIdentity = ({ id, file }: { id: string; file: string }): ServerIdentity => {
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  }
  const privateKey = createPrivateKey(readFileSync(file));
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return {
    id,
    publicKey: der.toString('base64url'),
    pin: createHash('sha256').update(der).digest('base64url'),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
    derive: (purpose) =>
      Buffer.from(
        hkdfSync('sha256', privateKey.export({ type: 'pkcs8', format: 'der' }), '', `skep: ${purpose}`, 32),
      ),
  };
};

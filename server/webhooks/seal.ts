// Secrets that the server itself needs again, such as what it signs with: sealed before they go into the database.
// AES-256-GCM (NIST SP 800-38D) by a key that only the server's own key gives, so that a copy of the database tells nothing.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export type Seal = {
  /** @param of what it belongs to: it is opened for the same alone. */
  close(text: string, of: string): string;
  /** Null: sealed by another key, or for something else, or changed since. */
  open(sealed: string, of: string): string | null;
};

const [ivBytes, tagBytes] = [12, 16];

/** @param key 32 bytes. */
export const createSeal = (key: Buffer): Seal => ({
  close: (text, of) => {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(of));
    const closed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), closed]).toString('base64');
  },
  open: (sealed, of) => {
    const bytes = Buffer.from(sealed, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes), {
        authTagLength: tagBytes,
      })
        .setAAD(Buffer.from(of))
        .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
      return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString(
        'utf8',
      );
    } catch {
      return null;
    }
  },
});

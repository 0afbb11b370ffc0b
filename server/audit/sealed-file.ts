// Where a sealed segment stands, and what it is known by.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';

/** A file that no seal speaks of yet: what a killed process leaves behind is not taken for a sealed one. */
export const unsealed = (file: string): string => `unsealed-${file}`;

/** SHA-256, hex, of a file. */
export const digestOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest('hex');
};

/**
 * A sealed file, also one whose server was killed before it got its name; null: it is not there, as none is in another
 * folder: a database that comes from elsewhere may name any.
 */
export const sealedFile = (folder: string, file: string): string | null =>
  /^\w[\w.-]*$/.test(file)
    ? ([join(folder, file), join(folder, unsealed(file))].find((path) => existsSync(path)) ?? null)
    : null;

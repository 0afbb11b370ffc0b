// A fingerprint of source files, by which prepare and build know that nothing changed. No packages: runs on a fresh clone.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const filesBelow = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        // Made of the others, and maybe not yet there.
        .filter((name) => name !== 'generated')
        .sort()
        .flatMap((name) => filesBelow(join(path, name)))
    : [path];

/**
 * SHA-256, hex, over names and contents of files and of all files below folders. What is missing counts as missing.
 *
 * @param {readonly string[]} paths relative to the working directory
 * @returns {string}
 */
export const hashFiles = (paths) => {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) =>
    existsSync(path) ? filesBelow(path) : [`${path} is missing`],
  )) {
    hash.update(`${file}\0`);
    if (existsSync(file)) hash.update(readFileSync(file));
  }
  return hash.digest('hex');
};

/** The text of a stamp that a step left, or null. @param {string} path */
export const readStamp = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : null);

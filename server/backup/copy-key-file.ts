// Copies a key or certificate out of a data folder, and nothing that only looks like one.
import { closeSync, constants, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { BackupFault } from './fault.ts';

const cannot = (message: string, cause?: unknown): BackupFault =>
  new BackupFault('cannot', message, { cause });

/**
 * Root makes backups of a folder that is another user's: by a link that user would have a file copied that he may not
 * read, and a pipe would hold up the backup for ever. Looked at by its handle, so that it is not another one when it is read.
 *
 * @throws BackupFault `cannot`
 */
export const copyKeyFile = (from: string, to: string): void => {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  let handle: number;
  try {
    handle = openSync(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ELOOP')
      throw cannot(
        `${from} is a symbolic link, and a backup follows none: put the file itself there, or name it by a setting and take the link away`,
        error,
      );
    throw error;
  }
  try {
    if (!fstatSync(handle).isFile()) throw cannot(`${from} is not a file: take it away`);
    writeFileSync(to, readFileSync(handle), { flag: 'wx', mode: 0o600 });
  } finally {
    closeSync(handle);
  }
};

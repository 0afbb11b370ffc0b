// A private folder for the time of a backup: what a killed one left behind is taken away by the next.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseError } from '../platform/database-error.ts';
import { lockFile } from '../platform/lock-file.ts';
import { BackupFault, explained } from './fault.ts';

/** Beside the file that is made: it is renamed to where it belongs, which works within one file system only. */
const name = '.skep-backup.part';

/** Also when the process is told to end. */
const removing = async <T>(folder: string, work: (folder: string) => Promise<T>): Promise<T> => {
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const end = (): never => process.exit(2);
  process.once('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  try {
    return await work(folder);
  } finally {
    process.off('exit', remove);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);
    remove();
  }
};

/** @param beside the folder that it stands in; one at a time then. Null: the system's folder of temporary files. */
export const inScratch = async <T>(
  beside: string | null,
  work: (folder: string) => Promise<T>,
): Promise<T> => {
  if (beside === null) return removing(mkdtempSync(join(tmpdir(), 'skep-backup-')), work);
  const folder = join(beside, name);
  try {
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    const lock = lockFile(join(folder, 'one'));
    try {
      for (const left of readdirSync(folder))
        if (!left.startsWith('one.lock')) rmSync(join(folder, left), { recursive: true });
      return await removing(folder, work);
    } finally {
      lock.release();
    }
  } catch (error) {
    if (error instanceof DatabaseError && error.code === 'DATABASE_IN_USE')
      throw new BackupFault('cannot', `another backup is being written in ${beside}: wait until it is done`);
    throw explained(
      error instanceof DatabaseError && error.cause !== undefined ? error.cause : error,
      beside,
    );
  }
};

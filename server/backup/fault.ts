// Why a backup or a restore was not done, in a sentence for the person at the console.
import { faultOf } from '../platform/sqlite-connection.ts';

/** `bad`: what was given is not a good backup. `cannot`: this machine does not let it be done. */
export class BackupFault extends Error {
  override readonly name = 'BackupFault';
  readonly kind: 'bad' | 'cannot';

  constructor(kind: 'bad' | 'cannot', message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/**
 * @param where the folder that was written.
 * @returns a {@link BackupFault} for what a full disk or missing rights say; the same error for all else.
 */
export const explained = (error: unknown, where: string): unknown => {
  if (error instanceof BackupFault) return error;
  const cannot = (message: string) => new BackupFault('cannot', message, { cause: error });
  const code = codeOf(error);
  const path = error instanceof Error && 'path' in error ? String(error.path) : where;
  if (code === 'ENOSPC' || code === 'EDQUOT' || faultOf(error)?.code === 'DISK_FULL')
    return cannot(`there is no room left in ${where}: free some, or give another folder. Nothing was kept`);
  if (code === 'EACCES' || code === 'EPERM')
    return cannot(`${path} may not be read or written by this user: run it as the server's own user`);
  if (code === 'EROFS') return cannot(`${path} is on a file system that is read-only`);
  if (code === 'ENOENT') return cannot(`${path} is not there`);
  return error;
};

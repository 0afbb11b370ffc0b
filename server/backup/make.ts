// Makes a backup of a data folder, whether its server runs or not, and looks whether it is good before it is called one.
import {
  accessSync,
  constants,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import Sqlite from 'better-sqlite3';
import { sealedFile } from '../audit/sealed-file.ts';
import { backUpDatabase, syncPath } from '../platform/back-up-database.ts';
import { failpoint } from '../platform/failpoints.ts';
import { pack, readBack } from './archive.ts';
import { checkCopy } from './check-copy.ts';
import { copyKeyFile } from './copy-key-file.ts';
import { databaseName, isKeyFile, sealedName, strangersIn } from './data-folder.ts';
import { BackupFault, explained } from './fault.ts';
import { formatVersion, type Manifest } from './manifest.ts';
import { inScratch } from './scratch.ts';

export type Made = {
  manifest: Manifest;
  /** Null: it went into a stream. */
  file: string | null;
  /** Names in the data folder that no rule speaks of: they are not in the backup. */
  leftOut: readonly string[];
};

const cannot = (message: string): BackupFault => new BackupFault('cannot', message);

/** The database first: each sealed part that it names stands beside it by then, and stays as it is. */
const stage = (data: string, folder: string): void => {
  const db = new Sqlite(join(data, databaseName), { readonly: true, fileMustExist: true, timeout: 10_000 });
  try {
    backUpDatabase(db, join(folder, databaseName));
  } finally {
    db.close();
  }
  for (const name of readdirSync(data).filter(isKeyFile)) copyKeyFile(join(data, name), join(folder, name));
  const copy = new Sqlite(join(folder, databaseName), { readonly: true });
  try {
    const names = copy.prepare<[], string>('SELECT file FROM AuditSeal').pluck().all();
    if (names.length > 0) mkdirSync(join(folder, sealedName), { mode: 0o700 });
    for (const name of names) {
      const path = sealedFile(resolve(data, sealedName), name);
      if (path !== null) symlinkSync(path, join(folder, sealedName, name));
    }
  } finally {
    copy.close();
  }
};

const fileFor = (to: string, now: Date): string =>
  existsSync(to) && statSync(to).isDirectory()
    ? join(to, `skep-${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z.tar.gz`)
    : to;

/**
 * @param to a file, a folder, or a stream. A file has its name only when it is whole, verified and on the disk.
 * @param force replaces a file that is there.
 * @throws BackupFault
 */
export const makeBackup = async ({
  data,
  to,
  force,
  migrations,
  version,
  now,
}: {
  data: string;
  to: string | Writable;
  force: boolean;
  /** Folder of the migrations of this version. */
  migrations: string;
  version: string;
  now: Date;
}): Promise<Made> => {
  try {
    accessSync(join(data, databaseName), constants.R_OK);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw cannot(
        `there is no ${databaseName} in ${data}: give the server's data folder with --data, or SKEP_DATA_DIR`,
      );
    throw explained(error, data);
  }
  const file = typeof to === 'string' ? fileFor(to, now) : null;
  if (file !== null && existsSync(file) && !force)
    throw cannot(`${file} is there already: give another name, or --force to replace it`);
  if (file !== null && !existsSync(dirname(file))) throw cannot(`the folder ${dirname(file)} is not there`);
  return inScratch(file === null ? null : dirname(file), async (scratch) => {
    const folder = join(scratch, 'data');
    mkdirSync(folder, { mode: 0o700 });
    try {
      stage(data, folder);
      await failpoint('backup.staged');
      const contents = await checkCopy(folder, migrations);
      const about = {
        format: 'skep-backup' as const,
        formatVersion,
        skepVersion: version,
        madeAt: now.toISOString(),
        ...contents,
      };
      const leftOut = strangersIn(data);
      if (typeof to !== 'string') return { manifest: await pack(folder, about, to), file: null, leftOut };
      const part = join(scratch, basename(file ?? to));
      const manifest = await pack(folder, about, createWriteStream(part, { mode: 0o600, flush: true }));
      await readBack(part, manifest);
      await failpoint('backup.packed');
      renameSync(part, file ?? to);
      syncPath(dirname(file ?? to));
      return { manifest, file, leftOut };
    } catch (error) {
      throw explained(error, file === null ? dirname(scratch) : dirname(file));
    }
  });
};

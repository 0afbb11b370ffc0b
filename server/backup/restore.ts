// Puts a backup in the place of a data folder. The folder itself stays, for it may be a mount: what was in it is moved
// into a folder in it, and what is restored is moved up, as a whole or, after a crash, by the next restore.
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { syncPath } from '../platform/back-up-database.ts';
import { DatabaseError } from '../platform/database-error.ts';
import { failpoint } from '../platform/failpoints.ts';
import { foretellRestore } from '../platform/generation.ts';
import { lockFile } from '../platform/lock-file.ts';
import {
  asidePrefix,
  databaseName,
  isHalfRestored,
  manifestName,
  moving,
  ready,
  unpacked,
} from './data-folder.ts';
import { BackupFault, explained } from './fault.ts';
import type { Manifest } from './manifest.ts';
import { unpackGood } from './verify.ts';

const cannot = (message: string): BackupFault => new BackupFault('cannot', message);

/** What a restore does not count as content, and never moves. */
const stays = (name: string): boolean =>
  name.startsWith(`${databaseName}.lock`) ||
  name === 'lost+found' ||
  [unpacked, ready, moving].includes(name) ||
  name.startsWith(asidePrefix);

const contentOf = (data: string): string[] => readdirSync(data).filter((name) => !stays(name));

const moveAll = (names: readonly string[], from: string, to: string): void => {
  // The database last: while it is missing nothing can be taken for a whole folder.
  const rank = (name: string): number => Number(name === databaseName);
  for (const name of [...names].sort((a, b) => rank(a) - rank(b)))
    renameSync(join(from, name), join(to, name));
  if (names.length > 0) for (const folder of [to, from]) syncPath(folder);
};

/** The owner of the data folder is its server: what root makes in it is his as well, and not what a link leads to. */
const giveToOwner = (data: string, path: string): void => {
  const { uid, gid } = statSync(data);
  if (process.getuid?.() === 0) lchownSync(path, uid, gid);
};

const stampOf = (time: Date): string => `${time.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

/** @returns where the content of before is; null: there was none. */
const finish = async (data: string): Promise<string | null> => {
  let aside: string | null = null;
  if (existsSync(join(data, ready))) {
    // The same name however often it is tried: what is in the folder does not change until it is moved up.
    const folder = join(data, asidePrefix + stampOf(statSync(join(data, ready)).mtime));
    const old = contentOf(data);
    if (old.length > 0) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      giveToOwner(data, folder);
    }
    moveAll(old, data, folder);
    if (existsSync(folder)) aside = folder;
    await failpoint('restore.oldMoved');
    renameSync(join(data, ready), join(data, moving));
    syncPath(data);
  }
  const from = join(data, moving);
  moveAll(readdirSync(from), from, data);
  rmdirSync(from);
  syncPath(data);
  return aside;
};

const makePrivate = (data: string, folder: string): void => {
  for (const name of readdirSync(folder, { recursive: true }).map(String)) {
    const path = join(folder, name);
    const isFolder = statSync(path).isDirectory();
    chmodSync(path, isFolder ? 0o700 : name === 'tls-certificate.pem' ? 0o644 : 0o600);
    giveToOwner(data, path);
    syncPath(path);
  }
  giveToOwner(data, folder);
  syncPath(folder);
};

const formerIn = (file: string): string[] => {
  const db = new Sqlite(file, { readonly: true });
  try {
    const text = db
      .prepare<[], string>(`SELECT value FROM Setting WHERE key = 'formerGenerations'`)
      .pluck()
      .get();
    return JSON.parse(text ?? '[]');
  } finally {
    db.close();
  }
};

export type RestoredFolder = {
  /** Null: a restore that was broken off was finished, and this backup was not read. */
  manifest: Manifest | null;
  /** Where the content of before is; null: there was none. */
  aside: string | null;
};

const restoreInto = async (
  data: string,
  { from, force, migrations }: { from: string; force: boolean; migrations: string },
): Promise<RestoredFolder> => {
  if (isHalfRestored(data)) return { manifest: null, aside: await finish(data) };
  if (contentOf(data).length > 0 && !force)
    throw cannot(
      `${data} is not empty: give another folder, or --force to move what is in it aside (nothing is deleted)`,
    );
  const folder = join(data, unpacked);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  try {
    const manifest = await unpackGood(from, folder, migrations);
    rmSync(join(folder, manifestName));
    const old = join(data, 'generation.json');
    foretellRestore({
      folder,
      database: { ...manifest, former: formerIn(join(folder, databaseName)) },
      replaced: existsSync(old) ? old : null,
      why: `restored from the backup of ${manifest.madeAt}`,
    });
    makePrivate(data, folder);
    await failpoint('restore.unpacked');
    renameSync(folder, join(data, ready));
    syncPath(data);
    await failpoint('restore.whole');
    return { manifest, aside: await finish(data) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/**
 * @param data folder; made when it is missing. @param force moves aside what is in it.
 * @throws BackupFault: nothing was changed, or, after a crash, it is to be run again.
 */
export const restoreBackup = async ({
  from,
  data,
  ...options
}: {
  from: string;
  data: string;
  force: boolean;
  /** Folder of the migrations of this version. */
  migrations: string;
}): Promise<RestoredFolder> => {
  if (!existsSync(from)) throw cannot(`there is no file ${from}`);
  if (!existsSync(dirname(data))) throw cannot(`the folder ${dirname(data)} is not there`);
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const lock = lockFile(join(data, databaseName));
    try {
      if (dirname(lock.path) === realpathSync(data)) giveToOwner(data, lock.path);
      return await restoreInto(data, { from, ...options });
    } finally {
      lock.release();
    }
  } catch (error) {
    if (error instanceof DatabaseError && error.code === 'DATABASE_IN_USE')
      throw cannot(`a server runs on ${data}: stop it first`);
    throw explained(error instanceof DatabaseError && error.cause !== undefined ? error.cause : error, data);
  }
};

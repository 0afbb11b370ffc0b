// What stands in a data folder, and what of it is needed to come back.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const databaseName = 'skep.db';
export const keyName = 'server-key.pem';
export const sealedName = 'sealed';
export const manifestName = 'manifest.json';

/** Keys and certificates, of whatever part: without one of them what it protects is lost. */
export const isKeyFile = (name: string): boolean => /^[\w-]+\.(pem|key)$/.test(name);

/** Each path that a backup may have: nothing else is ever written by a restore. */
export const isOfBackup = (path: string): boolean =>
  path === manifestName || path === databaseName || isKeyFile(path) || /^sealed\/[\w.-]+$/.test(path);

/**
 * What is left out on purpose: the database's own files, which the copy stands for; `generation.json`, by which a
 * server knows that a database is an older one; copies from before a migration or a restore; the socket.
 */
const isLeftOut = (name: string): boolean =>
  /^skep\.db(-wal|-shm|\.lock.*|\.before-.*)?$/.test(name) ||
  name === 'generation.json' ||
  name === 'lost+found' ||
  /\.(new|part|sock)$/.test(name) ||
  /^(before-restore|restore)[-.]/.test(name);

/** @returns names in a data folder that no rule speaks of: whoever put them there has to keep them. */
export const strangersIn = (folder: string): string[] =>
  readdirSync(folder).filter((name) => !isKeyFile(name) && !isLeftOut(name) && name !== sealedName);

/** Where a backup is unpacked; of no worth after a crash. */
export const unpacked = 'restore.part';
/** Whole and verified: from here on the restore goes forward only. What was there before is moved aside. */
export const ready = 'restore.ready';
/** What was there before is all aside: what is restored is moved up. */
export const moving = 'restore.moving';
export const asidePrefix = 'before-restore-';

/** A restore that was broken off is finished before anything else is done with the folder. */
export const isHalfRestored = (data: string): boolean =>
  existsSync(join(data, ready)) || existsSync(join(data, moving));

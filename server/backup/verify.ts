// Whether a backup that was made earlier is still good: unpacked aside, looked at as when it was made, and taken away.
import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { unpack } from './archive.ts';
import { checkCopy } from './check-copy.ts';
import { BackupFault, explained } from './fault.ts';
import type { Manifest } from './manifest.ts';
import { inScratch } from './scratch.ts';

/** Unpacks a backup into an empty folder. @throws BackupFault: it is not good, or there is no room for it. */
export const unpackGood = async (file: string, folder: string, migrations: string): Promise<Manifest> => {
  const manifest = await unpack(file, folder);
  const { format: _, formatVersion: __, madeAt: ___, files: ____, skepVersion, ...said } = manifest;
  const found = await checkCopy(folder, migrations).catch((error: unknown) => {
    if (error instanceof BackupFault)
      throw new BackupFault('bad', `${error.message} (it was made by Skep ${skepVersion})`);
    throw error;
  });
  if (!isDeepStrictEqual(found, said))
    throw new BackupFault('bad', 'its database is not the one that its manifest speaks of');
  return manifest;
};

/** @throws BackupFault */
export const verifyBackup = (file: string, migrations: string): Promise<Manifest> => {
  if (!existsSync(file)) throw new BackupFault('cannot', `there is no file ${file}`);
  return inScratch(null, async (folder) => {
    try {
      return await unpackGood(file, folder, migrations);
    } catch (error) {
      throw explained(error, folder);
    }
  });
};

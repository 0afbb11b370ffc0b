// A backup that somebody took apart and put together again, with sums that fit.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

type Manifest = Record<string, any>;

/**
 * @param change of the folder that the backup holds, and of its manifest, whose sums and counts are then made anew.
 * @returns the file that was made beside it.
 */
export const tamperedBackup = (
  file: string,
  change: (folder: string, manifest: Manifest) => void,
): string => {
  const folder = mkdtempSync(join(dirname(file), 'apart-'));
  execFileSync('tar', ['xzf', file, '-C', folder]);
  const path = join(folder, 'manifest.json');
  const manifest: Manifest = JSON.parse(readFileSync(path, 'utf8'));
  change(folder, manifest);
  const names = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name !== 'manifest.json' && statSync(join(folder, name)).isFile())
    .sort();
  manifest.files = names.map((name) => {
    const bytes = readFileSync(join(folder, name));
    return { path: name, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
  writeFileSync(path, JSON.stringify(manifest));
  const made = `${folder}.tar.gz`;
  execFileSync('tar', ['czf', made, '-C', folder, 'manifest.json', ...names]);
  rmSync(folder, { recursive: true });
  return made;
};

// A backup as one file: tar within gzip, the manifest first. `tar xzf` opens it as well.
import { createHash } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { create, extract, list, type ReadEntry } from 'tar';
import { digestOf } from '../audit/sealed-file.ts';
import { isOfBackup, manifestName } from './data-folder.ts';
import { BackupFault } from './fault.ts';
import { formatVersion, type Manifest, manifestBegin, manifestShape } from './manifest.ts';

/** It is read as a whole; a file of the history takes 200 bytes of it. */
const mostManifestBytes = 16 * 1_024 * 1_024;

const bad = (message: string, cause?: unknown): BackupFault => new BackupFault('bad', message, { cause });

const pathsIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true }))
    .map(String)
    .filter((path) => path !== manifestName && statSync(join(folder, path)).isFile())
    .sort();

/** Writes `manifest.json` into a folder, and the folder into a stream. */
export const pack = async (
  folder: string,
  about: Omit<Manifest, 'files'>,
  out: Writable,
): Promise<Manifest> => {
  const files: Manifest['files'] = [];
  for (const path of await pathsIn(folder))
    files.push({
      path,
      size: statSync(join(folder, path)).size,
      sha256: await digestOf(join(folder, path)),
    });
  const manifest = { ...about, files };
  writeFileSync(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  const names = [manifestName, ...files.map(({ path }) => path)];
  // `follow`: sealed parts stand in the folder as links to where they are.
  const archive = create({ cwd: folder, gzip: true, portable: true, follow: true, strict: true }, names);
  await pipeline(Readable.from(archive), out);
  return manifest;
};

const parseManifest = (text: string): Manifest => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw bad(`its ${manifestName} is not JSON`, cause);
  }
  const begin = manifestBegin.safeParse(json);
  if (!begin.success) throw bad(`its ${manifestName} is not that of a backup of Skep`);
  if (begin.data.formatVersion > formatVersion)
    throw bad(
      `it was made by Skep ${begin.data.skepVersion} in a newer form (${begin.data.formatVersion}) than this one reads (${formatVersion}): use that version`,
    );
  const whole = manifestShape.safeParse(json);
  if (!whole.success) throw bad(`its ${manifestName} is damaged`);
  return whole.data;
};

/** @throws BackupFault `bad`: neither gzip nor tar, or cut off. */
const reading = async (read: () => Promise<void>): Promise<void> => {
  try {
    await read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (/^(Z_|TAR_)/.test(code) || (error instanceof Error && /^zlib: /.test(error.message)))
      throw bad('it is damaged, cut off, or not a backup of Skep', error);
    throw error;
  }
};

const isAllowed = (path: string, entry: Pick<ReadEntry, 'type'>): boolean =>
  entry.type === 'File' && isOfBackup(path);

/**
 * Unpacks a backup into an empty folder and holds each file against the manifest.
 *
 * @throws BackupFault `bad`, with what is wrong.
 */
export const unpack = async (file: string, folder: string): Promise<Manifest> => {
  const refused: string[] = [];
  await reading(() =>
    extract({
      file,
      cwd: folder,
      strict: true,
      noChmod: true,
      preserveOwner: false,
      umask: 0o077,
      filter: (path, entry) => {
        const allowed = 'type' in entry && isAllowed(path, entry);
        if (!allowed) refused.push(path);
        return allowed;
      },
    }),
  );
  if (refused.length > 0)
    throw bad(`it has ${refused[0]?.replace(/[^ -~]/g, '?').slice(0, 200)}, which no backup of Skep has`);
  const size = statSync(join(folder, manifestName), { throwIfNoEntry: false })?.size;
  if (size === undefined) throw bad(`it has no ${manifestName}: it is not a backup of Skep`);
  if (size > mostManifestBytes) throw bad(`its ${manifestName} is damaged`);
  const manifest = parseManifest(await readFile(join(folder, manifestName), 'utf8'));
  const there = await pathsIn(folder);
  for (const { path, size, sha256 } of manifest.files) {
    if (!there.includes(path)) throw bad(`${path} is missing in it`);
    if (statSync(join(folder, path)).size !== size || (await digestOf(join(folder, path))) !== sha256)
      throw bad(`${path} in it is not as it was when the backup was made`);
  }
  const stranger = there.find((path) => !manifest.files.some((one) => one.path === path));
  if (stranger !== undefined) throw bad(`it has ${stranger}, which its manifest does not name`);
  return manifest;
};

/** Reads a backup to its end and holds each file's sum against the manifest, without unpacking it. */
export const readBack = async (file: string, manifest: Manifest): Promise<void> => {
  const sums = new Map<string, string>();
  const onReadEntry = (entry: ReadEntry): void => {
    const hash = createHash('sha256');
    entry.on('data', (part) => hash.update(part));
    entry.on('end', () => sums.set(entry.path, hash.digest('hex')));
  };
  await reading(() => list({ file, strict: true, onReadEntry }));
  const wrong = manifest.files.find(({ path, sha256 }) => sums.get(path) !== sha256);
  if (wrong) throw bad(`${wrong.path} was not written as it is: the disk may be failing`);
};

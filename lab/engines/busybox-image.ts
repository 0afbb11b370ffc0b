// The one image of the lab, bb:1, made from Debian's static busybox: nothing is pulled.
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { callEngine } from './engine-http.ts';
import { runCommand } from './run-command.ts';

const makeArchive = `
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/tmp" "$work/etc"
cp -L "$1/bin/busybox" "$work/bin/busybox"
for name in sh sleep nslookup wget nc httpd ping hostname ip cat ls echo date kill; do ln -s busybox "$work/bin/$name"; done
tar -C "$work" -cf "$2" .
`;

/** Gives the archive of bb:1 under the lab's folder, made on first use from the busybox of an engine root. */
export async function busyboxArchive(dir: string, root: string): Promise<string> {
  const archive = join(dir, 'images/bb-1.tar');
  const isThere = await access(archive).then(
    () => true,
    () => false,
  );
  if (isThere) return archive;
  await mkdir(join(dir, 'images'), { recursive: true });
  const part = `${archive}.${randomUUID()}`;
  await runCommand('sh', ['-c', makeArchive, 'busybox-image', root, part]);
  await rename(part, archive);
  return archive;
}

/**
 * Brings bb:1 into an engine; does nothing when it is there.
 * @throws Error with the engine's words when it refuses.
 */
export async function importBusybox(socketPath: string, archive: string): Promise<void> {
  if ((await callEngine(socketPath, { path: '/images/bb:1/json' })).status === 200) return;
  const path = '/images/create?fromSrc=-&repo=bb&tag=1';
  const answer = await callEngine(socketPath, { method: 'POST', path, body: createReadStream(archive) });
  // The status line goes out before the work is done: a later failure is only in the progress messages.
  if (answer.status === 200 && !answer.text.includes('"error"')) return;
  throw new Error(`Image bb:1 was not imported (${answer.status}): ${answer.text.trim().split('\n').at(-1)}`);
}

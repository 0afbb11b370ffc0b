// What this machine lets a lab do: overlays on its disk, file watchers for many engines.
import { readFile, writeFile } from 'node:fs/promises';
import { runCommand } from './run-command.ts';

/** overlay2 needs a file system that can be the upper layer of an overlay; that of a container often cannot. */
export async function storageDriverFor(folder: string): Promise<'overlay2' | 'vfs'> {
  const attempt = `
    set -e; work=$(mktemp -d -p "$1"); trap 'rm -rf "$work"' EXIT; cd "$work"; mkdir lower upper work merged
    mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged; umount merged; cd /`;
  return runCommand('unshare', ['--mount', 'sh', '-c', attempt, 'try-overlay', folder]).then(
    () => 'overlay2',
    () => 'vfs',
  );
}

/**
 * Each engine takes several inotify instances and the kernel's default of 128 ends at about 20 engines. Raises the
 * limit until the next boot; a limit that cannot be raised is left, small labs run with it.
 */
export async function raiseWatcherLimit(onProgress?: (line: string) => void): Promise<void> {
  const path = '/proc/sys/fs/inotify/max_user_instances';
  const wanted = 1024;
  const limit = Number(await readFile(path, 'utf8').catch(() => wanted));
  if (limit >= wanted) return;
  await writeFile(path, String(wanted)).then(
    () => onProgress?.(`raised fs.inotify.max_user_instances from ${limit} to ${wanted} until the next boot`),
    () => onProgress?.(`fs.inotify.max_user_instances stays at ${limit}: a large lab may not start`),
  );
}

// Makes named network namespaces and takes them away together with every process inside.
import { access, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type ProcessIdentity, processesInNetwork } from './processes.ts';
import { runCommand } from './run-command.ts';

const folder = '/run/netns';

/** Where a network namespace of that name stands; the same place as `ip netns` uses, for `nsenter --net=<path>`. */
export function netnsPath(name: string): string {
  return `${folder}/${name}`;
}

/**
 * Makes an empty network namespace.
 * @throws Error when one of that name exists, since it may be somebody else's.
 */
export async function addNetns(name: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(netnsPath(name), '', { flag: 'wx' }).catch((cause) => {
    throw new Error(`Network namespace ${name} exists and is not this lab's: choose another prefix`, {
      cause,
    });
  });
  await runCommand('unshare', [`--net=${netnsPath(name)}`, 'true']);
}

/**
 * Kills every process in the namespace (SIGKILL), waits until all are gone, and removes it. Does nothing when there is none.
 * @throws Error naming the processes that are still there after `timeoutMs` (default 10,000).
 */
export async function deleteNetns(name: string, timeoutMs = 10_000): Promise<void> {
  const path = netnsPath(name);
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  await killAllIn((await stat(path)).ino, timeoutMs);
  // Not mounted after a crash half-way through addNetns; the empty file goes all the same.
  await runCommand('umount', ['--lazy', path]).catch(() => {});
  await rm(path, { force: true });
}

async function killAllIn(inode: number, timeoutMs: number): Promise<void> {
  if (inode === (await stat('/proc/self/ns/net')).ino) return;
  const deadline = Date.now() + timeoutMs;
  const killed = new Map<number, ProcessIdentity>();
  for (;;) {
    const inside = await processesInNetwork(inode);
    for (const process of inside) killed.set(process.pid, process);
    // A dying process leaves its network before its pid namespace has ended: wait for the process itself.
    const states = await Promise.all([...killed.values()].map(isRunning));
    const left = [...killed.keys()].filter((_, at) => states[at]);
    if (left.length === 0) return;
    for (const pid of left) sendKill(pid);
    if (Date.now() > deadline)
      throw new Error(`Processes ${left.join(', ')} outlive SIGKILL in a lab's network`);
    await delay(5);
  }
}

function sendKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself since it was listed.
  }
}

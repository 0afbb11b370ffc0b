// One host's sandbox: its own mounts, processes and hostname around an engine root, held by one process (pid 1 inside).
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { netnsPath } from './net-namespaces.ts';
import { runCommand } from './run-command.ts';

/** What a sandbox is made of. */
export interface SandboxOptions {
  /** The engine root, shared by all hosts of that version. */
  root: string;
  /** The host's own folder, with data/, etc-docker/, log/, hosts and resolv.conf. */
  folder: string;
  /** A folder with a short path, seen inside as /run/skep: sockets have 108 characters. */
  socketFolder: string;
  netnsName: string;
  hostname: string;
}

/*
 * $1 root, $2 host folder, $3 socket folder, $4 hostname. Prints its pid as seen from outside, then becomes pid 1.
 * pivot_root, not chroot: the engine remounts / when it unpacks images, and exec would land outside.
 * /etc/docker is the host's own: there 20.10 keeps the key from which the engine's id is made.
 * tini as pid 1 reaps; when it is killed, the kernel ends every process and mount of the sandbox.
 */
const boot = `
set -eu
root=$1 folder=$2 sockets=$3 hostname=$4
read -r pid rest < /proc/self/stat
mount --bind "$root" "$root"
cd "$root"
mount --rbind /sys sys
mount --rbind /dev dev
mount -t proc proc proc
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mkdir run/skep
mount --bind "$sockets" run/skep
mount --bind "$folder/data" var/lib/docker
mount --bind "$folder/etc-docker" etc/docker
mount --bind "$folder/log" var/log
mount --bind "$folder/hosts" etc/hosts
mount --bind "$folder/resolv.conf" etc/resolv.conf
pivot_root . mnt
cd /
umount -l /mnt
echo "$hostname" > /proc/sys/kernel/hostname
ln -s skep/docker.sock /run/docker.sock
echo "$pid"
exec /usr/bin/tini -s -- sleep infinity > /dev/null 2>&1
`;

/**
 * Starts a sandbox in an existing network namespace and gives the pid of its first process, as seen from outside.
 * It outlives this process; killing that pid ends it.
 * @throws Error with the last line that the start-up wrote to standard error.
 */
export async function bootSandbox(options: SandboxOptions): Promise<number> {
  const { root, folder, socketFolder, netnsName, hostname } = options;
  // unshare stays outside the host's network: what kills all that is in it must not orphan the first process, which
  // would stay a zombie where the machine's own pid 1 does not reap.
  // nsenter, not `ip netns exec`: that one remounts /sys and hides the control groups.
  const machine = spawn(
    'unshare',
    [
      ...[
        '--mount',
        '--uts',
        '--pid',
        '--fork',
        '--kill-child=KILL',
        'nsenter',
        `--net=${netnsPath(netnsName)}`,
      ],
      ...['sh', '-c', boot, 'sandbox', root, folder, socketFolder, hostname],
    ],
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  machine.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const firstLine = await new Promise<string>((resolve, reject) => {
    const lines = createInterface(machine.stdout);
    lines.once('line', resolve);
    machine.once('error', reject).once('close', () => resolve(''));
  });
  machine.stdout.destroy();
  machine.stderr.destroy();
  machine.unref();
  if (firstLine) return Number(firstLine);
  throw new Error(
    `The sandbox of ${hostname} did not start: ${said.trim().split('\n').at(-1) || 'no reason given'}`,
  );
}

/** Runs a program inside the sandbox whose first process is `pid` and gives back what it printed. */
export function runInSandbox(pid: number, command: readonly string[]): Promise<string> {
  const environment = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8'];
  const enter = ['--target', String(pid), '--mount', '--uts', '--net', '--pid', '--'];
  return runCommand('nsenter', [...enter, ...environment, ...command]);
}

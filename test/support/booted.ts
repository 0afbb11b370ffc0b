// A machine that systemd has booted, beside a lab host: this machine's own programs under an overlay that keeps what is
// written in memory, the host's network and its engine's socket. What runs in it ends with the host's network.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { LabHost } from '../../lab/engines/host.ts';
import { whyNoRealEngines } from '../../lab/machines.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const systemd = '/lib/systemd/systemd';

/** Null where a machine can be booted. In CI systemd has to be there. */
export const whyNoSystemd = (): string | null => {
  const why = whyNoRealEngines();
  if (why !== null) return why;
  return existsSync(systemd) || process.env.CI === 'true' ? null : 'systemd is not installed here.';
};

/*
 * $1 folder, $2 the machine's control group, $3 the engine's socket folder, $4 hostname; the others are folders of this
 * machine that the overlay may not show, since they may be mounts of their own.
 * Nothing of the kernel's is written to by what systemd starts: /proc/sys and /sys are read-only.
 */
const boot = `
set -eu
folder=$1 group=$2 sockets=$3 hostname=$4
shift 4
read -r pid rest < /proc/self/stat
mount -t tmpfs tmpfs "$folder"
cd "$folder"
mkdir upper work root groups
mount -t cgroup2 cgroup2 groups
mkdir -p "groups/$group"
echo 0 > "groups/$group/cgroup.procs"
umount groups
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" root
cd root
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
for name in null zero full random urandom tty; do touch "dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t proc proc proc
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mkdir run/engine old
mount --bind "$sockets" run/engine
ln -s engine/docker.sock run/docker.sock
for each; do mkdir -p "./$each"; mount --bind "$each" "./$each"; done
rm -rf etc/systemd/system/* etc/sysctl.d/* var/log/journal
: > etc/machine-id
pivot_root . old
echo "$pid"
exec unshare --cgroup sh -c '
set -eu
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -o remount,bind,ro /sys
cd /
umount -l /old
echo "$1" > /proc/sys/kernel/hostname
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
exec env -i container=skep ${systemd} --log-target=null --unit=multi-user.target
' boot "$hostname" > /dev/null 2>&1
`;

export type BootedMachine = {
  /**
   * Types into a root shell of the machine that ends at the first line that fails.
   * @param network `outside`: in this machine's network, which npm's registry can be reached from
   * @returns what it printed
   */
  type(code: string, choice?: { network?: 'outside'; env?: Record<string, string> }): Promise<string>;
  /** Its folder `place`, of this machine. */
  readonly folder: string;
  /** Removes what it has on this machine, once the host's network is gone. */
  remove(): void;
};

/** Boots it. @param shown folders of this machine that it has to see */
export const bootMachine = async (
  host: LabHost,
  { group, shown }: { group: string; shown: readonly string[] },
): Promise<BootedMachine> => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-booted-'));
  const place = join(folder, 'place');
  for (const path of [place, join(folder, 'machine')]) mkdirSync(path);
  // As a sandbox of the lab (lab/engines/sandbox.ts): the outer process stays outside of the host's network.
  const machine = spawn(
    'unshare',
    [
      ...[
        '--mount',
        '--uts',
        '--ipc',
        '--pid',
        '--fork',
        '--kill-child=KILL',
        'nsenter',
        `--net=${host.netns}`,
      ],
      ...['sh', '-c', boot, 'boot', join(folder, 'machine'), group, dirname(host.socketPath), 'booted'],
      ...[place, ...shown],
    ],
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  machine.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const pid = await new Promise<string>((resolve) => {
    createInterface(machine.stdout).once('line', resolve);
    machine.once('close', () => resolve(''));
  });
  if (pid === '') throw new Error(`the machine did not boot: ${said}`);
  const type: BootedMachine['type'] = async (code, { network, env } = {}) => {
    const enter = ['--mount', '--uts', '--ipc', '--pid', '--cgroup', ...(network ? [] : ['--net'])];
    const shell = ['bash', '-e', '-c', `exec 2>&1\ncd '${place}'\n${code}`];
    try {
      // Not the contexts of whoever runs the tests: his home is in sight.
      const options = { env: { ...process.env, XDG_CONFIG_HOME: join(place, 'config'), ...env } };
      return (await run('nsenter', ['--target', pid, ...enter, '--', ...shell], options)).stdout;
    } catch (error) {
      throw new Error(`${code}\n${(error as { stdout?: string }).stdout}`, { cause: error });
    }
  };
  await until(
    async () => /running|degraded/.test(await type('systemctl is-system-running || true')),
    'the machine has booted',
    60_000,
  );
  return { type, folder: place, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

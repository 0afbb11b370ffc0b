// Says whether real Docker Engines can run on this machine, and if not, why.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const programs = [
  'unshare',
  'nsenter',
  'mount',
  'pivot_root',
  'setsid',
  'flock',
  'chroot',
  'tar',
  'apt-get',
  'dpkg',
];

/**
 * Null where the lab can run real engines, otherwise one sentence that says what is missing. Takes milliseconds: it
 * downloads nothing, but really makes and mounts in namespaces, because containers often forbid that even to root.
 */
export function whyNoRealEngines(): string | null {
  if (process.env.SKEP_ENGINES === 'simulated') return 'SKEP_ENGINES=simulated asks for simulated ones.';
  if (process.platform !== 'linux') return `Real engines need Linux; this is ${process.platform}.`;
  if (process.getuid?.() !== 0) return 'Real engines need root, to make namespaces and mounts.';
  const find = 'for p; do command -v "$p" > /dev/null || echo "$p"; done';
  const missing = spawnSync('sh', ['-c', find, 'find', ...programs], { encoding: 'utf8' }).stdout.trim();
  if (missing)
    return `Real engines need these programs, which are missing here: ${missing.split('\n').join(', ')}.`;
  if (!existsSync('/sys/fs/cgroup'))
    return 'Real engines need control groups, and /sys/fs/cgroup is not mounted.';
  const attempt = spawnSync(
    'unshare',
    ['--mount', '--net', '--uts', '--pid', '--fork', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'],
    { encoding: 'utf8' },
  );
  if (attempt.status === 0) return null;
  const reason =
    attempt.stderr.trim().split('\n').at(-1) || attempt.error?.message || `exit ${attempt.status}`;
  return `Real engines need namespaces and mounts, which this machine refuses: ${reason}.`;
}

// The systemd units, looked at by systemd's own program where there is one: whether it understands them, and how much of
// the host a process in them could still reach. At work: systemd.test.ts.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const pathOf = (name: string): string =>
  fileURLToPath(new URL(`../../packages/systemd/${name}.service`, import.meta.url));
const analyze = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['--no-pager', ...args], {
    encoding: 'utf8',
  });
  return { status, stderr, stdout };
};
const isHere = spawnSync('systemd-analyze', ['--version']).status === 0;

/** Tenths of systemd's exposure level, 0 to 100. The agent has a group, and sees the host's kernel and interfaces. */
const most = [
  ['skep-server', 15],
  ['skep-agent', 20],
] as const;

describe('the systemd units', () => {
  it.each(most)('%s runs as its own user, who can gain nothing, and says where it keeps its data', (name) => {
    const unit = readFileSync(pathOf(name), 'utf8');
    for (const line of [
      'DynamicUser=yes',
      'NoNewPrivileges=yes',
      'CapabilityBoundingSet=',
      'ProtectSystem=strict',
    ])
      expect(unit.split('\n')).toContain(line);
    expect(unit).toMatch(/^StateDirectory=skep/m);
  });

  it.skipIf(!isHere).each(most)('%s is understood by systemd', (name) => {
    expect(analyze('verify', pathOf(name))).toEqual({ status: 0, stderr: '', stdout: '' });
  });

  it.skipIf(!isHere).each(most)('%s is exposed no more than %i tenths', (name, threshold) => {
    const { status, stdout } = analyze(
      'security',
      '--offline=true',
      `--threshold=${threshold}`,
      pathOf(name),
    );
    expect(stdout).toContain('Overall exposure level');
    expect(status).toBe(0);
  });
});

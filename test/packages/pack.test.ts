// Packing into a folder that has other things in it: whoever names one of his own must not lose what he keeps there.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../lab/pack.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'skep-pack-to-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('takes away older packages of Skep and nothing else', () => {
  mkdirSync(join(folder, 'backup'));
  for (const name of ['keep.txt', 'skep-notes.tgz', 'backup/skep-server-0.0.1.tgz', 'skep-server-0.0.1.tgz'])
    writeFileSync(join(folder, name), name);
  execFileSync(process.execPath, [script, '--to', folder], { stdio: 'pipe' });
  const there = readdirSync(folder, { recursive: true }).map(String);
  expect(there).toEqual(
    expect.arrayContaining(['keep.txt', 'skep-notes.tgz', 'backup/skep-server-0.0.1.tgz']),
  );
  const packed = there.filter((name) => /^skep(-[a-z]+)?-\d.*\.tgz$/.test(name));
  expect(packed).toHaveLength(4);
  expect(packed).not.toContain('skep-server-0.0.1.tgz');
});

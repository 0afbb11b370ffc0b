// The copy of this checkout that another Node tests: its packages are whole or not there, so that a run that was killed
// spoils no later one.
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';

const script = new URL('../../lab/link-packages.mjs', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'skep-links-'));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

it('links all packages after a run that was broken off in the midst of it', async () => {
  const { linkPackages } = await import(script);
  const [root, copy, bin] = [join(folder, 'root'), join(folder, 'copy'), join(folder, 'bin')];
  for (const path of ['root/node_modules/a', 'root/node_modules/.vite', 'copy', 'bin'])
    mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(root, 'node_modules/.package-lock.json'), '{}');
  writeFileSync(join(root, 'node_modules/a/index.js'), '');
  writeFileSync(
    join(bin, 'cp'),
    '#!/bin/sh\nfor into; do :; done\nmkdir "$into" && echo "{}" | tr -d "\\n" > "$into/.package-lock.json"\nexit 1\n',
    { mode: 0o755 },
  );

  vi.stubEnv('PATH', `${bin}${delimiter}${process.env.PATH}`);
  expect(() => linkPackages(root, copy, process.execPath)).toThrow();
  vi.unstubAllEnvs();
  linkPackages(root, copy, process.execPath);
  const linked = join(copy, 'node_modules/a/index.js');
  expect(existsSync(linked)).toBe(true);
  expect(statSync(linked).ino).toBe(statSync(join(root, 'node_modules/a/index.js')).ino);
  expect(existsSync(join(copy, 'node_modules/.vite'))).toBe(false);
  expect(existsSync(join(copy, 'node_modules.part'))).toBe(false);
});

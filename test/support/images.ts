// The images of Skep on the lab's engines, which can pull none: the project's own Dockerfile, on a base made here of this
// very Node, what it is linked to, and busybox.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callEngine } from '../../lab/engines/engine-http.ts';
import type { LabHost } from '../../lab/engines/host.ts';
import { labFolder } from '../../lab/engines/lab.ts';
import { callDocker } from './docker.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const addon = 'better-sqlite3/build/Release/better_sqlite3.node';

/*
 * In the place of npm, which would need a registry: unpacks the package, and puts beside it the addon that this checkout
 * compiled for this Node.
 */
const npmStandIn = `#!/bin/sh
set -e
into=/opt/skep/lib/node_modules/skep-server
mkdir -p $into
tar -xzf /tmp/skep-server.tgz -C $into --strip-components 1
cp -r /stand-in/node_modules $into/node_modules
`;

const applets = ['sh', 'mkdir', 'chown', 'chmod', 'tar', 'gzip', 'cp', 'ls', 'cat', 'id', 'ln'];

/** A root folder with Node, a user `node` and the stand-in for npm. */
const makeBase = (into: string): void => {
  for (const name of ['bin', 'usr/bin', 'etc', 'tmp', 'stand-in/node_modules'])
    mkdirSync(join(into, name), { recursive: true });
  // SQLite keeps there what a savepoint would undo.
  chmodSync(join(into, 'tmp'), 0o1777);
  copyFileSync(join(labFolder(), 'roots/20.10/bin/busybox'), join(into, 'bin/busybox'));
  chmodSync(join(into, 'bin/busybox'), 0o755);
  for (const name of applets) symlinkSync('busybox', join(into, 'bin', name));
  // What a program's first line asks for.
  symlinkSync('../../bin/busybox', join(into, 'usr/bin/env'));
  copyFileSync(process.execPath, join(into, 'usr/bin/node'));
  const linked = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [, path = ''] of linked.matchAll(/(?:=> |^\s+)(\/\S+) \(/gm)) {
    mkdirSync(dirname(join(into, path)), { recursive: true });
    copyFileSync(path, join(into, path));
  }
  writeFileSync(join(into, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nnode:x:1000:1000::/:/bin/sh\n');
  writeFileSync(join(into, 'etc/group'), 'root:x:0:\nnode:x:1000:\n');
  writeFileSync(join(into, 'usr/bin/npm'), npmStandIn);
  chmodSync(join(into, 'usr/bin/npm'), 0o755);
  mkdirSync(dirname(join(into, 'stand-in/node_modules', addon)), { recursive: true });
  for (const path of [addon, 'better-sqlite3/package.json'])
    copyFileSync(join(root, 'node_modules', path), join(into, 'stand-in/node_modules', path));
};

const tar = (folder: string, file: string): void => {
  const { status, stderr } = spawnSync('tar', ['-C', folder, '--owner=0', '--group=0', '-cf', file, '.'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
};

/** Under the names from which the Dockerfile begins, which no engine here can pull. */
const bringBase = async (host: LabHost, file: string): Promise<void> => {
  const { status, text } = await callEngine(host.socketPath, {
    method: 'POST',
    path: '/images/create?fromSrc=-&repo=node&tag=22-bookworm',
    body: createReadStream(file),
    timeoutMs: 120_000,
  });
  // The status line goes out before the work is done.
  if (status !== 200 || /"error/.test(text)) throw new Error(`the base: ${status} ${text.slice(-2_000)}`);
  await callDocker(host, 'POST', '/images/node:22-bookworm/tag?repo=node&tag=22-bookworm-slim');
};

export type Images = {
  /** Brings what a build takes to a host. @returns the checkout's folder there, in which to type `docker build` */
  bring(host: LabHost): Promise<string>;
  remove(): void;
};

/** Packs, and makes the base and a checkout's folder with what the build takes; needs a build. */
export const makeImages = (): Images => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-images-'));
  const [base, checkout] = [join(folder, 'base.tar'), join(folder, 'checkout')];
  makeBase(join(folder, 'base'));
  tar(join(folder, 'base'), base);
  execFileSync(process.execPath, [join(root, 'lab/pack.mjs'), '--to', join(checkout, 'dist/npm')], {
    stdio: 'pipe',
  });
  copyFileSync(join(root, 'dist/agent.cjs'), join(checkout, 'dist/agent.cjs'));
  cpSync(join(root, 'packages/docker'), join(checkout, 'packages/docker'), { recursive: true });
  return {
    bring: async (host) => {
      await bringBase(host, base);
      // The folder of its socket is what a host sees of this machine.
      cpSync(checkout, join(dirname(host.socketPath), 'checkout'), { recursive: true });
      return '/run/skep/checkout';
    },
    remove: () => existsSync(folder) && rmSync(folder, { recursive: true, force: true }),
  };
};

// A host's folders on this machine, and the files in them that its sandbox mounts over /etc.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the host is called and where its files are. */
export interface HostPlace {
  hostname: string;
  address: string;
  /** The host's disk: data/, etc-docker/, log/, hosts and resolv.conf. */
  folder: string;
  /** The folder of its socket; its path is short. */
  socketFolder: string;
}

/** Makes what is not there yet; data is left as it is. */
export async function makeHostFolders(host: HostPlace): Promise<void> {
  const { folder, socketFolder, address, hostname } = host;
  const inside = ['data', 'etc-docker', 'log'].map((name) => join(folder, name));
  await Promise.all([...inside, socketFolder].map((path) => mkdir(path, { recursive: true })));
  // Each task start tries to pull its image. A resolver that refuses at once makes that 0.5 s instead of 20 s.
  await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
  const registry = 'registry-1.docker.io index.docker.io auth.docker.io';
  await writeFile(join(folder, 'hosts'), `127.0.0.1 localhost ${registry}\n${address} ${hostname}\n`);
}

// Machines to run Skep on: real engines in namespaces, or simulated ones. The same handle for both (host.ts).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyNoRealEngines } from './engines/can-run.ts';
import { createLab, labFolder } from './engines/lab.ts';
import { type EngineVersion, prepareEngine } from './engines/packages.ts';
import type { LabHost } from './host.ts';
import { createWorld } from './simulated/world.ts';

type World = ReturnType<typeof createWorld>;

export type EngineKind =
  | { kind: 'real'; version: EngineVersion }
  | { kind: 'simulated'; version: EngineVersion; speed?: number };

export type Machines = {
  kind: EngineKind['kind'];
  hosts: readonly LabHost[];
  addHost(version?: EngineVersion): Promise<LabHost>;
  /** The simulated world's own truth; null for real engines. */
  world: World | null;
  down(): Promise<void>;
};

export { whyNoRealEngines };

/** @param prefix names the lab on this machine: letters, at most 8 (engines/lab.ts). */
export const startMachines = async ({
  engines,
  count,
  prefix,
  subnet = '10.88.0',
  onProgress,
}: {
  engines: EngineKind;
  count: number;
  prefix: string;
  subnet?: string;
  onProgress?: (line: string) => void;
}): Promise<Machines> => {
  const hosts: LabHost[] = [];
  if (engines.kind === 'real') {
    const dir = labFolder();
    await prepareEngine({ dir, version: engines.version, ...(onProgress ? { onProgress } : {}) });
    const lab = createLab({ dir, prefix, subnet, ...(onProgress ? { onProgress } : {}) });
    const addHost: Machines['addHost'] = async (version = engines.version) => {
      const host = await lab.addHost({ version });
      hosts.push(host);
      return host;
    };
    try {
      await Promise.all(Array.from({ length: count }, () => addHost()));
    } catch (error) {
      await lab.down();
      throw error;
    }
    hosts.sort((a, b) => a.index - b.index);
    return { kind: 'real', hosts, addHost, world: null, down: () => lab.down() };
  }
  const folder = mkdtempSync(join(tmpdir(), 'skep-sim-'));
  const world = createWorld({ version: engines.version, speed: engines.speed ?? 1 });
  const addHost: Machines['addHost'] = async (version = engines.version) => {
    const index = hosts.length + 1;
    const hostname = `${prefix}${index}`;
    const host = await world.addEngine({
      hostname,
      address: `10.99.${Math.floor(index / 250)}.${(index % 250) + 1}`,
      socketPath: join(folder, `${hostname}.sock`),
      version,
    });
    hosts.push(host);
    return host;
  };
  for (let n = 0; n < count; n += 1) await addHost();
  return {
    kind: 'simulated',
    hosts,
    addHost,
    world,
    down: async () => {
      await world.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

// What this host's kernel has of what a swarm's networks need: from what is loaded, from its configuration and its modules.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelReport } from './contract.ts';

/** The option of the kernel's configuration, the module, and what appears when it is there. */
interface Feature {
  readonly option: string;
  readonly module: string;
  readonly sign?: string;
}

const features: Readonly<Record<keyof KernelReport, Feature>> = {
  ipvs: { option: 'CONFIG_IP_VS', module: 'ip_vs', sign: 'proc/net/ip_vs' },
  esp: { option: 'CONFIG_INET_ESP', module: 'esp4' },
  vxlan: { option: 'CONFIG_VXLAN', module: 'vxlan' },
};

/**
 * Looks once: a kernel gets no other parts while it runs. Null: it cannot be told, as in a container that sees neither
 * /lib/modules nor the configuration.
 *
 * @param release - as `uname -r` says it
 * @param root - where `proc`, `sys`, `boot` and `lib` are
 */
export function readKernel({ release, root = '/' }: { release: string; root?: string }): KernelReport {
  const text = (path: string): string | null => {
    try {
      return readFileSync(join(root, path), 'utf8');
    } catch {
      return null;
    }
  };
  const config = readConfig(root) ?? text(`boot/config-${release}`) ?? text(`lib/modules/${release}/config`);
  const lists = ['modules.builtin', 'modules.dep'].map((name) => text(`lib/modules/${release}/${name}`));
  // One of the two alone does not tell what is missing.
  const modules = lists.includes(null) ? null : lists.join('\n');

  const has = ({ option, module, sign }: Feature): boolean | null => {
    if (existsSync(join(root, 'sys/module', module))) return true;
    if (sign !== undefined && existsSync(join(root, sign))) return true;
    const set = config === null ? null : (new RegExp(`^${option}=([ym])$`, 'm').exec(config)?.[1] ?? 'n');
    if (set === 'y') return true;
    if (set === 'n') return false;
    // A module that is not loaded yet: the engine's call loads it, where it is installed.
    return modules === null ? null : new RegExp(`(?:^|/)${module}\\.ko`, 'm').test(modules);
  };
  return { ipvs: has(features.ipvs), esp: has(features.esp), vxlan: has(features.vxlan) };
}

function readConfig(root: string): string | null {
  try {
    const packed = readFileSync(join(root, 'proc/config.gz'));
    return process.getBuiltinModule('node:zlib').gunzipSync(packed).toString('utf8');
  } catch {
    return null;
  }
}

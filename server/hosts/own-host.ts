// Which host this server itself runs on, so that nobody drains it unawares.
import { readFileSync } from 'node:fs';
import type { Hosts } from './registry.ts';

/** Whether the server runs on this host. */
export type IsOwnHost = (hostId: string) => boolean;

/** This machine's kernel since its last start; a container sees its machine's. Null: not on Linux. */
const ownBootId = (): string | null => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || null;
  } catch {
    return null;
  }
};

/**
 * @param setting `auto`: the one host whose agent reports this machine's boot id. Where several engines do, they share
 * one kernel, as in system containers and in the lab: then it tells nothing, and none is. `none`: none is. Otherwise
 * the name or id of the host.
 */
export const createIsOwnHost = ({ hosts, setting }: { hosts: Hosts; setting: string }): IsOwnHost => {
  const bootId = ownBootId();
  return (hostId) => {
    if (setting === 'none') return false;
    if (setting !== 'auto') {
      const host = hosts.find(hostId);
      return host !== null && (host.id === setting || host.name === setting);
    }
    if (bootId === null) return false;
    const here = hosts
      .list()
      .filter(({ report, revokedAt }) => revokedAt === null && report?.bootId === bootId);
    return here.length === 1 && here[0]?.id === hostId;
  };
};

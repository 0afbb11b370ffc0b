// A lab: several hosts with real Docker Engines on one network, apart from this machine's own and from other labs.
import { mkdir, rmdir } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join, resolve } from 'node:path';
import { busyboxArchive } from './busybox-image.ts';
import { createLabHost, type LabHost } from './host.ts';
import { claimPrefix, claimsFolder, removeLab } from './lab-claims.ts';
import { type ForwardedPort, forwardIntoNetns, listenInNetns } from './lab-door.ts';
import { addSwitch } from './lab-network.ts';
import { raiseWatcherLimit, storageDriverFor } from './machine-limits.ts';
import { netnsPath } from './net-namespaces.ts';
import { type EngineVersion, prepareEngine } from './packages.ts';

/** What tells one lab from another. */
export interface LabOptions {
  /** Where engine roots and the hosts' data are; many labs share one. See `labFolder`. */
  dir: string;
  /** Names the lab on this machine: 1 to 8 characters a-z0-9, not ending in a digit. One lab at a time per prefix. */
  prefix: string;
  /** The first three octets of the lab's /24, for example `10.88.0`. Labs may share one: their networks never meet. */
  subnet: string;
  /** Told, in one line each, about steps that take seconds. */
  onProgress?: (line: string) => void;
  /** Leaves the lab running when this process ends, until it is taken down by name. Default false. */
  keep?: boolean;
}

/** What may be chosen for a host. */
export interface HostChoice {
  /** 1 to 253; the last octet of the address. Default: the next free one. */
  index?: number;
  /** Default 20.10. */
  version?: EngineVersion;
  /** Default `<prefix><index>`. */
  hostname?: string;
  /** Replaces the default `--bridge=none --iptables=false` (swarm services work with it, plain containers have no network). */
  dockerdFlags?: readonly string[];
}

/** A running lab. */
export interface Lab {
  /** The network namespace with the lab's bridge: a server started in it reaches all hosts and is reached by them. */
  readonly netns: string;
  /** The address of that namespace in the lab's network. */
  readonly address: string;
  /**
   * A listening socket at `address` in the lab's network, held by this process: `http.createServer().listen(socket)`
   * serves the hosts' agents. Default port 0: a free one.
   */
  listen(port?: number): Promise<Server>;
  /** A port of 127.0.0.1 that leads to `address:port` in the lab's network, to reach a server that was started in `netns`. */
  forward(port: number): Promise<ForwardedPort>;
  /** Adds a host and resolves when its engine answers. Several may be added at once. */
  addHost(choice?: HostChoice): Promise<LabHost>;
  /** Removes every process, namespace, mount, control group and folder of the lab. */
  down(): Promise<void>;
}

/** The folder of engine roots and labs: SKEP_LAB_DIR, or `.lab` in the checkout. Checkouts may share one. */
export function labFolder(): string {
  return resolve(process.env.SKEP_LAB_DIR || join(import.meta.dirname, '../../.lab'));
}

/**
 * A prefix that no other living process has: `start` (1 or 2 letters, one per lab of this process) and this process's
 * id written in letters. For tests, which run side by side and in several checkouts.
 */
export function ownPrefix(start: string): string {
  const letter = (digit: string) => String.fromCharCode(97 + Number.parseInt(digit, 26));
  return start + [...process.pid.toString(26)].map(letter).join('');
}

/**
 * Makes a lab; nothing happens on the machine before its first host.
 * Left-overs of a dead process under the same prefix are removed then.
 * @throws Error when the prefix cannot name network namespaces.
 */
export function createLab({ dir, prefix, subnet, onProgress, keep = false }: LabOptions): Lab {
  if (!/^[a-z](?:[a-z0-9]{0,6}[a-z])?$/.test(prefix)) {
    throw new Error(`Lab prefix "${prefix}" must be 1 to 8 characters a-z0-9, not ending in a digit`);
  }
  const switchName = `${prefix}sw`;
  const address = `${subnet}.254`;
  const taken = new Set<number>();
  const adding = new Set<Promise<unknown>>();
  let opening: Promise<string> | null = null;
  let isClaimed = false;

  /** Claims the lab and makes its network; gives the storage driver that fits its disk. */
  async function open(root: string): Promise<string> {
    await claimPrefix(prefix, dir, keep);
    isClaimed = true;
    const folder = join(dir, 'labs', prefix);
    await mkdir(folder, { recursive: true });
    await raiseWatcherLimit(onProgress);
    // The mark comes first, so that a crash in between leaves nothing that removeLab would not find.
    const mark = join(claimsFolder, prefix, 'switch');
    await mkdir(mark);
    try {
      await addSwitch({ netnsName: switchName, root }, address);
    } catch (error) {
      await rmdir(mark);
      throw error;
    }
    return storageDriverFor(folder);
  }

  function takeIndex(wanted?: number): number {
    let index = wanted ?? 1;
    while (wanted === undefined && taken.has(index)) index += 1;
    if (taken.has(index) || index < 1 || index > 253)
      throw new Error(`Host index ${index} is taken or not 1 to 253`);
    taken.add(index);
    return index;
  }

  async function addHost(choice: HostChoice = {}): Promise<LabHost> {
    const { version = '20.10', dockerdFlags = ['--bridge=none', '--iptables=false'] } = choice;
    const index = takeIndex(choice.index);
    const root = await prepareEngine({ dir, version, onProgress });
    opening ??= open(root);
    const driver = await opening;
    const hostAddress = `${subnet}.${index}`;
    const engine = createLabHost({
      index,
      version,
      root,
      hostname: choice.hostname ?? `${prefix}${index}`,
      address: hostAddress,
      folder: join(dir, 'labs', prefix, String(index)),
      socketFolder: join(claimsFolder, prefix, String(index)),
      netnsName: `${prefix}${index}`,
      lab: { netnsName: switchName, root },
      dockerdFlags: [
        `--storage-driver=${driver}`,
        // A group of the lab's own, so that what a crash leaves is found.
        `--cgroup-parent=/skep-${prefix}/${index}`,
        `--swarm-default-advertise-addr=${hostAddress}`,
        ...dockerdFlags,
      ],
      imageArchive: () => busyboxArchive(dir, root),
    });
    const down = async () => {
      await engine.down();
      taken.delete(index);
    };
    try {
      await engine.start();
    } catch (error) {
      await down();
      throw error;
    }
    return { ...engine, down };
  }

  return {
    netns: netnsPath(switchName),
    address,
    listen: (port = 0) => listenInNetns(netnsPath(switchName), address, port),
    forward: (port) => forwardIntoNetns(netnsPath(switchName), address, port),
    addHost(choice) {
      const added = addHost(choice);
      adding.add(added);
      const forget = () => adding.delete(added);
      added.then(forget, forget);
      return added;
    },
    async down() {
      await Promise.allSettled(adding);
      // Not claimed: the prefix may be another lab's.
      if (isClaimed) await removeLab(prefix, dir);
      isClaimed = false;
      opening = null;
      taken.clear();
    },
  };
}

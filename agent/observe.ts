// What the agent sees of its host: the engine, its place in a swarm, the network addresses.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { networkInterfaces, hostname as osHostname, release } from 'node:os';
import type { EngineReport, KernelReport, Report, SwarmReport } from './contract.ts';
import type { Engine } from './engine.ts';
import type { EngineInfo } from './engine-shapes.ts';
import { CommandFailure } from './failure.ts';
import { readKernel } from './kernel.ts';

/** Looks at the host. Never rejects: an engine that does not answer is part of what is seen. */
export type Observe = () => Promise<Report>;

/** An address of the host, as the report names it. */
export type Address = Report['addresses'][number];

/**
 * @param extraAddresses - addresses that no interface shows, for example behind NAT
 * @param interfaces - whose addresses are reported; null: all
 * @param hostname - overrides the name that the engine gives itself
 */
export function createObserve({
  engine,
  agentVersion,
  allow,
  extraAddresses,
  interfaces,
  hostname,
  bootId = readBootId(),
}: {
  engine: Engine;
  agentVersion: string;
  allow: readonly string[];
  extraAddresses: readonly Address[];
  interfaces: ReadonlySet<string> | null;
  hostname: string | undefined;
  bootId?: string | undefined;
}): Observe {
  let engineName: string | undefined;
  let lastVersion: { key: string; apiVersion: string; minApiVersion: string } | undefined;

  // Of the kernel that the agent runs on: an engine in a virtual machine, for example, runs on another one.
  let kernel: KernelReport | undefined;
  const kernelOf = ({ KernelVersion }: EngineInfo): KernelReport | null => {
    if (KernelVersion !== release()) return null;
    kernel ??= readKernel({ release: release() });
    return kernel;
  };

  // /version cannot change while the engine's id and version stay.
  const versionOf = async (info: EngineInfo): Promise<{ apiVersion: string; minApiVersion: string }> => {
    const key = `${info.ID} ${info.ServerVersion}`;
    if (lastVersion?.key !== key) {
      const { ApiVersion: apiVersion, MinAPIVersion: minApiVersion } = await engine.version();
      lastVersion = { key, apiVersion, minApiVersion };
    }
    return lastVersion;
  };

  return async () => {
    const host = {
      agentVersion,
      bootId,
      allow,
      addresses: [...localAddresses(interfaces), ...extraAddresses],
    };
    try {
      const info = await engine.info();
      const versions = await versionOf(info);
      engineName = info.Name;
      return {
        ...host,
        hostname: hostname ?? engineName,
        engine: engineReport(info, versions),
        engineFailure: null,
        swarm: swarmReport(info),
        kernel: kernelOf(info),
      };
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      return {
        ...host,
        hostname: hostname ?? engineName ?? osHostname(),
        engine: null,
        engineFailure: `${error.code}: ${error.message}`,
        swarm: null,
        kernel: kernel ?? null,
      };
    }
  };
}

function engineReport(
  info: EngineInfo,
  versions: { apiVersion: string; minApiVersion: string },
): EngineReport {
  return {
    id: info.ID,
    version: info.ServerVersion,
    apiVersion: versions.apiVersion,
    minApiVersion: versions.minApiVersion,
    operatingSystem: info.OperatingSystem,
    kernelVersion: info.KernelVersion,
    osType: info.OSType,
    architecture: info.Architecture,
    cpus: info.NCPU,
    memoryBytes: info.MemTotal,
    storageDriver: info.Driver,
    labels: info.Labels ?? [],
  };
}

function swarmReport({ Swarm: swarm }: EngineInfo): SwarmReport {
  const trustRoot = swarm.Cluster?.TLSInfo?.TrustRoot;
  return {
    localState: swarm.LocalNodeState.toUpperCase(),
    nodeId: swarm.NodeID || null,
    nodeAddress: swarm.NodeAddr || null,
    controlAvailable: swarm.ControlAvailable,
    clusterId: swarm.Cluster?.ID || null,
    caDigest: trustRoot ? createHash('sha256').update(trustRoot).digest('hex') : null,
    // The engine's order flaps from one answer to the next: sorted, so that it is no change.
    remoteManagers: (swarm.RemoteManagers ?? [])
      .map(({ NodeID: nodeId, Addr: address }) => ({ nodeId, address }))
      .sort((left, right) => compare(left.nodeId + left.address, right.nodeId + right.address)),
    error: swarm.Error || null,
  };
}

// Loopback and link-local addresses reach no other host, and every container brings and takes a link-local one.
function localAddresses(interfaces: ReadonlySet<string> | null): Address[] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => interfaces === null || interfaces.has(name))
    .flatMap(([name, addresses = []]) =>
      addresses
        .filter(({ internal, address }) => !internal && !/^(?:fe[89ab]|169\.254\.)/i.test(address))
        .map(({ address, cidr }) => ({
          interface: name,
          address,
          prefixLength: Number(cidr?.split('/')[1] ?? 0),
        })),
    )
    .sort((left, right) => compare(left.interface + left.address, right.interface + right.address));
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

// GET /info and /version.
import { grpcError, TEXT } from './api-error.ts';
import { STEP_DOWN_MS } from './election.ts';
import type { JsonObject } from './json-fields.ts';
import { type Engine, engineOf, type World } from './model.ts';
import { seesLeader } from './quorum.ts';
import { clusterInfoJson } from './swarm-spec.ts';

const KERNEL = '6.1.0-simulated';

/** moby daemon/cluster/swarm.go. */
const TWO_MANAGERS = `WARNING: Running Swarm in a two-manager configuration. This configuration provides
         no fault tolerance, and poses a high risk to lose control over the cluster.
         Refer to https://docs.docker.com/engine/swarm/admin_guide/ to configure the
         Swarm for fault-tolerance.`;

const remoteManagers = (world: World, engine: Engine): JsonObject[] | null => {
  const { membership } = engine;
  if (membership?.state !== 'active') return null;
  const { cluster } = membership;
  return [...cluster.members].map((nodeId) => ({
    NodeID: nodeId,
    Addr: `${cluster.nodes.get(nodeId)?.address ?? engineOf(world, cluster, nodeId)?.address}:2377`,
  }));
};

/** The `Swarm` part of GET /info. It never waits and never fails. */
const swarmSection = (world: World, engine: Engine): JsonObject => {
  const { membership } = engine;
  const blank = {
    NodeID: '',
    NodeAddr: '',
    LocalNodeState: 'inactive',
    ControlAvailable: false,
    Error: '',
    RemoteManagers: null,
  };
  if (engine.pendingJoin && !membership) {
    const RemoteManagers = [{ NodeID: '', Addr: engine.pendingJoin.remote }];
    return { ...blank, LocalNodeState: 'pending', RemoteManagers };
  }
  if (!membership) return blank;
  if (membership.state === 'locked') {
    return { ...blank, NodeAddr: engine.address, LocalNodeState: 'locked', Error: TEXT.locked };
  }
  if (engine.startError !== '') return { ...blank, LocalNodeState: 'error', Error: engine.startError };
  const section = {
    NodeID: membership.nodeId,
    NodeAddr: membership.cluster.nodes.get(membership.nodeId)?.address ?? engine.address,
    LocalNodeState: membership.stranded || membership.unlocking ? 'pending' : membership.state,
    ControlAvailable: membership.controlAvailable,
    Error: '',
    RemoteManagers: remoteManagers(world, engine),
  };
  if (!membership.controlAvailable) return section;
  const { cluster } = membership;
  const lostForMs = world.clock.nowMs() - (membership.leaderLostAtMs ?? world.clock.nowMs());
  const stillLeads = membership.ledBefore && lostForMs < STEP_DOWN_MS;
  if (membership.stranded || (!seesLeader(world, cluster, engine) && !stillLeads)) {
    return { ...section, Error: grpcError('Unknown', TEXT.noLeader).message };
  }
  return {
    ...section,
    Nodes: cluster.nodes.size,
    Managers: cluster.members.size,
    ...(cluster.members.size === 2 ? { Warnings: [TWO_MANAGERS] } : {}),
    Cluster: clusterInfoJson(cluster),
  };
};

/** GET /info. */
export const infoJson = (world: World, engine: Engine): JsonObject => ({
  ID: engine.id,
  Containers: 0,
  ContainersRunning: 0,
  ContainersPaused: 0,
  ContainersStopped: 0,
  Images: 0,
  Driver: 'overlay2',
  DriverStatus: [],
  MemoryLimit: true,
  SwapLimit: true,
  NFd: 23,
  NGoroutines: 80,
  SystemTime: new Date().toISOString(),
  LoggingDriver: 'json-file',
  CgroupDriver: 'cgroupfs',
  CgroupVersion: '1',
  KernelVersion: KERNEL,
  OperatingSystem: 'Simulated Linux',
  OSVersion: '12',
  OSType: 'linux',
  Architecture: 'x86_64',
  NCPU: 2,
  MemTotal: 25_000_000_000,
  DockerRootDir: '/var/lib/docker',
  Name: engine.hostname,
  Labels: Object.entries(engine.labels).map(([key, value]) => `${key}=${value}`),
  ExperimentalBuild: false,
  ServerVersion: engine.profile.version,
  Swarm: swarmSection(world, engine),
  LiveRestoreEnabled: false,
  Warnings: null,
});

/** GET /version. */
export const versionJson = (engine: Engine): JsonObject => ({
  Platform: { Name: '' },
  Components: [
    { Name: 'Engine', Version: engine.profile.version, Details: { ApiVersion: engine.profile.apiVersion } },
  ],
  Version: engine.profile.version,
  ApiVersion: engine.profile.apiVersion,
  MinAPIVersion: engine.profile.minApiVersion,
  GitCommit: 'simulated',
  GoVersion: engine.profile.goVersion,
  Os: 'linux',
  Arch: 'amd64',
  KernelVersion: KERNEL,
  BuildTime: '2024-01-01T00:00:00.000000000+00:00',
});

/** The `Swarm` header of GET /_ping. */
export const swarmHeader = (engine: Engine): string => {
  const { membership } = engine;
  if (!membership) return engine.pendingJoin ? 'pending' : 'inactive';
  if (membership.state !== 'active') return membership.state;
  return membership.controlAvailable ? 'active/manager' : 'active/worker';
};

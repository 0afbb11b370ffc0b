// The parts of the Docker Engine API that the agent uses, typed, each with its deadline.
import type { IncomingMessage } from 'node:http';
import type * as z from 'zod/mini';
import { createEngineCall } from './engine-call.ts';
import * as shapes from './engine-shapes.ts';
import type { EngineTrace } from './engine-trace.ts';
import { attachedServicesShape, createdNetworkShape, networksShape } from './network-shapes.ts';
import { createdKeptShape, keptShape, usingServicesShape } from './secret-shapes.ts';

/** How long the engine may take to answer, in milliseconds. */
export interface EngineDeadlines {
  readonly readMs: number;
  /** A manager without a leader holds a read of the cluster for 20 s before it says so. */
  readonly clusterReadMs: number;
  readonly writeMs: number;
  /** A join that reaches nobody answers after 20 s. */
  readonly joinMs: number;
  /** A new beginning answers after 0.1 to 12.8 s (measured). */
  readonly recoverMs: number;
}

const defaultDeadlines: EngineDeadlines = {
  readMs: 5000,
  clusterReadMs: 25_000,
  writeMs: 30_000,
  joinMs: 40_000,
  recoverMs: 60_000,
};

/** What a swarm tells of itself; the scope leaves out what the host's own containers and networks do. */
const watchedTypes = ['node', 'service', 'network', 'secret', 'config'];

/** The local Docker Engine. Every method rejects with CommandFailure alone. */
export type Engine = ReturnType<typeof createEngine>;

/** Secrets and configs: the same calls under two names. */
export type Kept = 'secrets' | 'configs';

/** A node as the engine has it. */
export type EngineNode = z.infer<typeof shapes.nodeShape>;

/** A service as the engine has it. */
export type EngineService = z.infer<typeof shapes.serviceShape>;

/**
 * @param socketPath - the engine's unix socket
 * @param called - hears of each call when it has ended
 */
export function createEngine({
  socketPath,
  called,
  deadlines = {},
}: {
  socketPath: string;
  called?: EngineTrace['called'];
  /** What differs from the defaults. */
  deadlines?: Partial<EngineDeadlines>;
}) {
  const call = createEngineCall({ socketPath, called });
  const { readMs, clusterReadMs, writeMs, joinMs, recoverMs } = { ...defaultDeadlines, ...deadlines };
  const read = <T>(
    path: string,
    shape: z.ZodMiniType<T>,
    timeoutMs: number,
    query?: Record<string, string>,
  ) => call.json({ method: 'GET', path, query, timeoutMs }, shape);
  const post = (path: string, query?: Record<string, string>, body?: object) =>
    call.done({ method: 'POST', path, query, body, timeoutMs: writeMs });

  return {
    /** Answers in any state of the swarm, also without a leader. */
    info: () => read('/info', shapes.infoShape, readMs),
    version: () => read('/version', shapes.versionShape, readMs),
    ping: () => call.done({ method: 'GET', path: '/_ping', timeoutMs: readMs }),
    swarm: () => read('/swarm', shapes.swarmShape, clusterReadMs),
    nodes: () => read('/nodes', shapes.nodesShape, clusterReadMs),
    node: (id: string) => read(`/nodes/${encodeURIComponent(id)}`, shapes.nodeShape, clusterReadMs),
    tasksOf: (node: string) =>
      read('/tasks', shapes.tasksShape, clusterReadMs, { filters: JSON.stringify({ node: [node] }) }),
    /** Tasks that are meant to run, of all nodes. */
    runningTasks: () =>
      read('/tasks', shapes.workloadTasksShape, clusterReadMs, {
        filters: JSON.stringify({ 'desired-state': ['running'] }),
      }),
    services: () => read('/services', shapes.servicesShape, clusterReadMs),
    /** Of all managers alike; a network that runs on this node too is told as its engine has it. */
    swarmNetworks: () =>
      read('/networks', networksShape, clusterReadMs, { filters: JSON.stringify({ scope: ['swarm'] }) }),
    attachedServices: () => read('/services', attachedServicesShape, clusterReadMs),
    /** Answers at once; its addresses are given out a moment later, or never. */
    createNetwork: (body: object) =>
      call.json({ method: 'POST', path: '/networks/create', body, timeoutMs: writeMs }, createdNetworkShape),
    removeNetwork: (id: string) =>
      call.done({ method: 'DELETE', path: `/networks/${encodeURIComponent(id)}`, timeoutMs: writeMs }),
    /** Without their values: of configs the engine tells them, and the shape leaves them behind. */
    kept: (kind: Kept) => read(`/${kind}`, keptShape, clusterReadMs),
    usingServices: () => read('/services', usingServicesShape, clusterReadMs),
    createKept: (kind: Kept, body: object) =>
      call.json({ method: 'POST', path: `/${kind}/create`, body, timeoutMs: writeMs }, createdKeptShape),
    removeKept: (kind: Kept, id: string) =>
      call.done({ method: 'DELETE', path: `/${kind}/${encodeURIComponent(id)}`, timeoutMs: writeMs }),
    /** With how many tasks each has, and should have. */
    serviceList: () => read('/services', shapes.serviceListShape, clusterReadMs, { status: 'true' }),
    service: (id: string) => read(`/services/${encodeURIComponent(id)}`, shapes.serviceShape, clusterReadMs),
    /** @param isUpToDate - only those that are as the present spec has them */
    serviceTasks: (service: string, isUpToDate: boolean) =>
      read('/tasks', shapes.tasksShape, clusterReadMs, {
        filters: JSON.stringify({ service: [service], ...(isUpToDate ? { '_up-to-date': ['true'] } : {}) }),
      }),
    createService: (spec: object) =>
      call.json(
        { method: 'POST', path: '/services/create', body: spec, timeoutMs: writeMs },
        shapes.serviceMadeShape,
      ),
    /** Replaces the whole spec: what is left out is gone. With `isRollback` the engine takes the spec before this one. */
    updateService: (id: string, version: number, spec: object, isRollback: boolean) =>
      call.json(
        {
          method: 'POST',
          path: `/services/${encodeURIComponent(id)}/update`,
          query: { version: String(version), ...(isRollback ? { rollback: 'previous' } : {}) },
          body: spec,
          timeoutMs: writeMs,
        },
        shapes.serviceWrittenShape,
      ),
    removeService: (id: string) =>
      call.done({ method: 'DELETE', path: `/services/${encodeURIComponent(id)}`, timeoutMs: writeMs }),
    /** A secret or config by id, name or prefix; never what is in it. */
    fileObject: (kind: 'Secret' | 'Config', ref: string) =>
      read(`/${kind.toLowerCase()}s/${encodeURIComponent(ref)}`, shapes.fileObjectShape, clusterReadMs),
    /** A network by id, name or prefix, as a service names one. */
    network: (ref: string) =>
      read(`/networks/${encodeURIComponent(ref)}`, shapes.networkShape, clusterReadMs),
    /** Running containers of this engine alone. */
    containers: () => read('/containers/json', shapes.containersShape, readMs),
    unlockKey: () => read('/swarm/unlockkey', shapes.unlockKeyShape, clusterReadMs),
    /** Answers the id of the new node. */
    initSwarm: (body: object) =>
      call.json({ method: 'POST', path: '/swarm/init', body, timeoutMs: writeMs }, shapes.initShape),
    /** Begins the swarm anew with this manager alone. Answers its node id, which stays. */
    recoverSwarm: (body: object) =>
      call.json(
        {
          method: 'POST',
          path: '/swarm/init',
          body: { ...body, ForceNewCluster: true },
          timeoutMs: recoverMs,
        },
        shapes.initShape,
      ),
    joinSwarm: (body: object) =>
      call.done({ method: 'POST', path: '/swarm/join', body, timeoutMs: joinMs, isJoin: true }),
    // Any text but "", 0, no, false and none counts as true: without force the parameter is left out.
    leaveSwarm: (force: boolean) => post('/swarm/leave', force ? { force: '1' } : undefined),
    unlockSwarm: (unlockKey: string) => post('/swarm/unlock', undefined, { UnlockKey: unlockKey }),
    updateSwarm: (version: number, spec: object, rotate: Record<string, string>) =>
      post('/swarm/update', { version: String(version), ...rotate }, spec),
    /** Replaces the whole spec: what is left out is gone. */
    updateNode: (id: string, version: number, spec: object) =>
      post(`/nodes/${encodeURIComponent(id)}/update`, { version: String(version) }, spec),
    removeNode: (id: string, force: boolean) =>
      call.done({
        method: 'DELETE',
        path: `/nodes/${encodeURIComponent(id)}`,
        query: force ? { force: '1' } : undefined,
        timeoutMs: writeMs,
      }),
    /** Node events, one JSON object a line, cut anywhere: until `signal` aborts or the engine goes. */
    swarmEvents: (signal: AbortSignal): Promise<IncomingMessage> =>
      call.stream(
        {
          method: 'GET',
          path: '/events',
          query: { filters: JSON.stringify({ type: watchedTypes, scope: ['swarm'] }) },
          timeoutMs: readMs,
        },
        signal,
      ),
  };
}

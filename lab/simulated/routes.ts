// The paths of the Engine API that the simulation knows, and what each leads to.

import { listContainers } from './containers.ts';
import { control } from './control.ts';
import { infoJson, versionJson } from './info.ts';
import { initSwarm } from './init.ts';
import { joinSwarm } from './join.ts';
import type { JsonObject } from './json-fields.ts';
import { createKept, deleteKept, inspectKept, listKept } from './kept-routes.ts';
import { leaveSwarm, unlockKey, unlockSwarm } from './leave.ts';
import type { Engine, World } from './model.ts';
import { createNetwork, deleteNetwork, inspectNetwork, listNetworks } from './network-routes.ts';
import { deleteNode, inspectNode, listNodes, updateNode } from './node-routes.ts';
import { parseFlag } from './query.ts';
import {
  createService,
  deleteService,
  inspectService,
  inspectTask,
  listServices,
  listTasks,
  updateService,
} from './service-routes.ts';
import { swarmJson } from './swarm-spec.ts';
import { updateSwarm } from './swarm-update.ts';

/** One call that was understood. */
export type Call = {
  readonly world: World;
  readonly engine: Engine;
  /** The part of the path that `*` stands for, decoded. */
  readonly ref: string;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
};

/** Answers with JSON, or with an empty body for undefined. */
export type Route = {
  readonly pattern: string;
  /** Status of success; default 200. */
  readonly status?: number;
  /** Go's name of the JSON body; none: the body is not read. */
  readonly bodyType?: string;
  readonly answer: (call: Call) => Promise<unknown> | unknown;
};

/** All but `/_ping` and `/events`, which answer in another form. */
export const ROUTES: readonly Route[] = [
  { pattern: 'GET /info', answer: ({ world, engine }) => infoJson(world, engine) },
  { pattern: 'GET /version', answer: ({ engine }) => versionJson(engine) },
  {
    pattern: 'GET /swarm',
    answer: async ({ world, engine }) => swarmJson(await control(world, engine, 'read')),
  },
  {
    pattern: 'POST /swarm/init',
    bodyType: 'swarm.InitRequest',
    answer: ({ world, engine, body }) => initSwarm(world, engine, body),
  },
  {
    pattern: 'POST /swarm/join',
    bodyType: 'swarm.JoinRequest',
    answer: ({ world, engine, body }) => joinSwarm(world, engine, body),
  },
  {
    pattern: 'POST /swarm/leave',
    answer: ({ world, engine, query }) => leaveSwarm(world, engine, parseFlag(query, 'force')),
  },
  {
    pattern: 'POST /swarm/update',
    bodyType: 'swarm.Spec',
    answer: ({ world, engine, query, body }) => updateSwarm(world, engine, query, body),
  },
  {
    pattern: 'GET /swarm/unlockkey',
    answer: async ({ world, engine }) => ({ UnlockKey: await unlockKey(world, engine) }),
  },
  {
    pattern: 'POST /swarm/unlock',
    bodyType: 'swarm.UnlockRequest',
    answer: ({ world, engine, body }) => unlockSwarm(world, engine, body),
  },
  { pattern: 'GET /nodes', answer: ({ world, engine, query }) => listNodes(world, engine, query) },
  { pattern: 'GET /nodes/*', answer: ({ world, engine, ref }) => inspectNode(world, engine, ref) },
  {
    pattern: 'POST /nodes/*/update',
    bodyType: 'swarm.NodeSpec',
    answer: ({ world, engine, ref, query, body }) => updateNode(world, engine, ref, query, body),
  },
  {
    pattern: 'DELETE /nodes/*',
    answer: ({ world, engine, ref, query }) => deleteNode(world, engine, ref, query),
  },
  { pattern: 'GET /services', answer: ({ world, engine, query }) => listServices(world, engine, query) },
  {
    pattern: 'POST /services/create',
    bodyType: 'swarm.ServiceSpec',
    status: 201,
    answer: ({ world, engine, body }) => createService(world, engine, body),
  },
  { pattern: 'GET /services/*', answer: ({ world, engine, ref }) => inspectService(world, engine, ref) },
  {
    pattern: 'POST /services/*/update',
    bodyType: 'swarm.ServiceSpec',
    answer: ({ world, engine, ref, query, body }) => updateService(world, engine, ref, query, body),
  },
  { pattern: 'DELETE /services/*', answer: ({ world, engine, ref }) => deleteService(world, engine, ref) },
  { pattern: 'GET /tasks', answer: ({ world, engine, query }) => listTasks(world, engine, query) },
  { pattern: 'GET /tasks/*', answer: ({ world, engine, ref }) => inspectTask(world, engine, ref) },
  { pattern: 'GET /networks', answer: ({ world, engine, query }) => listNetworks(world, engine, query) },
  { pattern: 'GET /networks/*', answer: ({ world, engine, ref }) => inspectNetwork(world, engine, ref) },
  {
    pattern: 'POST /networks/create',
    bodyType: 'network.CreateRequest',
    status: 201,
    answer: ({ world, engine, body }) => createNetwork(world, engine, body),
  },
  {
    pattern: 'DELETE /networks/*',
    status: 204,
    answer: ({ world, engine, ref }) => deleteNetwork(world, engine, ref),
  },
  {
    pattern: 'GET /secrets',
    answer: ({ world, engine, query }) => listKept(world, engine, 'secrets', query),
  },
  {
    pattern: 'GET /secrets/*',
    answer: ({ world, engine, ref }) => inspectKept(world, engine, 'secrets', ref),
  },
  {
    pattern: 'POST /secrets/create',
    bodyType: 'swarm.SecretSpec',
    status: 201,
    answer: ({ world, engine, body }) => createKept(world, engine, 'secrets', body),
  },
  {
    pattern: 'DELETE /secrets/*',
    status: 204,
    answer: ({ world, engine, ref }) => deleteKept(world, engine, 'secrets', ref),
  },
  {
    pattern: 'GET /configs',
    answer: ({ world, engine, query }) => listKept(world, engine, 'configs', query),
  },
  {
    pattern: 'GET /configs/*',
    answer: ({ world, engine, ref }) => inspectKept(world, engine, 'configs', ref),
  },
  {
    pattern: 'POST /configs/create',
    bodyType: 'swarm.ConfigSpec',
    status: 201,
    answer: ({ world, engine, body }) => createKept(world, engine, 'configs', body),
  },
  {
    pattern: 'DELETE /configs/*',
    status: 204,
    answer: ({ world, engine, ref }) => deleteKept(world, engine, 'configs', ref),
  },
  { pattern: 'GET /containers/json', answer: ({ engine }) => listContainers(engine) },
];

/** The route for a call, and what its `*` stands for. */
export const findRoute = (method: string, path: string): { route: Route; ref: string } | undefined => {
  const parts = `${method} ${path}`.split('/');
  for (const route of ROUTES) {
    const pattern = route.pattern.split('/');
    if (pattern.length !== parts.length) continue;
    if (!pattern.every((part, at) => part === '*' || part === parts[at])) continue;
    const star = pattern.indexOf('*');
    return { route, ref: star < 0 ? '' : decodeURIComponent(parts[star] ?? '') };
  }
  return undefined;
};

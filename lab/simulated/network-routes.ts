// GET /networks and the calls that make and remove a swarm's network; addresses are given out a moment later.
import { ApiError, grpcError, TEXT } from './api-error.ts';
import { control } from './control.ts';
import { publish } from './events.ts';
import { goTime, newId } from './identifiers.ts';
import { type JsonObject, objectAt, textAt } from './json-fields.ts';
import type { Cluster, Engine, SwarmNetwork, World } from './model.ts';
import { parseFilters } from './query.ts';

/** Measured: within some milliseconds. */
const ALLOCATION_MS = 20;

const networkJson = (engine: Engine, network: SwarmNetwork): JsonObject => ({
  Name: network.name,
  Id: network.id,
  Created: network.createdAt,
  Scope: 'swarm',
  Driver: network.subnets ? 'overlay' : '',
  ...(engine.profile.version.startsWith('28') ? { EnableIPv4: true } : {}),
  EnableIPv6: network.body.EnableIPv6 === true,
  IPAM: network.subnets
    ? { Driver: 'default', Options: null, Config: network.subnets }
    : { Driver: '', Options: null, Config: null },
  Internal: network.body.Internal === true,
  Attachable: network.body.Attachable === true,
  Ingress: network.body.Ingress === true,
  ConfigFrom: { Network: '' },
  ConfigOnly: false,
  Containers: null,
  Options: network.subnets ? { ...objectAt(network.body, 'Options') } : null,
  Labels: network.body.Labels ?? null,
});

const isTaken = (cluster: Cluster, subnet: string): boolean =>
  [...cluster.networks.values()].some((other) => other.subnets?.some(({ Subnet }) => Subnet === subnet));

const allocate = (cluster: Cluster, network: SwarmNetwork): void => {
  const configs = objectAt(network.body, 'IPAM').Config;
  const asked: JsonObject[] = Array.isArray(configs) ? configs : [];
  if (asked.some((config) => isTaken(cluster, textAt(config, 'Subnet')))) return;
  const next = `10.0.${cluster.networks.size}`;
  network.subnets =
    asked.length > 0
      ? asked.map((config) => ({
          Gateway: textAt(config, 'Subnet').replace(/\d+\/\d+$/, '1'),
          ...config,
          Subnet: textAt(config, 'Subnet'),
        }))
      : [{ Subnet: `${next}.0/24`, Gateway: `${next}.1` }];
};

const findNetwork = (cluster: Cluster, ref: string): SwarmNetwork => {
  const found = cluster.networks.get(ref) ?? [...cluster.networks.values()].find(({ name }) => name === ref);
  if (!found) throw new ApiError(404, `network ${ref} not found`);
  return found;
};

/** Of a service's spec: the engine looks each up before it takes the service. `host` is of every engine itself. */
export const assertNetworks = (cluster: Cluster, spec: JsonObject): void => {
  for (const { Networks } of [spec, objectAt(spec, 'TaskTemplate')])
    for (const network of Array.isArray(Networks) ? Networks : []) {
      const target = textAt(network, 'Target');
      const isThere = [...cluster.networks.values()].some(({ id, name }) => target === id || target === name);
      if (!isThere && target !== 'host') throw new ApiError(500, `network ${target} not found`);
    }
};

/** Each swarm has one from its beginning. */
export const createIngress = (world: World, cluster: Cluster): void => {
  const id = newId();
  const network = {
    id,
    name: 'ingress',
    createdAt: goTime(world.nano()),
    body: { Ingress: true },
    subnets: [{ Subnet: '10.0.0.0/24', Gateway: '10.0.0.1' }],
  };
  cluster.networks.set(id, network);
};

const emit = (world: World, cluster: Cluster, { id, name }: SwarmNetwork, action: string): void =>
  publish(world, cluster, { type: 'network', action, id, attributes: { name }, timeNano: world.nano() });

/** GET /networks/{id}. */
export const inspectNetwork = async (world: World, engine: Engine, ref: string): Promise<JsonObject> =>
  networkJson(engine, findNetwork(await control(world, engine, 'read'), ref));

/** GET /networks: with the scope swarm; a worker, or an engine outside of a swarm, has none. */
export const listNetworks = async (
  world: World,
  engine: Engine,
  query: URLSearchParams,
): Promise<JsonObject[]> => {
  parseFilters(engine.profile, query, ['driver', 'type', 'name', 'id', 'label', 'scope', 'dangling']);
  if (!engine.membership?.controlAvailable) return [];
  const cluster = await control(world, engine, 'read');
  return [...cluster.networks.values()].map((network) => networkJson(engine, network));
};

/** POST /networks/create. */
export const createNetwork = async (world: World, engine: Engine, body: JsonObject): Promise<JsonObject> => {
  if (!engine.membership) throw new ApiError(engine.profile.strictBody ? 403 : 500, TEXT.notInSwarm);
  const cluster = await control(world, engine, 'write');
  const name = textAt(body, 'Name');
  if (
    ['bridge', 'host', 'none'].includes(name) ||
    [...cluster.networks.values()].some((n) => n.name === name)
  )
    throw new ApiError(409, `network with name ${name} already exists`);
  if (!/^[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*$/.test(name))
    throw grpcError('InvalidArgument', 'name must be valid as a DNS name component');
  const network: SwarmNetwork = {
    id: newId(),
    name,
    createdAt: goTime(world.nano()),
    body,
    subnets: undefined,
  };
  cluster.index += 1;
  cluster.networks.set(network.id, network);
  emit(world, cluster, network, 'create');
  world.clock.after(ALLOCATION_MS, () => allocate(cluster, network));
  return { Id: network.id, Warning: '' };
};

/** DELETE /networks/{id}. */
export const deleteNetwork = async (world: World, engine: Engine, ref: string): Promise<void> => {
  const cluster = await control(world, engine, 'write');
  const network = findNetwork(cluster, ref);
  for (const service of cluster.services.values()) {
    const lists = [service.spec.Networks, objectAt(service.spec, 'TaskTemplate').Networks];
    const targets = lists.flatMap((list) => (Array.isArray(list) ? list : []));
    if (targets.some(({ Target }) => Target === network.id || Target === network.name))
      throw grpcError('FailedPrecondition', `network ${network.id} is in use by service ${service.id}`);
  }
  cluster.index += 1;
  cluster.networks.delete(network.id);
  emit(world, cluster, network, 'remove');
};

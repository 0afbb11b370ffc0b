// GET /nodes, GET, POST update and DELETE of one node.
import { ApiError, grpcError } from './api-error.ts';
import { control } from './control.ts';
import { noteEffect, noteSpec } from './effects.ts';
import { isJsonObject, type JsonObject, textAt } from './json-fields.ts';
import type { Availability, Cluster, Engine, NodeSpec, Role, SwarmNode, World } from './model.ts';
import { nodeJson, removeNode, writeNode } from './nodes.ts';
import { type Filters, parseFilters, parseFlag, parseVersion } from './query.ts';
import { assertDemotable, demote, noteWrite, promote } from './roles.ts';
import { reschedule } from './schedule.ts';

const LIST_FILTERS = ['id', 'name', 'role', 'membership', 'label', 'node.label'];

/**
 * Docker's order: full id, exact hostname, unique prefix of the id.
 * @throws ApiError 404, or 400 when a name or prefix fits several
 */
export const findNode = (cluster: Cluster, ref: string): SwarmNode => {
  const exact = cluster.nodes.get(ref);
  if (exact) return exact;
  const nodes = [...cluster.nodes.values()];
  const named = nodes.filter((node) => node.hostname === ref);
  const matches = named.length > 0 ? named : nodes.filter((node) => node.id.startsWith(ref));
  const [first] = matches;
  if (!first) throw new ApiError(404, `node ${ref} not found`);
  if (matches.length > 1)
    throw new ApiError(400, `node ${ref} is ambiguous (${matches.length} matches found)`);
  return first;
};

const hasLabel = (labels: Readonly<Record<string, string>>, wanted: string): boolean => {
  const at = wanted.indexOf('=');
  const key = at < 0 ? wanted : wanted.slice(0, at);
  return Object.hasOwn(labels, key) && (at < 0 || labels[key] === wanted.slice(at + 1));
};

const oneOf = (kind: string, values: readonly string[], allowed: readonly string[]): void => {
  const bad = values.find((value) => !allowed.includes(value));
  if (bad !== undefined) throw new ApiError(500, `Invalid ${kind} filter: '${bad}'`);
};

const fits = (node: SwarmNode, filters: Filters): boolean => {
  const any = (name: string, test: (value: string) => boolean): boolean => {
    const values = filters.get(name);
    return values === undefined || values.length === 0 || values.some(test);
  };
  return (
    any('id', (value) => node.id.startsWith(value)) &&
    any('name', (value) => node.hostname.startsWith(value)) &&
    any('role', (value) => node.spec.Role === value) &&
    any('membership', (value) => (node.membershipPending ? 'pending' : 'accepted') === value) &&
    (filters.get('label') ?? []).every((value) => hasLabel(node.engineLabels, value)) &&
    (filters.get('node.label') ?? []).every((value) => hasLabel(node.spec.Labels, value))
  );
};

/** GET /nodes, ordered by id like the real list. */
export const listNodes = async (
  world: World,
  engine: Engine,
  query: URLSearchParams,
): Promise<JsonObject[]> => {
  const filters = parseFilters(engine.profile, query, LIST_FILTERS);
  oneOf('role', filters.get('role') ?? [], ['worker', 'manager']);
  oneOf('membership', filters.get('membership') ?? [], ['accepted', 'pending']);
  const cluster = await control(world, engine, 'read');
  return [...cluster.nodes.values()]
    .filter((node) => fits(node, filters))
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .map((node) => nodeJson(world, cluster, node));
};

/** GET /nodes/{id}. */
export const inspectNode = async (world: World, engine: Engine, ref: string): Promise<JsonObject> => {
  const cluster = await control(world, engine, 'read');
  return nodeJson(world, cluster, findNode(cluster, ref));
};

const roleFrom = (text: string): Role => {
  const role = text.toLowerCase();
  if (role === 'worker' || role === 'manager') return role;
  throw new ApiError(400, `invalid Role: ${JSON.stringify(text)}`);
};

const availabilityFrom = (text: string): Availability => {
  const availability = text.toLowerCase();
  if (availability === 'active' || availability === 'pause' || availability === 'drain') return availability;
  throw new ApiError(400, `invalid Availability: ${JSON.stringify(text)}`);
};

const wrongType = (engine: Engine, value: unknown, field: string, type: string): ApiError => {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  const prefix = engine.profile.strictBody ? 'invalid JSON: ' : '';
  return new ApiError(
    400,
    `${prefix}json: cannot unmarshal ${kind} into Go struct field ${field} of type ${type}`,
  );
};

const labelsFrom = (engine: Engine, body: JsonObject): Record<string, string> => {
  const { labelsField, namesLabelKey } = engine.profile;
  const given = body.Labels ?? {};
  if (!isJsonObject(given)) throw wrongType(engine, given, labelsField, 'map[string]string');
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value !== null && typeof value !== 'string') {
      throw wrongType(engine, value, namesLabelKey ? `${labelsField}.${key}` : labelsField, 'string');
    }
    labels[key] = value ?? '';
  }
  return labels;
};

const assertTexts = (engine: Engine, body: JsonObject): void => {
  const types = { Role: 'swarm.NodeRole', Availability: 'swarm.NodeAvailability', Name: 'string' };
  for (const [field, type] of Object.entries(types)) {
    const value = body[field] ?? '';
    if (typeof value !== 'string') throw wrongType(engine, value, `NodeSpec.${field}`, type);
  }
};

const specFrom = (labels: Record<string, string>, body: JsonObject): NodeSpec => {
  const name = textAt(body, 'Name');
  return {
    ...(name ? { Name: name } : {}),
    Labels: labels,
    Role: roleFrom(textAt(body, 'Role')),
    Availability: availabilityFrom(textAt(body, 'Availability')),
  };
};

/** Raft and gRPC limits, in bytes of the node's spec. */
const assertSize = (spec: NodeSpec): void => {
  const size = Buffer.byteLength(JSON.stringify(spec));
  if (size > 4_194_304) {
    throw new ApiError(
      500,
      `rpc error: code = ResourceExhausted desc = grpc: received message larger than max (${size} vs. 4194304)`,
    );
  }
  if (size > 1_500_000) {
    throw grpcError('Unknown', "raft: raft message is too large and can't be sent");
  }
};

/**
 * POST /nodes/{id}/update: the body replaces the whole spec.
 * @throws ApiError see swarm-facts: bad role or availability 400, stale version 500, demotion rules 400 and 404
 */
export const updateNode = async (
  world: World,
  engine: Engine,
  ref: string,
  query: URLSearchParams,
  body: JsonObject,
): Promise<void> => {
  const labels = labelsFrom(engine, body);
  assertTexts(engine, body);
  const version = parseVersion(query, 'node');
  if (engine.membership) noteWrite(world, engine.membership.cluster);
  const cluster = await control(world, engine, 'write');
  const spec = specFrom(labels, body);
  const node = findNode(cluster, ref);
  assertSize(spec);
  const old = node.spec;
  if (old.Role === 'manager' && spec.Role === 'worker') assertDemotable(world, cluster, node);
  if (version !== node.versionIndex) throw grpcError('Unknown', 'update out of sequence');
  node.spec = spec;
  node.membershipPending = true;
  noteSpec(world, engine, cluster, old, node);
  const moved = old.Availability !== spec.Availability;
  writeNode(
    world,
    cluster,
    node,
    moved ? { 'availability.new': spec.Availability, 'availability.old': old.Availability } : {},
  );
  if (old.Role !== spec.Role) (spec.Role === 'manager' ? promote : demote)(world, cluster, node);
  reschedule(world, cluster);
};

/** DELETE /nodes/{id}. */
export const deleteNode = async (
  world: World,
  engine: Engine,
  ref: string,
  query: URLSearchParams,
): Promise<void> => {
  if (engine.membership) noteWrite(world, engine.membership.cluster);
  const cluster = await control(world, engine, 'write');
  const node = findNode(cluster, ref);
  if (node.spec.Role === 'manager' && cluster.members.has(node.id)) {
    throw grpcError(
      'FailedPrecondition',
      `node ${node.id} is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal`,
    );
  }
  if (node.state === 'ready' && !parseFlag(query, 'force')) {
    throw grpcError('FailedPrecondition', `node ${node.id} is not down and can't be removed`);
  }
  removeNode(world, cluster, node);
  const about = { through: engine.hostname, cluster: cluster.id, subject: node.id };
  noteEffect(world, { ...about, path: 'listed', old: true, new: false });
  reschedule(world, cluster);
};

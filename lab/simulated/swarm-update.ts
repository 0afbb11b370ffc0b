// POST /swarm/update: spec, join tokens, unlock key, CA rotation.
import { ApiError, grpcError } from './api-error.ts';
import { type CertificateAuthority, createCertificateAuthority } from './certificate-authority.ts';
import { control } from './control.ts';
import { noteEffect } from './effects.ts';
import { newTokenSecret, newUnlockKey } from './identifiers.ts';
import { type JsonObject, numberAt, objectAt } from './json-fields.ts';
import { type Cluster, type Engine, touch, type World } from './model.ts';
import { writeNode } from './nodes.ts';
import { parseVersion } from './query.ts';
import { noteWrite } from './roles.ts';
import { assertSwarmSpec, swarmSpecFrom } from './swarm-spec.ts';

/** Until the Ready nodes have their new certificates, and from then until the root is the new one (measured: 1 and 2 s). */
const CERTIFICATES_MS = 1_000;
const ROTATION_RETRY_MS = 1_600;

const giveCertificates = (world: World, cluster: Cluster): void => {
  const { nextCa } = cluster;
  if (!nextCa) return;
  let waitsFor = 0;
  for (const node of cluster.nodes.values()) {
    if (node.ca === nextCa) continue;
    waitsFor += 1;
    // One node that is Down keeps its old certificate, and with it the rotation open, until it is removed.
    if (node.state !== 'ready') continue;
    node.ca = nextCa;
    writeNode(world, cluster, node);
  }
  if (waitsFor === 0) finishRotation(world, cluster, nextCa);
  else cluster.cancelRotation = world.clock.after(ROTATION_RETRY_MS, () => giveCertificates(world, cluster));
};

const finishRotation = (world: World, cluster: Cluster, ca: CertificateAuthority): void => {
  cluster.cancelRotation = undefined;
  cluster.ca = ca;
  cluster.nextCa = undefined;
  cluster.secrets = { worker: newTokenSecret(), manager: newTokenSecret() };
  touch(world, cluster, cluster);
  for (const node of cluster.nodes.values()) writeNode(world, cluster, node);
};

/** Each manager gets a new certificate when autolock is switched on: two events that say nothing. */
const renewCertificates = (world: World, cluster: Cluster): void => {
  for (const nodeId of cluster.members) {
    const node = cluster.nodes.get(nodeId);
    if (!node) continue;
    writeNode(world, cluster, node);
    writeNode(world, cluster, node);
  }
};

const flag = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name) ?? '';
  if (value === '') return false;
  if (/^(?:1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw new ApiError(400, `invalid value for ${name}: ${value}`);
};

/** @throws ApiError 400 for a bad version, flag or spec; 500 `update out of sequence` */
export const updateSwarm = async (
  world: World,
  engine: Engine,
  query: URLSearchParams,
  body: JsonObject,
): Promise<void> => {
  const version = parseVersion(query, 'swarm');
  const rotate = {
    worker: flag(query, 'rotateWorkerToken'),
    manager: flag(query, 'rotateManagerToken'),
    unlockKey: flag(query, 'rotateManagerUnlockKey'),
  };
  if (engine.membership) noteWrite(world, engine.membership.cluster);
  const cluster = await control(world, engine, 'write');
  assertSwarmSpec(body);
  if (version !== cluster.versionIndex) throw grpcError('Unknown', 'update out of sequence');
  const before = numberAt(objectAt(cluster.spec, 'CAConfig'), 'ForceRotate');
  const about = { through: engine.hostname, cluster: cluster.id, subject: cluster.id, old: null, new: null };
  const oldSpec = JSON.stringify(cluster.spec);
  cluster.spec = swarmSpecFrom(body);
  if (JSON.stringify(cluster.spec) !== oldSpec) noteEffect(world, { ...about, path: 'spec' });
  for (const role of ['worker', 'manager'] as const)
    if (rotate[role]) noteEffect(world, { ...about, path: `token.${role}` });
  const locked = cluster.unlockKey !== '';
  const autolock = objectAt(cluster.spec, 'EncryptionConfig').AutoLockManagers === true;
  if (!autolock) cluster.unlockKey = '';
  else if (cluster.unlockKey === '' || rotate.unlockKey) cluster.unlockKey = newUnlockKey();
  if (rotate.worker) cluster.secrets.worker = newTokenSecret();
  if (rotate.manager) cluster.secrets.manager = newTokenSecret();
  if (numberAt(objectAt(cluster.spec, 'CAConfig'), 'ForceRotate') > before) {
    cluster.nextCa = createCertificateAuthority();
    cluster.cancelRotation?.();
    cluster.cancelRotation = world.clock.after(CERTIFICATES_MS, () => giveCertificates(world, cluster));
  }
  touch(world, cluster, cluster);
  if (autolock && !locked) renewCertificates(world, cluster);
};

// What the actions of services have in common: their parts of the server, their cluster, and finding what they name.
import type { Requester } from '../audit/actor.ts';
import type { Cluster } from '../clusters/cluster.ts';
import { findCluster, whyReadOnly } from '../clusters/find.ts';
import type { Managers } from '../clusters/managers.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { ScopeOf } from '../hosts/actions.ts';
import type { Hosts } from '../hosts/registry.ts';
import type { Authorise } from '../operations/action.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import type { ReadServices, ServiceRead } from './read.ts';
import type { SendService } from './send.ts';

export type ServicesParts = {
  clusters: Clusters;
  hosts: Hosts;
  managers: Managers;
  services: ReadServices;
  sendService: SendService;
  authorise: Authorise;
  scopeOf: ScopeOf;
  clock: Clock;
};

/** @throws Failure NOT_FOUND, also out of scope; NOT_ADOPTED and the like */
export const changeableCluster = (
  { clusters, scopeOf }: ServicesParts,
  id: string,
  requester: Requester,
): Cluster => {
  const cluster = findCluster(clusters, id, scopeOf, requester);
  assertChangeable(cluster);
  return cluster;
};

const assertChangeable = (cluster: Cluster): void => {
  const readOnly = whyReadOnly(cluster);
  if (readOnly) throw readOnly;
};

/** As it is when the operation has its locks. @throws Failure */
export const clusterNow = ({ clusters }: ServicesParts, id: string): Cluster => {
  const cluster = clusters.find(id);
  if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${id}`);
  assertChangeable(cluster);
  return cluster;
};

/** By id or exact name. @throws Failure NOT_FOUND, and what a read throws */
export const namedService = async (
  { services }: ServicesParts,
  { id, name }: Cluster,
  ref: string,
): Promise<ServiceRead> => {
  const found = await services.one(id, ref);
  if (!found) throw new Failure('NOT_FOUND', `${name} has no service ${ref}`, 'list services');
  return found;
};

/** @throws Failure SERVICE_NOT_FOUND when the cluster has lost it since. */
export const presentService = async (
  { services }: ServicesParts,
  clusterId: string,
  serviceId: string,
): Promise<ServiceRead> => {
  const found = await services.one(clusterId, serviceId);
  if (!found)
    throw new Failure('SERVICE_NOT_FOUND', `the cluster no longer has service ${serviceId}`, 'list services');
  return found;
};

/** Seconds after the start of an operation. */
export const deadlineOf = (startedAt: Date, seconds: number): Date =>
  new Date(startedAt.getTime() + seconds * 1_000);

/** The lock of one service. */
export const lockOf = (serviceId: string): string => `service:${serviceId}`;

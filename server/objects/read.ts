// All objects of a kind, read live, without what is secret of them.
import { createHmac } from 'node:crypto';
import type { ManagerParts } from '../clusters/ask-manager.ts';
import { readNetworks } from '../networks/network.ts';
import { readKept } from '../secrets/kept.ts';
import type { ReadServices } from '../services/read.ts';
import { envName, type Service } from '../services/swarm-service.ts';
import type { ObjectKind, Told } from './object.ts';

/** @throws Failure CLUSTER_UNREACHABLE, NOT_ALLOWED, NO_SUITABLE_MANAGER, or the engine's. */
export type ReadObjects = (kind: ObjectKind, clusterId: string) => Promise<Told[]>;

/**
 * The key's beginning goes before the digest, so that one made with another key is never compared.
 * @param key of this installation, and not in its database: a password of few characters is found from a digest otherwise.
 */
export const createDigest = (key: string): ((values: readonly string[]) => string) => {
  const name = createHmac('sha256', key).update('name').digest('base64url').slice(0, 8);
  return (values) =>
    `${name}:${createHmac('sha256', key).update(JSON.stringify(values.toSorted())).digest('base64url')}`;
};

export const createReadObjects = ({
  services,
  digest,
  ...parts
}: ManagerParts & { services: ReadServices; digest: (values: readonly string[]) => string }): ReadObjects => {
  const toldOfService = (clusterId: string, service: Service): Told => ({
    ...JSON.parse(JSON.stringify({ ...service, env: service.env.map(envName) })),
    clusterId,
    envDigest: digest(service.env),
  });
  return async (kind, clusterId) => {
    switch (kind) {
      case 'SERVICE':
        return (await services.all(clusterId)).map((service) => toldOfService(clusterId, service));
      case 'NETWORK':
        return (await readNetworks(parts, clusterId)).networks.map((network) => ({
          ...network,
          clusterId,
          version: 0,
        }));
      default:
        return (await readKept(parts, kind, clusterId)).kept.map((kept) => ({ ...kept, clusterId }));
    }
  };
};

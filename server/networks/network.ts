// The overlay networks of a cluster and the services that are attached to them, read live through a manager.
import * as z from 'zod';
import { askManager, type ManagerParts } from '../clusters/ask-manager.ts';
import { Failure } from '../platform/failure.ts';

const subnet = z.object({
  subnet: z.string(),
  gateway: z.string().nullable(),
  ipRange: z.string().nullable(),
});

const network = z.object({
  id: z.string(),
  name: z.string(),
  /** Empty: the swarm has not given it addresses (yet, or ever). */
  driver: z.string(),
  scope: z.string(),
  attachable: z.boolean(),
  encrypted: z.boolean(),
  ingress: z.boolean(),
  internal: z.boolean(),
  ipv6: z.boolean(),
  subnets: z.array(subnet),
  labels: z.record(z.string(), z.string()),
});

const attachment = z.object({
  id: z.string(),
  name: z.string(),
  mode: z.string(),
  networks: z.array(
    z.object({ id: z.string(), aliases: z.array(z.string()), virtualIp: z.string().nullable() }),
  ),
});

const answer = z.object({ networks: z.array(network), services: z.array(attachment) });

export type Subnet = z.infer<typeof subnet>;
export type Network = z.infer<typeof network>;
export type AttachedService = z.infer<typeof attachment>;
export type Networks = z.infer<typeof answer>;

/** A read begun now. @throws Failure CLUSTER_UNREACHABLE, NOT_ALLOWED, or the engine's. */
export const readNetworks = async (parts: ManagerParts, clusterId: string): Promise<Networks> => {
  const { networks, services } = answer.parse(
    await askManager(parts, clusterId, { __typename: 'ReadNetworks', fresh: true }),
  );
  // A targets list may name a network by its name, as whoever made the service wrote it.
  const idOf = (ref: string): string =>
    networks.some(({ id }) => id === ref) ? ref : (networks.find(({ name }) => name === ref)?.id ?? ref);
  return {
    networks,
    services: services.map((service) => ({
      ...service,
      networks: service.networks.map((each) => ({ ...each, id: idOf(each.id) })),
    })),
  };
};

/** Those that are attached to it, by name. */
export const attachedTo = (services: readonly AttachedService[], networkId: string): AttachedService[] =>
  services
    .filter(({ networks }) => networks.some(({ id }) => id === networkId))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** By full id or exact name, as Docker does. @throws Failure NOT_FOUND */
export const findNetwork = (networks: readonly Network[], ref: string): Network => {
  const found = networks.find(({ id }) => id === ref) ?? networks.find(({ name }) => name === ref);
  if (!found) throw new Failure('NOT_FOUND', `no network ${ref}`, 'list networks');
  return found;
};

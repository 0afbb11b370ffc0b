// Carries out what a manager does with the swarm's networks: list them with who is attached, create one, remove one.
import type * as z from 'zod/mini';
import type { BodyOf } from './contract.ts';
import type { Engine } from './engine.ts';
import { CommandFailure } from './failure.ts';
import type { attachedServicesShape, networksShape } from './network-shapes.ts';

type EngineNetwork = z.infer<typeof networksShape>[number];
type EngineService = z.infer<typeof attachedServicesShape>[number];

/** GET /networks of the swarm, and of its services what they are attached to. */
export async function readNetworks(engine: Engine): Promise<object> {
  const [networks, services] = await Promise.all([engine.swarmNetworks(), engine.attachedServices()]);
  return { networks: networks.map(told), services: services.map(attached) };
}

/** POST /networks/create. */
export async function createNetwork(engine: Engine, body: BodyOf<'CreateNetwork'>): Promise<object> {
  const { Id } = await engine.createNetwork({
    Name: body.name,
    Driver: 'overlay',
    // Engines before 25.0 look for another one of the name only when they are told to.
    CheckDuplicate: true,
    Attachable: body.attachable,
    Internal: body.internal,
    EnableIPv6: body.ipv6,
    Labels: Object.fromEntries(body.labels.map(({ key, value }) => [key, value])),
    Options: body.encrypted ? { encrypted: '' } : {},
    ...(body.subnets.length === 0
      ? {}
      : {
          IPAM: {
            Driver: 'default',
            Config: body.subnets.map(({ subnet, gateway, ipRange }) => ({
              Subnet: subnet,
              ...(gateway == null ? {} : { Gateway: gateway }),
              ...(ipRange == null ? {} : { IPRange: ipRange }),
            })),
          },
        }),
  });
  return { networkId: Id };
}

/** DELETE /networks/{id}. A network that is gone: done. */
export async function removeNetwork(engine: Engine, body: BodyOf<'RemoveNetwork'>): Promise<object> {
  try {
    await engine.removeNetwork(body.network);
  } catch (error) {
    if (!(error instanceof CommandFailure && error.code === 'NOT_FOUND')) throw error;
  }
  return { removed: true };
}

function told(network: EngineNetwork): object {
  return {
    id: network.Id,
    name: network.Name,
    driver: network.Driver,
    scope: network.Scope,
    attachable: network.Attachable ?? false,
    encrypted: Object.hasOwn(network.Options ?? {}, 'encrypted'),
    ingress: network.Ingress ?? false,
    internal: network.Internal ?? false,
    ipv6: network.EnableIPv6 ?? false,
    subnets: (network.IPAM?.Config ?? []).map(({ Subnet, Gateway, IPRange }) => ({
      subnet: Subnet ?? '',
      gateway: Gateway || null,
      ipRange: IPRange || null,
    })),
    labels: network.Labels ?? {},
  };
}

/** The ingress network stands in no spec: that a service is attached to it shows in its virtual IP there. */
function attached({ ID, Spec, Endpoint }: EngineService): object {
  const virtualIps = new Map((Endpoint?.VirtualIPs ?? []).map(({ NetworkID, Addr }) => [NetworkID, Addr]));
  const aliases = new Map(
    [...(Spec.Networks ?? []), ...(Spec.TaskTemplate?.Networks ?? [])].map(({ Target, Aliases }) => [
      Target,
      Aliases ?? [],
    ]),
  );
  return {
    id: ID,
    name: Spec.Name,
    mode: Spec.EndpointSpec?.Mode || 'vip',
    networks: [...new Set([...aliases.keys(), ...virtualIps.keys()])].map((id) => ({
      id,
      aliases: aliases.get(id) ?? [],
      // Told with the subnet's prefix length.
      virtualIp: virtualIps.get(id)?.replace(/\/\d+$/, '') || null,
    })),
  };
}

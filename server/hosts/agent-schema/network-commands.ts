// What an agent can be told to do with the overlay networks of its cluster.
import type { CommandBody } from '../links.ts';
import { builder } from './builder.ts';
import { Label } from './label.ts';

type Body<Name extends CommandBody['__typename']> = Extract<CommandBody, { __typename: Name }>;

const NetworkSubnet = builder.objectRef<Body<'CreateNetwork'>['subnets'][number]>('NetworkSubnet').implement({
  description: 'An item of `IPAM.Config`, in CIDR notation.',
  fields: (t) => ({
    subnet: t.exposeString('subnet'),
    gateway: t.exposeString('gateway', { nullable: true, description: 'Null: the engine chooses.' }),
    ipRange: t.exposeString('ipRange', { nullable: true, description: 'Null: the whole subnet.' }),
  }),
});

export const CreateNetwork = builder.objectRef<Body<'CreateNetwork'>>('CreateNetwork').implement({
  description:
    'POST /networks/create with Driver overlay, by a manager. Answers { networkId }: at once, before the swarm has given the network its addresses, which it may never do.',
  fields: (t) => ({
    name: t.exposeString('name'),
    attachable: t.exposeBoolean('attachable'),
    encrypted: t.exposeBoolean('encrypted', { description: 'Options: { encrypted: "" }.' }),
    internal: t.exposeBoolean('internal'),
    ipv6: t.exposeBoolean('ipv6', { description: 'EnableIPv6.' }),
    subnets: t.field({ type: [NetworkSubnet], resolve: ({ subnets }) => [...subnets] }),
    labels: t.field({ type: [Label], resolve: ({ labels }) => [...labels] }),
  }),
});

export const RemoveNetwork = builder.objectRef<Body<'RemoveNetwork'>>('RemoveNetwork').implement({
  description:
    'DELETE /networks/{id}, by a manager. Answers { removed: true }. A network that is gone: done.',
  fields: (t) => ({ network: t.exposeID('network') }),
});

export const ReadNetworks = builder.objectRef<Body<'ReadNetworks'>>('ReadNetworks').implement({
  description:
    'Read by a manager: GET /networks?filters={"scope":["swarm"]} and, of GET /services, what is attached to a network. Answers { networks: [{ id, name, driver, scope, attachable, encrypted, ingress, internal, ipv6, subnets: [{ subnet, gateway, ipRange }], labels }], services: [{ id, name, mode (vip or dnsrr), networks: [{ id, aliases, virtualIp }] }] }. A network whose driver is empty has not got its addresses.',
  fields: (t) => ({ fresh: t.exposeBoolean('fresh', { description: 'Always true; a type needs a field.' }) }),
});

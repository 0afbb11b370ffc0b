// Mutations of networks.
import { builder } from '../../graphql/builder.ts';
import { LabelInput } from '../../nodes/schema/inputs.ts';
import { operationMutation } from '../../operations/schema/operation-mutation.ts';

const NetworkSubnetInput = builder.inputType('NetworkSubnetInput', {
  fields: (t) => ({
    subnet: t.string({ required: true, description: 'In CIDR notation, such as 10.20.0.0/24.' }),
    gateway: t.string({ description: 'An address of the subnet. Default: the first.' }),
    ipRange: t.string({ description: 'A part of the subnet that addresses are taken from. Default: all.' }),
  }),
});

operationMutation('createNetwork', {
  permission: 'network:write',
  description:
    'Makes an overlay network; done when the swarm has given it its addresses, for one that has none keeps every service that names it waiting. Encrypted where it is not known whether all kernels can: warning KERNEL_ESP_UNKNOWN; a kernel without VXLAN: warning KERNEL_LACKS_VXLAN. Guard: KERNEL_LACKS_ESP. NAME_TAKEN, SUBNET_TAKEN refuse.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    name: t.string({
      required: true,
      description: 'Letters and digits, with - and _ between them; at most 63 characters.',
    }),
    attachable: t.boolean({
      description: 'Containers that belong to no service may be attached too. Default false.',
    }),
    encrypted: t.boolean({
      description:
        'Between hosts by IPsec, which needs ESP in the kernel of each: Host.kernel. Default false.',
    }),
    internal: t.boolean({ description: 'Without a way to the outside. Default false.' }),
    ipv6: t.boolean({ description: 'Default false; it needs an IPv6 subnet.' }),
    subnets: t.field({
      type: [NetworkSubnetInput],
      description: 'At most 20. Default: one that the swarm takes from its address pool.',
    }),
    labels: t.field({ type: [LabelInput], description: 'The last one of a key counts.' }),
  }),
});
operationMutation('removeNetwork', {
  permission: 'network:write',
  description:
    'Removes a network that nothing is attached to; done when a manager no longer lists it. IN_USE refuses, and names the services; NETWORK_NEEDED for the ingress network.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    network: t.string({ required: true, description: 'Its full id or exact name.' }),
  }),
});

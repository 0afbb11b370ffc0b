// Enums of services: the engine's words in capitals.
import { builder } from '../../graphql/builder.ts';

export const ServiceModeEnum = builder.enumType('ServiceMode', {
  description: 'Services are made REPLICATED or GLOBAL; jobs of Docker’s CLI are shown.',
  values: {
    REPLICATED: { description: 'A number of tasks.' },
    GLOBAL: { description: 'One task on each node that it may run on.' },
    REPLICATED_JOB: {},
    GLOBAL_JOB: {},
  } as const,
});
export const MountTypeEnum = builder.enumType('MountType', {
  values: {
    BIND: { description: 'A folder of the host: needs service:privileged.' },
    VOLUME: { description: 'A named volume of the node, or one without a name.' },
    TMPFS: {},
  } as const,
});
export const EndpointModeEnum = builder.enumType('EndpointMode', {
  description: 'https://docs.docker.com/engine/swarm/networking/#configure-service-discovery',
  values: {
    VIP: { description: 'One virtual address; needs IPVS in the kernels of the nodes.' },
    DNSRR: { description: 'The name resolves to the addresses of the tasks.' },
  } as const,
});
export const PortModeEnum = builder.enumType('PortMode', {
  values: {
    INGRESS: { description: 'On every node, by the routing mesh; needs IPVS.' },
    HOST: { description: 'On the nodes where tasks run.' },
  } as const,
});
export const PortProtocolEnum = builder.enumType('PortProtocol', {
  values: { TCP: {}, UDP: {}, SCTP: {} } as const,
});
export const RestartConditionEnum = builder.enumType('RestartCondition', {
  values: {
    NONE: {},
    ON_FAILURE: {},
    ANY: {},
  } as const,
});
export const UpdateFailureActionEnum = builder.enumType('UpdateFailureAction', {
  description: 'What the managers do when too many of the new tasks fail.',
  values: {
    PAUSE: {},
    CONTINUE: {},
    ROLLBACK: {},
  } as const,
});
export const UpdateOrderEnum = builder.enumType('UpdateOrder', {
  values: { STOP_FIRST: {}, START_FIRST: {} } as const,
});

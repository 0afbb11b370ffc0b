// Enums of services, with the engine's words behind them.
import { builder } from '../../graphql/builder.ts';

export const ServiceModeEnum = builder.enumType('ServiceMode', {
  description: 'Services are made REPLICATED or GLOBAL; jobs of Docker’s CLI are shown.',
  values: {
    REPLICATED: { value: 'Replicated', description: 'A number of tasks.' },
    GLOBAL: { value: 'Global', description: 'One task on each node that it may run on.' },
    REPLICATED_JOB: { value: 'ReplicatedJob' },
    GLOBAL_JOB: { value: 'GlobalJob' },
  } as const,
});
export const MountTypeEnum = builder.enumType('MountType', {
  values: {
    BIND: { value: 'bind', description: 'A folder of the host: needs service:privileged.' },
    VOLUME: { value: 'volume', description: 'A named volume of the node, or one without a name.' },
    TMPFS: { value: 'tmpfs' },
  } as const,
});
export const EndpointModeEnum = builder.enumType('EndpointMode', {
  description: 'https://docs.docker.com/engine/swarm/networking/#configure-service-discovery',
  values: {
    VIP: { value: 'vip', description: 'One virtual address; needs IPVS in the kernels of the nodes.' },
    DNSRR: { value: 'dnsrr', description: 'The name resolves to the addresses of the tasks.' },
  } as const,
});
export const PortModeEnum = builder.enumType('PortMode', {
  values: {
    INGRESS: { value: 'ingress', description: 'On every node, by the routing mesh; needs IPVS.' },
    HOST: { value: 'host', description: 'On the nodes where tasks run.' },
  } as const,
});
export const PortProtocolEnum = builder.enumType('PortProtocol', {
  values: { TCP: { value: 'tcp' }, UDP: { value: 'udp' }, SCTP: { value: 'sctp' } } as const,
});
export const RestartConditionEnum = builder.enumType('RestartCondition', {
  values: {
    NONE: { value: 'none' },
    ON_FAILURE: { value: 'on-failure' },
    ANY: { value: 'any' },
  } as const,
});
export const UpdateFailureActionEnum = builder.enumType('UpdateFailureAction', {
  description: 'What the managers do when too many of the new tasks fail.',
  values: {
    PAUSE: { value: 'pause' },
    CONTINUE: { value: 'continue' },
    ROLLBACK: { value: 'rollback' },
  } as const,
});
export const UpdateOrderEnum = builder.enumType('UpdateOrder', {
  values: { STOP_FIRST: { value: 'stop-first' }, START_FIRST: { value: 'start-first' } } as const,
});

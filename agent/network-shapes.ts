// What the agent reads of networks, and of services as far as they are attached to one.
import * as z from 'zod/mini';

const text = z.nullish(z.string());

/** GET /networks. A network that has not got its addresses has neither a driver nor a configuration. */
export const networksShape = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    Driver: z.string(),
    Scope: z.string(),
    Attachable: z.nullish(z.boolean()),
    Ingress: z.nullish(z.boolean()),
    Internal: z.nullish(z.boolean()),
    EnableIPv6: z.nullish(z.boolean()),
    Options: z.nullish(z.record(z.string(), z.string())),
    Labels: z.nullish(z.record(z.string(), z.string())),
    IPAM: z.nullish(
      z.object({ Config: z.nullish(z.array(z.object({ Subnet: text, Gateway: text, IPRange: text }))) }),
    ),
  }),
);

const targets = z.nullish(z.array(z.object({ Target: z.string(), Aliases: z.nullish(z.array(z.string())) })));

/** GET /services, as much as tells which networks they are attached to, and under which names. */
export const attachedServicesShape = z.array(
  z.object({
    ID: z.string(),
    Spec: z.object({
      Name: z.string(),
      Networks: targets,
      TaskTemplate: z.nullish(z.object({ Networks: targets })),
      EndpointSpec: z.nullish(z.object({ Mode: text })),
    }),
    Endpoint: z.nullish(
      z.object({ VirtualIPs: z.nullish(z.array(z.object({ NetworkID: z.string(), Addr: text }))) }),
    ),
  }),
);

/** POST /networks/create. */
export const createdNetworkShape = z.object({ Id: z.string() });

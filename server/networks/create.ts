// createNetwork: docker network create --driver overlay. https://docs.docker.com/engine/network/drivers/overlay/
import * as z from 'zod';
import { canAskManager, judgeChange, type ObjectParts, tellManager } from '../clusters/ask-manager.ts';
import { findCluster } from '../clusters/find.ts';
import type { Hosts } from '../hosts/registry.ts';
import { labelsInput } from '../nodes/labels.ts';
import { type Action, type Run, refused } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import { changesOf } from '../platform/changes.ts';
import { Failure, failureIsNull } from '../platform/failure.ts';
import { judgeKernels } from './kernels.ts';
import { type Network, readNetworks } from './network.ts';
import { isCidr, isWithin, overlap } from './subnet.ts';

const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
const flag = optional(z.boolean()).transform((value) => value ?? false);
const cidr = z.string().trim().refine(isCidr, 'is no subnet in CIDR notation, such as 10.20.0.0/24');
const address = z.union([z.ipv4(), z.ipv6()], 'is no IP address');

const subnetInput = z
  .object({ subnet: cidr, gateway: optional(address), ipRange: optional(cidr) })
  .refine(({ subnet, gateway }) => gateway === null || isWithin(subnet, gateway), {
    message: 'is not in the subnet',
    path: ['gateway'],
  })
  .refine(({ subnet, ipRange }) => ipRange === null || isWithin(subnet, ipRange), {
    message: 'is not in the subnet',
    path: ['ipRange'],
  });

/** All that a network is made of. */
export const createNetworkParts = z.object({
  // swarmkit manager/controlapi/common.go, isValidDNSName.
  name: z
    .string()
    .trim()
    .max(63, 'is longer than 63 characters')
    .regex(
      /^[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*$/,
      'is no name for a network: letters, digits, - and _ between them',
    ),
  attachable: flag,
  encrypted: flag,
  internal: flag,
  ipv6: flag,
  subnets: optional(
    z
      .array(subnetInput)
      .max(20)
      .refine(
        (all) => !all.some((one, at) => all.slice(at + 1).some((other) => overlap(one.subnet, other.subnet))),
        {
          message: 'overlap one another',
        },
      ),
  ).transform((list) => list ?? []),
  labels: labelsInput,
});
const input = createNetworkParts.extend({ cluster: z.string().min(1) });
type Input = z.infer<typeof input>;
type Plan = Input;

const created = z.object({ networkId: z.string() });

const observeMs = 30_000;
/** Each engine has networks of these names of its own, or takes them for a mode. */
const predefined: ReadonlySet<string> = new Set([
  'bridge',
  'host',
  'none',
  'default',
  'ingress',
  'docker_gwbridge',
]);

const nameTaken = (name: string): Failure =>
  new Failure('NAME_TAKEN', `a network is called ${name} already`, 'choose another name');

/** Why it cannot be made beside the networks that there are, or null. */
const whyNot = ({ name, subnets }: Plan, networks: readonly Network[]): Failure | null => {
  if (predefined.has(name) || networks.some((network) => network.name === name)) return nameTaken(name);
  for (const { subnet } of subnets)
    for (const network of networks) {
      const taken = network.subnets.find((other) => overlap(other.subnet, subnet));
      if (taken)
        return new Failure(
          'SUBNET_TAKEN',
          `${subnet} overlaps ${taken.subnet} of network ${network.name}`,
          'choose another subnet, or leave it out: the swarm chooses one',
        );
    }
  return null;
};

/** Has its addresses, and is what was asked for. */
const isAsWanted = (network: Network, wanted: Plan): boolean =>
  network.driver !== '' &&
  network.subnets.length > 0 &&
  (['attachable', 'encrypted', 'internal', 'ipv6'] as const).every(
    (each) => network[each] === wanted[each],
  ) &&
  wanted.subnets.every(({ subnet }) => network.subnets.some((other) => other.subnet === subnet));

export type NetworkParts = ObjectParts & { hosts: Hosts };

export const createNetworkAction = (parts: NetworkParts): Action<Input, Plan> => {
  const { clusters, scopeOf, clock } = parts;

  const observe = async (run: Run, plan: Plan, networkId: string | null): Promise<Network> => {
    let at = clock.now();
    let last: Network | undefined;
    const seen = await waitFor(
      async () => {
        at = clock.now();
        const now = await readNetworks(parts, plan.cluster).catch(failureIsNull);
        last =
          now?.networks.find(({ id, name }) =>
            networkId === null ? name === plan.name : id === networkId,
          ) ?? last;
        return last && isAsWanted(last, plan) ? last : null;
      },
      { timeoutMs: observeMs, signal: run.signal },
    );
    if (seen) {
      run.unknown(false);
      run.observed(at);
      run.changed(seen.id, changesOf(null, { network: seen }));
      return seen;
    }
    if (networkId === null)
      throw new Failure('OUTCOME_UNKNOWN', 'the network was not seen in time', 'list networks, then decide');
    throw new Failure(
      'NOT_OBSERVED',
      `network ${plan.name} was made and has not got its addresses in time: services that name it would wait for ever`,
      'removeNetwork, and choose another subnet or none',
    );
  };

  return {
    name: 'createNetwork',
    permission: 'network:write',
    input: input as z.ZodType<Input>,
    named: ({ name }) => [{ kind: 'NETWORK', name }],
    resolve: async (asked, requester) => {
      findCluster(clusters, asked.cluster, scopeOf, requester);
      return {
        clusterId: asked.cluster,
        plan: asked,
        targets: [{ kind: 'NETWORK', id: null, name: asked.name }],
        // One after the other: of two with the same subnet the engine would take both.
        locks: [`networks:${asked.cluster}`],
      };
    },
    reachable: ({ cluster }) => canAskManager(parts, cluster),
    judge: (plan) =>
      judgeChange(clusters, plan.cluster, async () => {
        const { networks } = await readNetworks(parts, plan.cluster);
        const why = whyNot(plan, networks);
        return why ? refused(why) : judgeKernels(parts, plan);
      }),
    act: (run, plan) =>
      run.each(async (target) => {
        const { cluster, ...wanted } = plan;
        const told = await run.step('create', null, () =>
          tellManager(parts, run, cluster, 'create', { __typename: 'CreateNetwork', ...wanted }),
        );
        const made = told ? created.parse(told.answer).networkId : null;
        target.id = made;
        const seen = await run.step('observe', made, () => observe(run, plan, made));
        target.id = seen.id;
      }),
  };
};

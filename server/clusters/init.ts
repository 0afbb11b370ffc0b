// initCluster: docker swarm init on a host. https://docs.docker.com/reference/cli/docker/swarm/init/
import * as z from 'zod';
import { findHost, type ScopeOf } from '../hosts/actions.ts';
import { bareAddress, onlyAddress } from '../hosts/addresses.ts';
import { type Commands, failureOf } from '../hosts/commands.ts';
import { type Host, whySilent } from '../hosts/host.ts';
import type { Links } from '../hosts/links.ts';
import type { Hosts } from '../hosts/registry.ts';
import { type Action, allClear, refused } from '../operations/action.ts';
import type { Guard } from '../operations/operation.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure } from '../platform/failure.ts';
import { type Discover, nameOf } from './discover.ts';
import type { ReadCluster } from './read.ts';
import type { Clusters } from './registry.ts';

const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
export const clusterName = z.string().trim().min(1).max(100);
const address = z.string().trim().min(1).max(255);

/** What can be said of a swarm when it is made, and never afterwards. */
export const swarmParts = {
  dataPathPort: optional(z.number().int().min(1_024).max(49_151)),
  defaultAddrPool: optional(z.array(z.string().min(1)).min(1).max(100)),
  subnetSize: optional(z.number().int().min(1).max(30)),
};

const input = z.object({
  host: z.string().min(1),
  name: optional(clusterName),
  advertiseAddr: optional(address),
  listenAddr: optional(address),
  dataPathAddr: optional(address),
  ...swarmParts,
  autolock: optional(z.boolean()).transform((value) => value ?? false),
});
type Input = z.infer<typeof input>;
type Plan = Omit<Input, 'advertiseAddr' | 'listenAddr'> & { advertiseAddr: string; listenAddr: string };

/** Docker's default: the manager's port on all addresses. */
export const defaultListenAddr = '0.0.0.0:2377';
const observeMs = 30_000;

/** An IP or interface that the host's agent does not have, with or without a port. */
export const notLocal = (host: Host, wanted: string | null): Guard[] => {
  if (wanted === null || !host.report) return [];
  const bare = bareAddress(wanted);
  const has = host.report.addresses.some((own) => own.address === bare || own.interface === bare);
  return has
    ? []
    : [{ guard: 'ADDRESS_NOT_LOCAL', message: `host ${host.name} does not have the address ${bare}` }];
};

/** Why the host cannot take up a membership now, or null. */
export const whyNotFree = (host: Host, links: Links): Failure | null => {
  const silent = whySilent(host, links.of(host.id) !== null);
  if (silent) return silent;
  const swarm = host.report?.swarm;
  if (swarm?.localState === 'PENDING')
    return new Failure('JOIN_PENDING', `host ${host.name} still tries an earlier join`, 'leaveSwarm first');
  if (swarm?.localState === 'LOCKED')
    return new Failure(
      'SWARM_LOCKED',
      `host ${host.name} is a manager that waits for its unlock key`,
      'unlockHosts first',
    );
  if (swarm?.localState !== 'INACTIVE')
    return new Failure('ALREADY_IN_SWARM', `host ${host.name} is in a swarm already`, 'leaveSwarm first');
  return null;
};

export const initClusterAction = ({
  clusters,
  hosts,
  links,
  commands,
  read,
  discover,
  scopeOf,
}: {
  clusters: Clusters;
  hosts: Hosts;
  links: Links;
  commands: Commands;
  read: ReadCluster;
  discover: Discover;
  scopeOf: ScopeOf;
}): Action<Input, Plan> => ({
  name: 'initCluster',
  permission: 'cluster:init',
  input: input as z.ZodType<Input>,
  named: ({ host }) => [{ kind: 'HOST', name: host }],
  resolve: async (asked, requester) => {
    const host = findHost(hosts, asked.host, scopeOf(requester));
    const advertiseAddr = asked.advertiseAddr ?? (host.report && onlyAddress(host.report));
    if (!advertiseAddr)
      throw new Failure(
        'INVALID_ARGUMENT',
        `host ${host.name} has no address or several`,
        'name one in advertiseAddr',
      );
    return {
      clusterId: null,
      plan: { ...asked, advertiseAddr, listenAddr: asked.listenAddr ?? defaultListenAddr },
      targets: [{ kind: 'HOST', id: host.id, name: host.name }],
      locks: [`host:${host.id}`, ...(asked.name ? [`name:${asked.name}`] : [])],
    };
  },
  reachable: async ({ host }) => links.of(host) !== null,
  judge: async (plan) => {
    const host = hosts.find(plan.host);
    if (!host) return refused(new Failure('NOT_FOUND', `no host ${plan.host}`));
    const refusal = whyNotFree(host, links);
    if (refusal) return refused(refusal);
    if (clusters.list().some(({ name }) => name === plan.name))
      return refused(
        new Failure('NAME_TAKEN', `another cluster is called ${plan.name}`, 'choose another name'),
      );
    return {
      ...allClear,
      guards: notLocal(host, plan.advertiseAddr),
      warnings: [
        {
          code: 'SINGLE_MANAGER',
          message: 'one manager: if it is lost the cluster is lost; have three',
          target: host.id,
        },
      ],
    };
  },
  act: async (run, { host: hostId, name, ...args }) => {
    const release = discover.claim(hostId);
    try {
      await run.each(async () => {
        const made = await run.step('init', hostId, async () => {
          const result = await commands.carryOut({
            run,
            hostId,
            step: 'init',
            body: { __typename: 'InitSwarm', ...args },
          });
          if (result.outcome === 'FAILED' || result.outcome === 'REFUSED') throw failureOf(result);
          // Also after an unknown outcome: what the host reports decides.
          run.unknown(result.outcome === 'UNKNOWN');
          return waitFor(
            async () => {
              const swarm = hosts.find(hostId)?.report?.swarm;
              return swarm?.controlAvailable && swarm.clusterId && swarm.nodeId
                ? { clusterId: swarm.clusterId, nodeId: swarm.nodeId, caDigest: swarm.caDigest }
                : null;
            },
            { timeoutMs: observeMs, intervalMs: 20, signal: run.signal },
          );
        });
        if (!made)
          throw new Failure('OUTCOME_UNKNOWN', 'the host did not report a swarm in time', 'read the host');
        run.unknown(false);
        run.operation.clusterId = made.clusterId;
        const { clusterId, nodeId } = made;
        await run.step('observe', hostId, async () => {
          if (!clusters.find(clusterId))
            await clusters.create({
              id: clusterId,
              name: name ?? nameOf(clusterId),
              adopted: true,
              caDigest: made.caDigest,
            });
          await hosts.change(hostId, { membership: { nodeId, clusterId } }, run.operation.id);
          const seen = await waitFor(
            async () => {
              const state = await read.fresh(clusterId).catch(() => null);
              const node = state?.nodes.find(({ id }) => id === nodeId);
              return state && node?.status.state === 'READY' && node.managerStatus?.leader ? state : null;
            },
            { timeoutMs: observeMs, signal: run.signal },
          );
          if (!seen)
            throw new Failure(
              'NOT_OBSERVED',
              'the new manager was not seen as Ready leader in time',
              'read the cluster',
            );
          run.observed(seen.began);
        });
      });
    } finally {
      release();
    }
  },
});

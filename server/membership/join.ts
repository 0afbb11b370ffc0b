// joinHosts: docker swarm join on each host, by a token that nobody sees.
// https://docs.docker.com/engine/swarm/join-nodes/
import * as z from 'zod';
import { anyValue, joinedPath } from '../clusters/explain.ts';
import { findCluster, whyReadOnly } from '../clusters/find.ts';
import { defaultListenAddr, notLocal, whyNotFree } from '../clusters/init.ts';
import type { Managers } from '../clusters/managers.ts';
import { membershipOf } from '../clusters/membership-of-hosts.ts';
import { quorumNow, quorumOf } from '../clusters/quorum.ts';
import type { FreshRead, ReadCluster } from '../clusters/read.ts';
import type { Clusters } from '../clusters/registry.ts';
import { readJoinToken } from '../clusters/tokens.ts';
import { findHost, type ScopeOf } from '../hosts/actions.ts';
import { type Commands, failureOf } from '../hosts/commands.ts';
import type { Host } from '../hosts/host.ts';
import type { Links } from '../hosts/links.ts';
import type { ProbePorts } from '../hosts/probe-ports.ts';
import type { Hosts } from '../hosts/registry.ts';
import { engineAvailability } from '../nodes/availability.ts';
import type { ChangeNode } from '../nodes/change.ts';
import type { ReadJoinAddresses } from '../nodes/join-addresses.ts';
import { hasLabels, labelInput, lastOfEach } from '../nodes/labels.ts';
import { evenOrMany, impactOf } from '../nodes/role-rules.ts';
import type { Settle } from '../nodes/settle.ts';
import { type Action, type Authorise, type Run, refused, type Verdict } from '../operations/action.ts';
import type { Guard, Warning } from '../operations/operation.ts';
import { waitFor } from '../operations/wait.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import { type Joining, judgePorts } from './join-ports.ts';

const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
const address = z.string().trim().min(1).max(255);

/** Which of its addresses a host uses in the swarm. */
export const joinAddressParts = {
  advertiseAddr: optional(address),
  listenAddr: optional(address),
  dataPathAddr: optional(address),
};

const hostInput = z.object({
  host: z.string().min(1),
  ...joinAddressParts,
  labels: optional(z.array(labelInput).max(1_000)).transform((labels) => lastOfEach(labels ?? [])),
});

const input = z
  .object({
    cluster: z.string().min(1),
    hosts: z.array(hostInput).min(1, 'names no host').max(1_000),
    role: optional(z.enum(['WORKER', 'MANAGER'])).transform((role) => role ?? ('WORKER' as const)),
    availability: optional(z.enum(['ACTIVE', 'PAUSE', 'DRAIN'])).transform(
      (wanted) => wanted ?? ('ACTIVE' as const),
    ),
  })
  .refine(({ hosts }) => new Set(hosts.map(({ host }) => host)).size === hosts.length, {
    message: 'names a host twice',
    path: ['hosts'],
  });
type Input = z.infer<typeof input>;

/** A join answers in 0.1 to 0.7 seconds, a wrong address in 20; then the node appears within a second. */
const observeMs = 60_000;
const joinPatienceMs = 75_000;

export type MembershipParts = {
  clusters: Clusters;
  hosts: Hosts;
  links: Links;
  managers: Managers;
  commands: Commands;
  read: ReadCluster;
  change: ChangeNode;
  settle: Settle;
  joinAddresses: ReadJoinAddresses;
  probePorts: ProbePorts;
  scopeOf: ScopeOf;
  authorise: Authorise;
  clock: Clock;
};

/** The node that this host is in the cluster, when it is a member of it already. */
const memberId = (host: Host, clusters: Clusters, clusterId: string): string | null => {
  const nodeId = host.report?.swarm?.nodeId ?? null;
  return nodeId !== null &&
    membershipOf(host, clusters) === 'MEMBER' &&
    clusters.ofNode(nodeId)?.id === clusterId
    ? nodeId
    : null;
};

const whyNotJoin = (host: Host, { clusters, links }: MembershipParts, clusterId: string): Failure | null => {
  if (memberId(host, clusters, clusterId)) return null;
  const why = whyNotFree(host, links);
  return why?.code === 'ALREADY_IN_SWARM'
    ? new Failure('IN_OTHER_SWARM', `host ${host.name} is in another swarm`, 'leaveSwarm there first')
    : why;
};

const judge = async (
  parts: MembershipParts,
  { cluster: id, hosts: asked, role }: Input,
): Promise<Verdict> => {
  const cluster = parts.clusters.find(id);
  if (!cluster) return refused(new Failure('NOT_FOUND', `no cluster ${id}`));
  const readOnly = whyReadOnly(cluster);
  if (readOnly) return refused(readOnly);
  const state = await parts.read.fresh(id);
  const { nodes } = state;
  const guards: Guard[] = [];
  const warnings: Warning[] = [];
  const joining: Joining[] = [];
  for (const { host: hostId, ...places } of asked) {
    const host = parts.hosts.find(hostId);
    if (!host) return refused(new Failure('NOT_FOUND', `no host ${hostId}`));
    const why = whyNotJoin(host, parts, id);
    if (why) return refused(why);
    if (memberId(host, parts.clusters, id))
      warnings.push({
        code: 'ALREADY_MEMBER',
        message: `host ${host.name} is a member already`,
        target: hostId,
      });
    else joining.push({ host, ...places });
    guards.push(...notLocal(host, places.advertiseAddr));
  }
  if (joining.length > 0) {
    const ports = await judgePorts({
      probePorts: parts.probePorts,
      state,
      joining,
      asManagers: role === 'MANAGER',
      hosts: parts.hosts.list(),
      isConnected: (host) => parts.links.of(host.id) !== null,
    });
    guards.push(...ports.guards);
    warnings.push(...ports.warnings);
  }
  const before = quorumNow(nodes);
  const after =
    role === 'MANAGER'
      ? quorumOf(before.managers + joining.length, before.reachable + joining.length)
      : before;
  if (role === 'MANAGER') warnings.push(...evenOrMany(after));
  return {
    guards,
    warnings,
    refusal: null,
    impact: impactOf(before, after),
  };
};

export const joinHostsAction = (parts: MembershipParts): Action<Input, Input> => {
  const { clusters, hosts, commands, read, change } = parts;

  /** Lets the engine join. @returns the new node's id. */
  const join = async (
    run: Run,
    plan: Input,
    asked: Input['hosts'][number],
    availability: string,
  ): Promise<string> => {
    const hostId = asked.host;
    const { token } = await readJoinToken(parts, plan.cluster, plan.role);
    const { nodes } = await read.fresh(plan.cluster);
    const reachable = nodes.filter(({ managerStatus }) => managerStatus?.reachability === 'REACHABLE');
    const remoteAddrs = reachable
      .sort((a, b) => Number(b.managerStatus?.leader) - Number(a.managerStatus?.leader))
      .flatMap(({ managerStatus }) => (managerStatus ? [managerStatus.address] : []));
    const result = await commands.carryOut({
      run,
      hostId,
      step: `join:${hostId}`,
      body: {
        __typename: 'JoinSwarm',
        token,
        remoteAddrs,
        advertiseAddr: asked.advertiseAddr,
        listenAddr: asked.listenAddr ?? defaultListenAddr,
        dataPathAddr: asked.dataPathAddr,
        availability,
        cluster: plan.cluster,
      },
      expectations: [{ clusterId: plan.cluster, subjectId: hostId, path: joinedPath, value: anyValue }],
      patienceMs: joinPatienceMs,
    });
    if (result.outcome === 'DONE') return z.object({ nodeId: z.string().min(1) }).parse(result.result).nodeId;
    if (result.outcome !== 'UNKNOWN') throw failureOf(result);
    run.unknown(true);
    const nodeId = await waitFor(
      async () => {
        await read.fresh(plan.cluster).catch(() => null);
        const host = hosts.find(hostId);
        return host && memberId(host, clusters, plan.cluster);
      },
      { timeoutMs: observeMs, signal: run.signal },
    );
    if (!nodeId)
      throw new Failure('OUTCOME_UNKNOWN', 'the host was not seen as a member in time', 'read the host');
    return nodeId;
  };

  /** Whether the host's own report says so too, unless its agent is gone: what is asked next is judged by it. */
  const isReported = (hostId: string, nodeId: string, role: Input['role']): boolean => {
    if (!parts.links.of(hostId)) return true;
    const swarm = hosts.find(hostId)?.report?.swarm;
    return swarm?.nodeId === nodeId && (role === 'WORKER' || swarm.controlAvailable);
  };

  const appeared = async (run: Run, plan: Input, hostId: string, nodeId: string): Promise<FreshRead> => {
    const seen = await waitFor(
      async () => {
        const state = await read.fresh(plan.cluster).catch(() => null);
        const node = state?.nodes.find(({ id }) => id === nodeId);
        const there =
          isReported(hostId, nodeId, plan.role) &&
          node?.status.state === 'READY' &&
          (plan.role === 'WORKER' || node.managerStatus?.reachability === 'REACHABLE');
        return state && there ? state : null;
      },
      { timeoutMs: observeMs, intervalMs: 50, signal: run.signal },
    );
    if (!seen)
      throw new Failure(
        'NOT_OBSERVED',
        'the engine has joined, but its node was not seen Ready in time',
        'read the cluster',
      );
    run.unknown(false);
    return seen;
  };

  return {
    name: 'joinHosts',
    permission: 'host:join',
    input: input as z.ZodType<Input>,
    named: ({ hosts: asked }) => asked.map(({ host }) => ({ kind: 'HOST', name: host })),
    resolve: async (plan, requester) => {
      const cluster = findCluster(clusters, plan.cluster, parts.scopeOf, requester);
      const found = plan.hosts.map(({ host }) => findHost(hosts, host, parts.scopeOf(requester)));
      return {
        clusterId: cluster.id,
        plan,
        targets: found.map(({ id, name }) => ({ kind: 'HOST', id, name })),
        locks: [
          ...found.map(({ id }) => `host:${id}`),
          ...(plan.role === 'MANAGER' ? [`role:${cluster.id}`] : []),
        ],
      };
    },
    reachable: async (plan) =>
      plan.hosts.every(({ host }) => parts.links.of(host) !== null) && (await read.reachable(plan.cluster)),
    judge: (plan) => judge(parts, plan),
    // Managers one by one: each of them changes the raft group.
    act: (run, plan) =>
      run.each(
        async (target) => {
          const asked = plan.hosts.find(({ host }) => host === target.id);
          const host = asked && hosts.find(asked.host);
          if (!asked || !host) throw new Failure('NOT_FOUND', `no host ${target.name}`);
          const already = memberId(host, clusters, plan.cluster);
          if (already && !run.resumed) return;
          const later = asked.labels.length > 0;
          const joinsAs = engineAvailability(later ? 'DRAIN' : plan.availability);
          const nodeId =
            already ??
            (await run.step(
              'join',
              host.id,
              () => join(run, plan, asked, joinsAs),
              (id) => `node ${id}`,
            ));
          await run.step('observe', host.id, async () =>
            run.observed((await appeared(run, plan, host.id, nodeId)).began),
          );
          await hosts.change(host.id, { membership: { nodeId, clusterId: plan.cluster } }, run.operation.id);
          if (!later) return;
          await change.apply(run, plan.cluster, nodeId, { setLabels: asked.labels }, (node) =>
            hasLabels(node.labels, { set: asked.labels, remove: [] }),
          );
          await change.apply(
            run,
            plan.cluster,
            nodeId,
            { availability: engineAvailability(plan.availability) },
            (node) => node.availability === plan.availability,
          );
        },
        { parallel: plan.role === 'WORKER' },
      ),
  };
};

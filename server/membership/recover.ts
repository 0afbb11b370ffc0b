// recoverCluster: a cluster that lost its quorum begins anew with one manager (docker swarm init --force-new-cluster).
// https://docs.docker.com/engine/swarm/admin_guide/#recover-from-losing-the-quorum
import * as z from 'zod';
import type { Cluster } from '../clusters/cluster.ts';
import { findCluster, whyNotConfirmed, whyReadOnly } from '../clusters/find.ts';
import { defaultListenAddr, notLocal } from '../clusters/init.ts';
import { isRecoverable, managersSeen } from '../clusters/managers-seen.ts';
import { quorumNow, quorumOf } from '../clusters/quorum.ts';
import type { FreshRead } from '../clusters/read.ts';
import { isAutolocked } from '../clusters/settings.ts';
import { findHost } from '../hosts/actions.ts';
import { failureOf } from '../hosts/commands.ts';
import { type Host, whySilent } from '../hosts/host.ts';
import { impactOf } from '../nodes/role-rules.ts';
import { type Action, type Run, refused, type Verdict } from '../operations/action.ts';
import type { Guard, Warning } from '../operations/operation.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure, failureIsNull } from '../platform/failure.ts';
import type { MembershipParts } from './join.ts';

const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
const address = z.string().trim().min(1).max(255);

const input = z.object({
  cluster: z.string().min(1),
  host: z.string().min(1),
  confirm: z.string(),
  advertiseAddr: optional(address),
  listenAddr: optional(address),
  dataPathAddr: optional(address),
});
type Input = z.infer<typeof input>;
/** `nodeId`: the manager that goes on, as of the intent. */
type Plan = Omit<Input, 'advertiseAddr' | 'listenAddr'> & {
  nodeId: string;
  advertiseAddr: string;
  listenAddr: string;
};

/** The engine answers within 13 seconds (measured), and is given 60. */
const patienceMs = 75_000;
const observeMs = 60_000;

/** Why it is not, or no longer, a manager that could go on alone. */
const whyNotHost = (host: Host, cluster: Cluster, nodeId: string, connected: boolean): Failure | null => {
  const silent = whySilent(host, connected);
  if (silent) return silent;
  const swarm = host.report?.swarm;
  if (swarm?.localState === 'LOCKED')
    return new Failure('SWARM_LOCKED', `host ${host.name} waits for its unlock key`, 'unlockHosts first');
  const node = cluster.nodes.get(nodeId);
  if (swarm?.nodeId !== nodeId || !swarm?.controlAvailable || !node?.managerStatus)
    return new Failure(
      'NOT_MANAGER',
      `host ${host.name} is no manager of ${cluster.name}`,
      'choose one that is',
    );
  return null;
};

export const recoverClusterAction = (parts: MembershipParts): Action<Input, Plan> => {
  const { clusters, hosts, links, commands, read } = parts;

  /** A cluster that works, or may work again in a moment, is never forced. */
  const whyNotYet = async (cluster: Cluster): Promise<Failure | null> => {
    let state: FreshRead;
    try {
      state = await read.fresh(cluster.id);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'NO_LEADER') throw error;
      return clusters.find(cluster.id)?.trouble?.quorumLost
        ? null
        : new Failure(
            'NO_LEADER',
            `${cluster.name} has had no leader for less than half a minute: an election may be running`,
            'wait until its state is QUORUM_LOST',
          );
    }
    const { managers, reachable } = quorumNow(state.nodes);
    return new Failure(
      'HAS_QUORUM',
      `${cluster.name} can be read and changed: its leader reaches ${reachable} of ${managers} managers`,
      'demote and remove what is lost instead',
    );
  };

  const majorityRecoverable = (cluster: Cluster): Guard[] => {
    const managers = managersSeen(cluster, hosts);
    const able = managers.filter(isRecoverable);
    const { needed } = quorumOf(managers.length, 0);
    if (able.length < needed) return [];
    const down = able.filter(({ state }) => state !== 'UP').map(({ name }) => name);
    return [
      {
        guard: 'MAJORITY_RECOVERABLE',
        message:
          down.length > 0
            ? `with the engines of ${down.join(', ')}, whose agents are connected, ${able.length} of ${managers.length} managers would be up, and nothing would be lost`
            : `${able.length} of ${managers.length} managers are up: look at the network between them first`,
      },
    ];
  };

  const warningsOf = (cluster: Cluster, nodeId: string): Warning[] => [
    {
      code: 'LATEST_CHANGES_LOST',
      message: 'what the lost managers alone had agreed on last is gone',
      target: cluster.id,
    },
    ...(isAutolocked(cluster.swarm?.spec)
      ? [
          {
            code: 'MAY_BE_LOCKED',
            message: 'autolock is on: the engine may ask for the unlock key afterwards (unlockHosts)',
            target: cluster.id,
          },
        ]
      : []),
    ...managersSeen(cluster, hosts)
      .filter(({ node }) => node.id !== nodeId)
      .map(({ name, node }) => ({
        code: 'FORMER_MANAGER',
        message: `${name} will be listed as a manager and be none; the cluster’s advice then names its next step`,
        target: node.id,
      })),
  ];

  const judge = async (plan: Plan): Promise<Verdict> => {
    const cluster = clusters.find(plan.cluster);
    const host = hosts.find(plan.host);
    if (!cluster || !host) return refused(new Failure('NOT_FOUND', 'no such cluster or host'));
    const why =
      whyReadOnly(cluster) ??
      whyNotConfirmed(cluster, plan.confirm) ??
      whyNotHost(host, cluster, plan.nodeId, links.of(host.id) !== null) ??
      (await whyNotYet(cluster));
    if (why) return refused(why);
    const managers = managersSeen(cluster, hosts);
    const up = managers.filter(({ state }) => state === 'UP').length;
    return {
      guards: [...majorityRecoverable(cluster), ...notLocal(host, plan.advertiseAddr)],
      warnings: warningsOf(cluster, plan.nodeId),
      impact: impactOf(quorumOf(managers.length, up), quorumOf(1, 1)),
      refusal: null,
    };
  };

  /** What was seen of the old managers' log proves nothing any more: a lower version may be the newer truth. */
  const forgetVersions = (plan: Plan, operationId: string): Promise<void> =>
    clusters.change(
      plan.cluster,
      ({ nodes }) => ({
        nodes: new Map([...nodes].map(([id, node]) => [id, { ...node, version: 0 }])),
        formerManagers: [...nodes.values()]
          .filter(
            ({ id, role, managerStatus }) => id !== plan.nodeId && (role === 'MANAGER' || managerStatus),
          )
          .map(({ id }) => id),
      }),
      operationId,
    );

  const observe = async (run: Run, plan: Plan, unknown: boolean): Promise<void> => {
    const seen = await waitFor(
      async () => {
        const host = hosts.find(plan.host);
        const state = host && (await read.through(plan.cluster, host).catch(failureIsNull));
        const group = state?.nodes.filter(({ managerStatus }) => managerStatus !== null) ?? [];
        const [only] = group;
        return state && group.length === 1 && only?.id === plan.nodeId && only.managerStatus?.leader
          ? state
          : null;
      },
      { timeoutMs: observeMs, intervalMs: 100, signal: run.signal },
    );
    run.unknown(false);
    if (!seen)
      throw unknown
        ? new Failure(
            'OUTCOME_UNKNOWN',
            'the engine gave no answer, and no new beginning was seen',
            'read the cluster, then decide',
          )
        : new Failure(
            'NOT_OBSERVED',
            'the engine took it, but it was not seen as the only manager in time',
            'read the cluster',
          );
    run.observed(seen.began);
  };

  return {
    name: 'recoverCluster',
    permission: 'cluster:force',
    input: input as z.ZodType<Input>,
    named: ({ host }) => [{ kind: 'HOST', name: host }],
    resolve: async (asked, requester) => {
      const cluster = findCluster(clusters, asked.cluster, parts.scopeOf, requester);
      const host = findHost(hosts, asked.host, parts.scopeOf(requester));
      const swarm = host.report?.swarm;
      const nodeId = swarm?.nodeId ?? host.membership?.nodeId ?? '';
      return {
        clusterId: cluster.id,
        plan: {
          ...asked,
          nodeId,
          // What it told the others before: the engine would not remember it.
          advertiseAddr: asked.advertiseAddr ?? swarm?.nodeAddress ?? '',
          listenAddr: asked.listenAddr ?? defaultListenAddr,
        },
        targets: [{ kind: 'HOST', id: host.id, name: host.name }],
        locks: [
          `host:${host.id}`,
          ...['role', 'spec', 'availability'].map((kind) => `${kind}:${cluster.id}`),
        ],
      };
    },
    reachable: async ({ host }) => links.of(host) !== null,
    judge,
    act: (run, plan) =>
      run.each(async () => {
        const { nodeId, advertiseAddr, listenAddr, dataPathAddr } = plan;
        const managers = [...(clusters.find(plan.cluster)?.nodes.values() ?? [])]
          .filter(({ managerStatus }) => managerStatus !== null)
          .map(({ id }) => id);
        const unknown = await run.step('begin anew', plan.host, async () => {
          const result = await commands.carryOut({
            run,
            hostId: plan.host,
            step: 'recover',
            body: { __typename: 'RecoverSwarm', nodeId, advertiseAddr, listenAddr, dataPathAddr },
            patienceMs,
          });
          if (result.outcome === 'FAILED' || result.outcome === 'REFUSED') throw failureOf(result);
          run.unknown(result.outcome === 'UNKNOWN');
          return result.outcome === 'UNKNOWN';
        });
        await forgetVersions(plan, run.operation.id);
        await run.step('observe', plan.host, () => observe(run, plan, unknown));
        run.changed(plan.cluster, [{ path: 'managers', old: managers, new: [nodeId] }]);
      }),
  };
};

// What a change of roles is weighed by: the rules, and what they cannot know, who is connected and who joined where.
import type { Cluster } from '../clusters/cluster.ts';
import type { Managers } from '../clusters/managers.ts';
import type { NodeObservation } from '../clusters/observation.ts';
import { isMember } from '../clusters/quorum.ts';
import type { Clusters } from '../clusters/registry.ts';
import { refused, type Verdict } from '../operations/action.ts';
import type { Guard } from '../operations/operation.ts';
import { Failure } from '../platform/failure.ts';
import type { ChangeNode } from './change.ts';
import { joinedThrough, promotionOrder, type ReadJoinAddresses } from './join-addresses.ts';
import type { NodesPlan } from './plan.ts';
import { judgeDemotion, judgePromotion } from './role-rules.ts';

type Parts = { clusters: Clusters; managers: Managers; joinAddresses: ReadJoinAddresses };

/** The whole rule for promotions: role-rules.ts, and whether each engine has a way into the raft group. */
export const weighPromotion = async (
  { joinAddresses }: Pick<Parts, 'joinAddresses'>,
  nodes: readonly NodeObservation[],
  targets: readonly NodeObservation[],
): Promise<Verdict> => {
  const verdict = judgePromotion(nodes, targets);
  const { stranded } = promotionOrder(nodes, targets, await joinAddresses());
  const guards: Guard[] = stranded.map(({ node, address }) => ({
    guard: 'JOIN_ADDRESS_GONE',
    message: `${node.hostname} joined the swarm through ${address}, where no manager is: its engine would find no other way into the raft group, and the node would be Down; promote the node at that address first, or start the engine of ${node.hostname} anew and override`,
  }));
  return { ...verdict, guards: [...verdict.guards, ...guards] };
};

/** Whether the agent of a manager that stays is connected: through it Skep sees how it ends. */
const isSeenWithout = (managers: Managers, cluster: Cluster, leaving: readonly string[]): boolean =>
  managers.of(cluster).some(({ report }) => !leaving.includes(report?.swarm?.nodeId ?? ''));

/**
 * After a restart agents come back one by one: a demotion is gone on with when one of those that stay is there. Where no
 * manager would stay there is nobody to wait for, and the judgement says so.
 */
export const demotionReachable = async (
  { clusters, managers, change }: Pick<Parts, 'clusters' | 'managers'> & { change: ChangeNode },
  { clusterId, nodeIds }: NodesPlan,
): Promise<boolean> => {
  const cluster = clusters.find(clusterId);
  if (!cluster) return false;
  const othersStay = [...cluster.nodes.values()].some((node) => isMember(node) && !nodeIds.includes(node.id));
  return (!othersStay || isSeenWithout(managers, cluster, nodeIds)) && change.reachable(clusterId);
};

/** The whole rule for demotions: role-rules.ts, who else loses by it, and whether Skep could see how it ends. */
export const weighDemotion = async (
  { clusters, managers, joinAddresses }: Parts,
  clusterId: string,
  nodes: readonly NodeObservation[],
  targets: readonly NodeObservation[],
): Promise<Verdict> => {
  const verdict = judgeDemotion(nodes, targets);
  const leaving = targets.filter(isMember);
  const cluster = clusters.find(clusterId);
  if (verdict.refusal || leaving.length === 0 || !cluster) return verdict;
  const ids = leaving.map(({ id }) => id);
  if (!isSeenWithout(managers, cluster, ids))
    return refused(
      new Failure(
        'NO_OTHER_AGENT',
        'of the managers that would be left none has a connected agent: nobody could see how it ends, nor undo it',
        'start the agent of another manager first',
      ),
    );
  return {
    ...verdict,
    warnings: [...verdict.warnings, ...joinedThrough(nodes, leaving, await joinAddresses())],
  };
};

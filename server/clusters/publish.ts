// From a read of a cluster to what the world hears: the projection, node events, cluster events, EXTERNAL records.
import { LRUCache } from 'lru-cache';
import { external, system } from '../audit/actor.ts';
import type { Audit } from '../audit/record.ts';
import type { Hosts } from '../hosts/registry.ts';
import type { Clock } from '../platform/clock.ts';
import type { Change, Emit, Transaction } from '../platform/events.ts';
import { followRotation, isOfRotation } from './ca-rotation.ts';
import { type CaRotation, type Cluster, isFormerManager, type SeenNode } from './cluster.ts';
import {
  compareNodes,
  compareSome,
  compareSwarm,
  isNews,
  isOrdered,
  isSetByPeople,
  type NodeDifference,
} from './compare.ts';
import { type Explanation, explain } from './explain.ts';
import type { NodeObservation, Observation } from './observation.ts';
import type { Clusters } from './registry.ts';
import { secretsSeen } from './secret-times.ts';

/** `began`, `ended`: when the read was sent and when its answer came, with what was so at some moment between; `hostId`: whose engine answered. */
export type Snapshot = {
  clusterId: string;
  observation: Observation;
  began: Date;
  ended: Date;
  hostId: string;
};

export type Publish = {
  list(snapshot: Snapshot): Promise<void>;
  /**
   * Nodes that were read each alone, a moment ago: what is newer by its version is published, and nothing is said of the
   * others. @returns false: only a list can tell; one is not known yet, or its place in the raft group changed.
   */
  nodes(clusterId: string, nodes: readonly NodeObservation[]): Promise<boolean>;
};

/** Whose a node's difference is. `undecided`: a join is open that it may be of. */
type NodeVerdict = { operationId: string | null; undecided: boolean; external: readonly Change[] };

const never = new Date(0);
/** How long a node without a name is left out of what is shown. */
const describeMs = 5_000;
/** Of nodes that were seen without a name and may never be seen again. */
const mostUndescribed = 1_000;

/** What events tell of a node: all that was seen but its certificate's root, which is the cluster's. */
export const nodeScalars = (node: SeenNode): unknown => {
  const { tlsInfo: _, unexplained: __, hostId: ___, ...told } = node;
  return told;
};

export const createPublish = ({
  clusters,
  hosts,
  audit,
  clock,
}: {
  clusters: Clusters;
  hosts: Hosts;
  audit: Audit;
  clock: Clock;
}): Publish => {
  const hostOf = (nodeId: string): string | null => hosts.ofMember(nodeId)?.id ?? null;

  /** Who was not known when its node was read first: the agent reports it a moment later. */
  const isNewlyMatched = ({ id, hostId }: SeenNode): boolean => {
    const now = hostOf(id);
    return now !== null && now !== hostId;
  };

  /** When nodes were read each alone, until a list is published that was begun later. */
  const readAlone = new Map<string, Date>();
  const undescribed = new LRUCache<string, number>({ max: mostUndescribed });
  /** Left out of the first sight of their cluster for want of a name: nobody's change when they come. */
  const atFirstSight = new LRUCache<string, true>({ max: mostUndescribed });
  /** A node is listed a moment before its engine has told its name: it counts from when it has, or soon after. */
  const described = ({ nodes }: Observation, known: Cluster): NodeObservation[] =>
    nodes.filter(({ id, hostname }) => {
      if (hostname !== '' || known.nodes.has(id)) {
        undescribed.delete(id);
        return true;
      }
      const since = undescribed.get(id) ?? performance.now();
      undescribed.set(id, since);
      if (known.swarm === null) atFirstSight.set(id, true);
      return performance.now() - since > describeMs;
    });

  const list: Publish['list'] = async ({ clusterId, observation: read, began, ended, hostId }) => {
    const known = clusters.find(clusterId);
    if (!known || known.dissolvedAt) return;
    const observation = { ...read, nodes: described(read, known) };
    const { differences } = compareNodes(known.nodes, observation.nodes, () => false);
    const quiet =
      known.swarm !== null &&
      // Stored before these were looked at.
      'trustRoot' in known.swarm &&
      known.trouble === null &&
      differences.length === 0 &&
      compareSwarm(known.swarm, observation).length === 0 &&
      known.swarm.version === observation.swarm.version &&
      ![...known.nodes.values()].some((node) => node.unexplained || isNewlyMatched(node));
    if (quiet) {
      clusters.note(clusterId, { observedAt: began, watchedThrough: hostId });
      return;
    }
    await clusters.change(clusterId, (before, tx, emit) =>
      apply(before, tx, emit, { observation, began, ended, hostId }),
    );
  };

  const some: Publish['nodes'] = async (clusterId, nodes) => {
    const known = clusters.find(clusterId);
    if (!known || known.dissolvedAt || !nodes.every((node) => isOrdered(known, node))) return false;
    if (!nodes.some((node) => isNews(known, node))) return true;
    const seenAt = clock.now();
    await clusters.change(clusterId, async (before, tx, emit) => {
      if (before.dissolvedAt) return null;
      const seen = compareSome(before, nodes);
      const explanation = explain(tx, before.id, before.observedAt, seenAt);
      for (const difference of seen.differences)
        await tell(tx, emit, before, difference, explainNode(difference, explanation, before), seenAt);
      explanation.settle();
      for (const { after } of seen.differences) readAlone.set(after.id, seenAt);
      return { nodes: seen.nodes };
    });
    return true;
  };

  /** The event of a node's difference, and its record when it is nobody's of ours. */
  async function tell(
    tx: Transaction,
    emit: Emit,
    cluster: Cluster,
    difference: NodeDifference,
    { operationId, external: theirs }: NodeVerdict,
    seenAt: Date,
  ): Promise<void> {
    const { kind, before, after } = difference;
    await emit({
      topic: 'NODE',
      kind,
      clusterId: cluster.id,
      subjectId: after.id,
      before: before && nodeScalars(before),
      after: nodeScalars(after),
      changes: difference.changes,
      operationId,
    });
    if (theirs.length === 0 || cluster.swarm === null) return;
    await observed(
      tx,
      emit,
      cluster,
      `node${kind === 'UPDATED' ? 'Changed' : kind === 'ADDED' ? 'Added' : 'Removed'}`,
      {
        target: { kind: 'NODE', id: after.id, name: after.hostname },
        changes: kind === 'UPDATED' ? theirs : [],
        input: {
          observedBetween: { from: cluster.observedAt, to: seenAt },
          versions: { from: before?.version ?? null, to: after.version },
        },
      },
    );
  }

  async function apply(
    before: Cluster,
    tx: Transaction,
    emit: Emit,
    snapshot: Omit<Snapshot, 'clusterId'>,
  ): Promise<Partial<Cluster> | null> {
    const { observation, began, ended, hostId } = snapshot;
    if (before.dissolvedAt || (before.observedAt && began < before.observedAt)) return null;
    const firstSight = before.swarm === null;
    const isOld = (nodeId: string): boolean => began <= (readAlone.get(nodeId) ?? never);
    const { nodes, differences } = compareNodes(before.nodes, observation.nodes, isOld);
    const explanation = explain(tx, before.id, before.observedAt, clock.now());
    const interval = { observedBetween: { from: before.observedAt, to: ended } };

    for (const difference of differences) {
      const verdict = explainNode(difference, explanation, before);
      if (difference.kind === 'ADDED')
        nodes.set(difference.after.id, {
          ...difference.after,
          unexplained: verdict.undecided && !firstSight,
        });
      await tell(tx, emit, before, difference, verdict, ended);
    }
    for (const node of nodes.values()) {
      if (!node.unexplained) continue;
      const ours = explanation.joinOf(hostOf(node.id)) !== null;
      if (!ours && explanation.joinsOpen) continue;
      nodes.set(node.id, { ...node, unexplained: false });
      if (!ours)
        await observed(tx, emit, before, 'nodeAdded', {
          target: { kind: 'NODE', id: node.id, name: node.hostname },
          changes: [],
          input: interval,
        });
    }
    const followed = followRotation(before, observation.swarm);
    const swarmChanges = compareSwarm(before.swarm, observation).filter(
      (change) =>
        explanation.operationOf({ ...change, subjectId: before.id }) === null &&
        !(followed.ended && isOfRotation(change)),
    );
    if (swarmChanges.length > 0)
      await observed(tx, emit, before, 'swarmChanged', {
        target: { kind: 'CLUSTER', id: before.id, name: before.name },
        changes: swarmChanges,
        input: {
          ...interval,
          versions: { from: before.swarm?.version ?? null, to: observation.swarm.version },
        },
      });
    if (followed.ended) await endedLate(tx, emit, before, followed.ended, observation);
    explanation.settle();
    for (const id of before.nodes.keys()) if (!isOld(id) || !nodes.has(id)) readAlone.delete(id);
    for (const node of nodes.values())
      if (isNewlyMatched(node)) nodes.set(node.id, { ...node, hostId: hostOf(node.id) });
    // Unchanged nodes keep their identity, so that only what differs is stored.
    for (const [id, node] of before.nodes)
      if (nodes.has(id) && nodes.get(id)?.version === node.version && !differs(node, nodes.get(id)))
        nodes.set(id, node);
    return {
      nodes,
      swarm: observation.swarm,
      ...secretsSeen(before, observation.swarm, followed.ended !== null, clock.now()),
      caRotation: followed.caRotation,
      caDigest: followed.caDigest ?? (before.adoptedAt ? observation.swarm.caDigest : null),
      observedAt: began,
      watchedThrough: hostId,
      trouble: null,
      formerManagers: before.formerManagers.filter((id) => {
        const node = nodes.get(id);
        return node && isFormerManager(before, node);
      }),
    };
  }

  function explainNode(difference: NodeDifference, explanation: Explanation, cluster: Cluster): NodeVerdict {
    const subjectId = difference.after.id;
    if (difference.kind === 'ADDED') {
      const operationId =
        explanation.joinOf(hostOf(subjectId)) ??
        explanation.operationOf({ subjectId, path: 'added', old: null, new: true });
      if (operationId === null && atFirstSight.delete(subjectId))
        return { operationId, undecided: false, external: [] };
      const undecided = operationId === null && explanation.joinsOpen;
      return { operationId, undecided, external: operationId === null && !undecided ? [added] : [] };
    }
    if (difference.kind === 'REMOVED') {
      const operationId = explanation.operationOf({ subjectId, path: 'removed', old: null, new: true });
      return { operationId, undecided: false, external: operationId === null ? [removed] : [] };
    }
    let operationId: string | null = null;
    const externalChanges = difference.changes.filter(isSetByPeople).filter((change) => {
      const found = explanation.operationOf({ ...change, subjectId });
      operationId = found ?? operationId;
      return found === null;
    });
    return {
      operationId: operationId as string | null,
      undecided: false,
      external: cluster.swarm ? externalChanges : [],
    };
  }

  return { list, nodes: some };

  /** A rotation whose operation did not wait for its end: nobody else would tell of it. */
  async function endedLate(
    tx: Transaction,
    emit: Emit,
    cluster: Cluster,
    { operationId }: CaRotation,
    observation: Observation,
  ): Promise<void> {
    const operation = await tx.operation.findUnique({ where: { id: operationId } });
    if (operation?.endedAt === null) return;
    await audit.append(tx, emit, {
      phase: 'OBSERVED',
      action: 'caRotated',
      actor: system,
      clusterId: cluster.id,
      targets: [{ kind: 'CLUSTER', id: cluster.id, name: cluster.name }],
      changes: compareSwarm(cluster.swarm, observation).filter(isOfRotation),
      operationId,
    });
  }

  async function observed(
    tx: Transaction,
    emit: Emit,
    cluster: Cluster,
    action: string,
    {
      target,
      changes,
      input,
    }: { target: { kind: string; id: string; name: string }; changes: readonly Change[]; input: unknown },
  ): Promise<void> {
    await audit.append(tx, emit, {
      phase: 'OBSERVED',
      action,
      actor: external,
      clusterId: cluster.id,
      targets: [target],
      changes,
      input,
    });
  }
};

const added: Change = { path: 'node', old: null, new: 'added' };
const removed: Change = { path: 'node', old: 'present', new: null };

const differs = (a: SeenNode, b: SeenNode | undefined): boolean => JSON.stringify(a) !== JSON.stringify(b);

// What stands in the way of taking a node's tasks away, whichever mutation asks for it.
import { nodesLeft } from '../clusters/membership-of-hosts.ts';
import type { NodeObservation } from '../clusters/observation.ts';
import type { IsOwnHost } from '../hosts/own-host.ts';
import type { Hosts } from '../hosts/registry.ts';
import type { Guard, Operation } from '../operations/operation.ts';
import { judgeAvailability } from './availability.ts';

export type DrainGuards = {
  /** @param operation the one that is judged. */
  judge(
    operation: Operation,
    nodes: readonly NodeObservation[],
    targets: readonly NodeObservation[],
  ): Guard[];
  /** Ids of the nodes that other open operations are about to take out of service, or just have, and of those that left. */
  leaving(operation: Operation): ReadonlySet<string>;
};

/** Operations that wait until nodes are empty. */
const drains: ReadonlySet<string> = new Set(['drainNodes', 'decommissionNodes', 'rollMaintenance']);
/** Those that take their nodes one by one, over hours: what is not begun yet is not counted. */
const oneByOne: ReadonlySet<string> = new Set(['rollMaintenance']);
const takesAway: ReadonlySet<string> = new Set([
  ...drains,
  'setNodeAvailability',
  'removeNodes',
  'leaveSwarm',
]);

/** @param open all open operations, in the order in which they came. */
export const createDrainGuards = ({
  open,
  hosts,
  isOwnHost,
}: {
  open: () => readonly Operation[];
  hosts: Hosts;
  isOwnHost: IsOwnHost;
}): DrainGuards => {
  /** Of two that come at once only the later sees the other; one that has begun is seen by all. */
  const before = (operation: Operation): Operation[] => {
    const all = open();
    const own = all.findIndex(({ id }) => id === operation.id);
    return all.filter(
      (other, at) =>
        other.id !== operation.id &&
        other.clusterId === operation.clusterId &&
        (own === -1 || at < own || other.state !== 'QUEUED'),
    );
  };

  const nodesOf = ({ action, plan, targets }: Operation): string[] => {
    if (!takesAway.has(action)) return [];
    const stays =
      plan !== null && typeof plan === 'object' && 'availability' in plan && plan.availability === 'ACTIVE';
    if (stays) return [];
    return targets.flatMap(({ kind, id, state }) => {
      if (id === null || state === 'SKIPPED' || state === 'FAILED') return [];
      if (oneByOne.has(action) && state !== 'RUNNING') return [];
      const nodeId = kind === 'NODE' ? id : hosts.find(id)?.membership?.nodeId;
      return nodeId ? [nodeId] : [];
    });
  };

  const drainsNow = (other: Operation): boolean =>
    drains.has(other.action) && (!oneByOne.has(other.action) || nodesOf(other).length > 0);

  const leaving: DrainGuards['leaving'] = (operation) =>
    new Set([...nodesLeft(hosts), ...before(operation).flatMap(nodesOf)]);

  return {
    leaving,
    judge: (operation, nodes, targets) => {
      const concurrent = before(operation).find(drainsNow);
      const own = targets.find(({ id }) => {
        const host = hosts.ofMember(id);
        return host !== null && isOwnHost(host.id);
      });
      return [
        ...judgeAvailability(nodes, targets, 'DRAIN', leaving(operation)).guards,
        ...(concurrent
          ? [
              {
                guard: 'CONCURRENT_DRAIN' as const,
                message: `operation ${concurrent.id} (${concurrent.action}) drains nodes of this cluster now: what it moves may land on these`,
              },
            ]
          : []),
        ...(own
          ? [
              {
                guard: 'HOSTS_SKEP' as const,
                message: `this server itself runs on the host of node ${own.hostname}`,
              },
            ]
          : []),
      ];
    },
  };
};

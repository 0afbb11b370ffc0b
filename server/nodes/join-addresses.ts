// Through which manager each host joined its swarm. An older engine enters the raft group through that address and no
// other, as long as its process runs: https://github.com/moby/moby/pull/47854. Measured: 20.10 does, 26.1.5 and 28.5 do not.
import * as z from 'zod';
import type { NodeObservation } from '../clusters/observation.ts';
import { isReachable } from '../clusters/quorum.ts';
import { hasFault } from '../hosts/engine-faults.ts';
import type { Warning } from '../operations/operation.ts';
import type { Database } from '../platform/database.ts';

/** Node id to the address, with port, that it joined by; only of nodes that Skep let join. */
export type JoinAddresses = ReadonlyMap<string, string>;
export type ReadJoinAddresses = () => Promise<JoinAddresses>;

const argsShape = z.object({ remoteAddrs: z.array(z.string()).min(1) });
const resultShape = z.object({ nodeId: z.string() });

export const createReadJoinAddresses =
  ({ db }: { db: Database }): ReadJoinAddresses =>
  async () => {
    const joins = await db.read.command.findMany({
      where: { kind: 'JoinSwarm', state: 'DONE' },
      select: { argsJson: true, resultJson: true },
    });
    const known = new Map<string, string>();
    for (const { argsJson, resultJson } of joins) {
      const args = argsShape.safeParse(JSON.parse(argsJson));
      const result = resultShape.safeParse(JSON.parse(resultJson ?? 'null'));
      const through = args.data?.remoteAddrs[0];
      // The engine takes the first and forgets the others.
      if (through !== undefined && result.success) known.set(result.data.nodeId, through);
    }
    return known;
  };

export const keepsJoinAddress = (engineVersion: string): boolean => hasFault(engineVersion, 'JOIN_ADDRESS');

const hostPart = (address: string): string => address.replace(/:\d+$/, '');

/** A manager that is to be had at this address. */
const managerAt = (address: string, nodes: readonly NodeObservation[]): boolean =>
  nodes.some((node) => isReachable(node) && node.managerStatus?.address === address);

const nodeAt = (address: string, node: NodeObservation): boolean =>
  node.managerStatus?.address === address || node.status.address === hostPart(address);

/**
 * Puts a promotion that another waits for before it: the way into the raft group may be promoted in the same call.
 * @returns `stranded`: those that joined through an address where no manager is, nor will be by then.
 */
export const promotionOrder = (
  nodes: readonly NodeObservation[],
  targets: readonly NodeObservation[],
  joined: JoinAddresses,
): { order: NodeObservation[]; stranded: { node: NodeObservation; address: string }[] } => {
  const order: NodeObservation[] = [];
  const hasWayIn = (node: NodeObservation): boolean => {
    const address = joined.get(node.id);
    return (
      address === undefined ||
      !keepsJoinAddress(node.engineVersion) ||
      node.role === 'MANAGER' ||
      managerAt(address, nodes) ||
      order.some((earlier) => nodeAt(address, earlier))
    );
  };
  let left = [...targets];
  for (let next = left.find(hasWayIn); next; next = left.find(hasWayIn)) {
    order.push(next);
    left = left.filter((node) => node !== next);
  }
  const stranded = left.map((node) => ({ node, address: joined.get(node.id) ?? '' }));
  return { order: [...order, ...left], stranded };
};

const namedAtMost = 5;

/** Says of managers that are to be workers who joined through them, and has no other way into the raft group. */
export const joinedThrough = (
  nodes: readonly NodeObservation[],
  leaving: readonly NodeObservation[],
  joined: JoinAddresses,
): Warning[] =>
  leaving.flatMap((manager) => {
    const ids = new Set(leaving.map(({ id }) => id));
    const others = nodes
      .filter(
        ({ id, engineVersion }) =>
          !ids.has(id) &&
          keepsJoinAddress(engineVersion) &&
          joined.get(id) === manager.managerStatus?.address,
      )
      .map(({ hostname }) => hostname)
      .sort();
    if (manager.managerStatus === null || others.length === 0) return [];
    const more = others.length > namedAtMost ? ` and ${others.length - namedAtMost} more` : '';
    return [
      {
        code: 'OTHERS_JOINED_BY_IT',
        message: `${others.slice(0, namedAtMost).join(', ')}${more} joined the swarm through ${manager.hostname}: while it is no manager, and until their engines are started anew, they may not be promotable`,
        target: manager.id,
      },
    ];
  });

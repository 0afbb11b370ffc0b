// Who probes whom in a preflight: https://docs.docker.com/engine/swarm/swarm-tutorial/#open-protocols-and-ports-between-the-hosts
import type { ProbeLink } from './probe-ports.ts';

/** Where managers listen for the others. */
export const managerPort = 2_377;
/** Gossip of the overlay networks, by TCP and UDP. */
export const gossipPort = 7_946;
/** VXLAN; `docker swarm init --data-path-port` chooses another. */
export const defaultDataPathPort = 4_789;

/** How an end takes part. `isNamed`: the preflight is about it. `managesAt`: the port where others speak to it as a manager. */
export type PairEnd = { isNamed: boolean; managesAt: number | null };

/** Up to here each host is probed with each. */
const mostInFull = 50;
const othersBeyond = 10;

/** All ports of one direction. @param managesAt of the target; null: it is no manager. */
export const linksOf = (
  from: number,
  to: number,
  managesAt: number | null,
  dataPathPort: number,
): ProbeLink[] => {
  const control = { from, to, isData: false };
  return [
    ...(managesAt === null ? [] : [{ ...control, port: managesAt, protocol: 'tcp' as const }]),
    { ...control, port: gossipPort, protocol: 'tcp' },
    { ...control, port: gossipPort, protocol: 'udp' },
    { from, to, port: dataPathPort, protocol: 'udp', isData: true },
  ];
};

/**
 * Both directions of each pair with a host that is named. Of more than 50 hosts, each that is named is paired with the
 * managers that there are and the ten that follow it in the list.
 * @returns `leftOut`: how many pairs were not taken
 */
export const pairsOf = (
  ends: readonly PairEnd[],
  dataPathPort: number,
): { links: ProbeLink[]; leftOut: number } => {
  const links: ProbeLink[] = [];
  let leftOut = 0;
  const isNear = (a: number, b: number): boolean => (b - a + ends.length) % ends.length <= othersBeyond;
  for (const [a, first] of ends.entries())
    for (const [b, second] of ends.entries()) {
      if (a >= b || !(first.isNamed || second.isNamed)) continue;
      const isTaken =
        ends.length <= mostInFull ||
        (first.managesAt !== null && !first.isNamed) ||
        (second.managesAt !== null && !second.isNamed) ||
        (first.isNamed && isNear(a, b)) ||
        (second.isNamed && isNear(b, a));
      if (isTaken)
        links.push(
          ...linksOf(a, b, second.managesAt, dataPathPort),
          ...linksOf(b, a, first.managesAt, dataPathPort),
        );
      else leftOut += 1;
    }
  return { links, leftOut };
};

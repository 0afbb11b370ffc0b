// What blocked ports mean for an operator: what to open where, for whom, in as few sentences as that takes.
import { defaultDataPathPort, gossipPort, managerPort } from './preflight-pairs.ts';
import type { ProbedLink, ProbeEnd } from './probe-ports.ts';
import type { Finding } from './readiness.ts';

/** Without these a host cannot join; without the data path it can, and its overlay networks do not work. */
export const isControlPort = (port: number): boolean => port === managerPort || port === gossipPort;

export const isBlocked = ({ result }: ProbedLink): boolean => result === 'CLOSED' || result === 'FILTERED';

const uses: Readonly<Record<number, string>> = {
  [managerPort]: 'managers are spoken to there',
  [gossipPort]: 'nodes find each other there',
  [defaultDataPathPort]: 'overlay networks go through it',
};
const namedSources = 8;

const grouped = <T>(items: readonly T[], keyOf: (item: T) => string): T[][] => {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
};

/** One finding for each port of each target, with all who cannot reach it. */
export const blockedPorts = (ends: readonly ProbeEnd[], links: readonly ProbedLink[]): Finding[] => {
  const placeOf = (index: number, isData: boolean): { name: string; address: string } => {
    const end = ends[index];
    return { name: end?.name ?? '', address: (isData ? end?.dataPath : end?.address) ?? '' };
  };
  const alike = grouped(
    links.filter(isBlocked),
    ({ to, port, protocol, result, detail, isData }) =>
      `${to} ${port} ${protocol} ${result} ${detail} ${isData}`,
  );
  return alike.flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const target = placeOf(first.to, first.isData);
    const sources = group.map(({ from }) => placeOf(from, first.isData));
    const shown = sources.slice(0, namedSources).map(({ name, address }) => `${name} (${address})`);
    const more = sources.length - shown.length;
    const port = `${first.port}/${first.protocol}`;
    const isOwnFirewall = first.detail?.startsWith('the sender’s own firewall') === true;
    const isNoRoute = first.detail?.startsWith('no route') === true;
    const addresses = sources.map(({ address }) => address).join(', ');
    const names = sources.map(({ name }) => name).join(', ');
    return {
      severity: isControlPort(first.port) ? ('BLOCKS' as const) : ('WARNS' as const),
      code: isNoRoute ? 'NO_ROUTE' : 'PORT_BLOCKED',
      message: `${port} of host ${target.name} (${target.address}) is ${first.result} from ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${first.detail ?? 'refused'}; ${uses[first.port] ?? 'overlay networks go through it'}`,
      hostId: isOwnFirewall || isNoRoute ? null : (ends[first.to]?.hostId ?? null),
      remedy: isOwnFirewall
        ? `let ${port} to ${target.address} out of ${names}`
        : isNoRoute
          ? `make a route from ${names} to ${target.address}, or choose another address of host ${target.name}`
          : `open ${port} on host ${target.name} for ${addresses}`,
    };
  });
};

/** Ports of hosts that are in no swarm, and that somebody holds: their engine cannot listen there. */
export const takenPorts = (
  ends: readonly ProbeEnd[],
  links: readonly ProbedLink[],
  isMember: (end: ProbeEnd) => boolean,
): Finding[] => {
  const taken = links.filter(({ taken: is, to, isData }) => {
    const end = ends[to];
    // The kernel may hold the data path for networks of somebody else.
    return is && !isData && end !== undefined && !isMember(end);
  });
  return grouped(taken, ({ to, port, protocol }) => `${to} ${port} ${protocol}`).flatMap(([first]) => {
    const end = first && ends[first.to];
    if (!first || !end) return [];
    const port = `${first.port}/${first.protocol}`;
    return {
      severity: 'BLOCKS' as const,
      code: 'PORT_TAKEN',
      message: `${port} of host ${end.name} is held by something that is not a swarm, so its engine could not listen there`,
      hostId: end.hostId,
      remedy: `stop what listens on ${port} of host ${end.name}`,
    };
  });
};

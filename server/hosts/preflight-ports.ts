// What blocked ports mean for an operator: what to open where, for whom, in as few sentences as that takes.
import { gossipPort } from './preflight-pairs.ts';
import type { ProbedLink, ProbeEnd } from './probe-ports.ts';
import type { Finding } from './readiness.ts';

export const isBlocked = ({ result }: ProbedLink): boolean => result === 'CLOSED' || result === 'FILTERED';

const useOf = ({ port, isData }: ProbedLink): string =>
  isData
    ? 'overlay networks go through it'
    : port === gossipPort
      ? 'nodes find each other there'
      : 'managers are spoken to there';
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
      // Without the data path a host can join; its overlay networks do not work.
      severity: first.isData ? ('WARNS' as const) : ('BLOCKS' as const),
      code: isNoRoute ? 'NO_ROUTE' : 'PORT_BLOCKED',
      message: `${port} of host ${target.name} (${target.address}) is ${first.result} from ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${first.detail ?? 'refused'}; ${useOf(first)}`,
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
export const takenPorts = (ends: readonly ProbeEnd[], links: readonly ProbedLink[]): Finding[] => {
  const taken = links.filter(({ taken: is, to, isData }) => {
    const end = ends[to];
    // The kernel may hold the data path for networks of somebody else.
    return is && !isData && end !== undefined;
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

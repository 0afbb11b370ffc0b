// Before hosts join: whether they and the managers reach each other on the ports that a swarm needs.
import type { SwarmObservation } from '../clusters/observation.ts';
import { isReachable } from '../clusters/quorum.ts';
import type { FreshRead } from '../clusters/read.ts';
import { addressBeside, addressMeant, bareAddress, isUnusable, onlyAddress } from '../hosts/addresses.ts';
import type { Host } from '../hosts/host.ts';
import { defaultDataPathPort, linksOf, managerPort } from '../hosts/preflight-pairs.ts';
import { blockedPorts, takenPorts } from '../hosts/preflight-ports.ts';
import type { ProbeEnd, ProbeLink, ProbePorts } from '../hosts/probe-ports.ts';
import type { Finding } from '../hosts/readiness.ts';
import type { Guard, Warning } from '../operations/operation.ts';
import { Failure } from '../platform/failure.ts';

/** A host that is about to join, and how it is to be reached. */
export type Joining = {
  host: Host;
  advertiseAddr: string | null;
  listenAddr: string | null;
  dataPathAddr: string | null;
};

/** Of more, the others are not probed, and a warning says so. */
const mostProbed = 200;

const portOf = (address: string | null): number => Number(/:(\d+)$/.exec(address ?? '')?.[1] ?? managerPort);

type ManagerEnd = ProbeEnd & { port: number };

const managersOf = (
  { nodes }: FreshRead,
  hosts: readonly Host[],
  isConnected: (host: Host) => boolean,
): ManagerEnd[] =>
  nodes.filter(isReachable).map(({ id, hostname, managerStatus, status }) => {
    const told = bareAddress(managerStatus?.address ?? '');
    const address = isUnusable(told) || told === '' ? status.address : told;
    const host = hosts.find((one) => one.report?.swarm?.nodeId === id && isConnected(one));
    return {
      hostId: host?.id ?? null,
      name: host?.name ?? hostname,
      address,
      // Where its data path is, only its own engine knows: as a rule the same.
      dataPath: host ? address : null,
      isMember: true,
      port: portOf(managerStatus?.address ?? null),
    };
  });

/** As the engine finds it when none is named: the one that leads to the manager. */
const endOf = ({ host, advertiseAddr, dataPathAddr }: Joining, managers: readonly ManagerEnd[]): ProbeEnd => {
  const { report } = host;
  const meant = (wanted: string): string | null => {
    const address = report && addressMeant(report, wanted);
    return address && !isUnusable(address) ? address : null;
  };
  const found = (): string | null =>
    report &&
    (onlyAddress(report) ??
      managers
        .map(({ address }) => address && addressBeside(report, address))
        .find((address) => address !== null && address !== '') ??
      null);
  const address = advertiseAddr === null ? found() : meant(advertiseAddr);
  return {
    hostId: host.id,
    name: host.name,
    address,
    dataPath: dataPathAddr === null ? address : meant(dataPathAddr),
    isMember: false,
  };
};

const asGuard = ({ message, remedy }: Finding): Guard => ({
  guard: 'PORT_BLOCKED',
  message: remedy === null ? message : `${message}; ${remedy}`,
});
const asWarning = ({ code, message, remedy, hostId }: Finding): Warning => ({
  code,
  message: remedy === null ? message : `${message}; ${remedy}`,
  target: hostId,
});

/**
 * Both directions between each host and each reachable manager. Open ports answer in milliseconds; one that is blocked
 * costs 1.5 seconds, all of them together.
 */
export const judgePorts = async ({
  probePorts,
  state,
  joining,
  asManagers,
  hosts,
  isConnected,
}: {
  probePorts: ProbePorts;
  state: FreshRead;
  joining: readonly Joining[];
  asManagers: boolean;
  hosts: readonly Host[];
  isConnected: (host: Host) => boolean;
}): Promise<{ guards: Guard[]; warnings: Warning[] }> => {
  const managers = managersOf(state, hosts, isConnected);
  const probed = joining.slice(0, mostProbed);
  const ends: ProbeEnd[] = [...managers, ...probed.map((one) => endOf(one, managers))];
  const dataPathPort = dataPathPortOf(state.swarm);
  const links = probed.flatMap(({ listenAddr }, index): ProbeLink[] => {
    const own = managers.length + index;
    return managers.flatMap(({ port }, manager) => [
      ...linksOf(own, manager, port, dataPathPort),
      ...linksOf(manager, own, asManagers ? portOf(listenAddr) : null, dataPathPort),
    ]);
  });
  const { links: found, seen } = await probePorts(ends, links);
  const blocked = blockedPorts(ends, found);
  const silent = seen.flatMap((one, index): Warning[] =>
    one instanceof Failure
      ? [
          {
            code: 'NOT_PROBED',
            message: `the ports of host ${ends[index]?.name} were not probed: ${one.message}`,
            target: ends[index]?.hostId ?? null,
          },
        ]
      : [],
  );
  const left = joining.length - probed.length;
  return {
    guards: blocked.filter(({ severity }) => severity === 'BLOCKS').map(asGuard),
    warnings: [
      ...blocked.filter(({ severity }) => severity === 'WARNS').map(asWarning),
      ...takenPorts(ends, found).map(asWarning),
      ...silent,
      ...(left > 0
        ? [
            {
              code: 'NOT_PROBED',
              message: `the ports of ${left} hosts were not probed: of one join ${mostProbed} are`,
              target: null,
            },
          ]
        : []),
    ],
  };
};

/** 0 stands for the default. */
const dataPathPortOf = ({ dataPathPort }: SwarmObservation): number => dataPathPort || defaultDataPathPort;

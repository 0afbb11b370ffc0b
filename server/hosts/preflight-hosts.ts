// What a preflight says of each host by itself: its address, engine, clock, MTU and name.
import { addressBeside, addressMeant, candidateAddresses, isUnusable, onlyAddress } from './addresses.ts';
import { engineFaults, hasFault, isWithoutSwarm } from './engine-faults.ts';
import type { Host } from './host.ts';
import { featureOf, kernelFeatures, whatIsLost } from './kernel.ts';
import type { Finding, ReadyHost } from './readiness.ts';

/** Where a host is to be reached, and what is wrong with that. */
export type Place = { address: string | null; dataPath: string | null; findings: Finding[] };
export type WantedPlace = { advertiseAddr: string | null; dataPathAddr: string | null };

const blocks = (host: Host, code: string, message: string, remedy: string): Finding => ({
  severity: 'BLOCKS',
  code,
  message,
  hostId: host.id,
  remedy,
});
const warns = (hostId: string | null, code: string, message: string, remedy: string): Finding => ({
  severity: 'WARNS',
  code,
  message,
  hostId,
  remedy,
});

const named = (
  host: Host,
  wanted: string,
  input: string,
): { address: string | null; findings: Finding[] } => {
  const address = host.report && addressMeant(host.report, wanted);
  if (!address || isUnusable(address))
    return {
      address: null,
      findings: [
        blocks(
          host,
          'ADDRESS_UNUSABLE',
          `${wanted} is no address that others could reach host ${host.name} by`,
          `name one of its own in ${input}`,
        ),
      ],
    };
  const isOwn = host.report?.addresses.some((own) => own.address === address);
  return {
    address,
    findings: isOwn
      ? []
      : [
          blocks(
            host,
            'ADDRESS_NOT_LOCAL',
            `host ${host.name} does not have the address ${address}`,
            'if it is right, as behind NAT, override the guard of this name with a reason',
          ),
        ],
  };
};

const found = (host: Host, others: readonly string[]): { address: string | null; findings: Finding[] } => {
  const { report } = host;
  const only = report && onlyAddress(report);
  if (only) return { address: only, findings: [] };
  const candidates = report ? candidateAddresses(report) : [];
  if (!report || candidates.length === 0)
    return {
      address: null,
      findings: [
        blocks(
          host,
          'ADDRESS_UNUSABLE',
          `host ${host.name} has no address that others could reach it by`,
          'name one in advertiseAddr',
        ),
      ],
    };
  const beside = others.map((other) => addressBeside(report, other)).find((address) => address !== null);
  const all = candidates.map(({ address, interface: name }) => `${address} (${name})`).join(', ');
  return {
    address: beside ?? null,
    findings: [
      warns(
        host.id,
        'ADDRESS_AMBIGUOUS',
        `host ${host.name} has several addresses: ${all}; ${beside ? `${beside} was probed, which is in a network of the others` : 'none was probed'}`,
        'name one in advertiseAddr',
      ),
    ],
  };
};

/** @param others addresses of hosts that it is to reach. */
export const placeOf = (host: Host, wanted: WantedPlace, others: readonly string[]): Place => {
  const member = host.report?.swarm?.nodeAddress ?? null;
  const control =
    wanted.advertiseAddr !== null
      ? named(host, wanted.advertiseAddr, 'advertiseAddr')
      : member !== null
        ? { address: member, findings: [] }
        : found(host, others);
  const data = wanted.dataPathAddr === null ? null : named(host, wanted.dataPathAddr, 'dataPathAddr');
  return {
    address: control.address,
    dataPath: data ? data.address : control.address,
    findings: [...control.findings, ...(data?.findings ?? [])],
  };
};

/** Before the engine's own clock, a manager's certificate may not be valid yet. */
const tellClockMs = 1_000;
/** swarmkit dates certificates back by an hour (ca/certificates.go, CertBackdate). */
const breakClockMs = 3_600_000;
/** An overlay network sends packets of 1,450 bytes unless told otherwise; VXLAN adds 50 (libnetwork, drivers/overlay). */
const wholeMtu = 1_500;
const vxlanBytes = 50;

const ofEngine = ({ id, name, engineVersion }: ReadyHost): Finding[] => {
  if (engineVersion === null) return [];
  if (isWithoutSwarm(engineVersion))
    return [
      {
        severity: 'BLOCKS',
        code: 'ENGINE_UNSUPPORTED',
        message: `engine ${engineVersion} of host ${name} is older than swarm mode (1.12)`,
        hostId: id,
        remedy: 'bring the engine up to date',
      },
    ];
  const faults = Object.keys(engineFaults) as (keyof typeof engineFaults)[];
  return faults
    .filter((fault) => hasFault(engineVersion, fault))
    .map((fault) =>
      warns(
        id,
        'ENGINE_FAULT',
        `engine ${engineVersion} of host ${name}: ${engineFaults[fault].message} (${engineFaults[fault].source})`,
        'bring the engine up to date',
      ),
    );
};

const ofClock = ({ id, name, clockAheadMs }: ReadyHost): Finding[] => {
  if (clockAheadMs === null || Math.abs(clockAheadMs) <= tellClockMs) return [];
  const by = `${(Math.abs(clockAheadMs) / 1_000).toFixed(1)} s ${clockAheadMs > 0 ? 'ahead of' : 'behind'}`;
  const breaks =
    Math.abs(clockAheadMs) > breakClockMs
      ? ': more than the hour by which swarm certificates are dated back, so a join fails as «not yet valid» or «expired»'
      : ': times in logs and events mislead, and beyond an hour swarm certificates count as not yet valid';
  return [
    warns(
      id,
      'CLOCK_DIFFERENCE',
      `the clock of host ${name} is ${by} the server’s${breaks}`,
      'let it follow a time server (NTP), as the others do',
    ),
  ];
};

const ofMtu = ({ id, name, mtu }: ReadyHost): Finding[] =>
  mtu === null || mtu >= wholeMtu
    ? []
    : [
        warns(
          id,
          'MTU_LOW',
          `the data path of host ${name} takes packets of ${mtu} bytes; an overlay network sends ${wholeMtu}, VXLAN included`,
          `make overlay networks with the option com.docker.network.driver.mtu=${mtu - vxlanBytes} or less`,
        ),
      ];

/** All that is said of hosts alone, and of what they differ in. */
export const hostFindings = (hosts: readonly ReadyHost[]): Finding[] => {
  const known = hosts.filter(({ mtu }) => mtu !== null);
  const mtus = [...new Set(known.map(({ mtu }) => mtu))].sort((a, b) => Number(a) - Number(b));
  const told = mtus.map(
    (mtu) =>
      `${mtu} (${known
        .filter((host) => host.mtu === mtu)
        .map(({ name }) => name)
        .join(', ')})`,
  );
  return [
    ...hosts.flatMap((host) => [...ofEngine(host), ...ofClock(host), ...ofMtu(host)]),
    ...(mtus.length > 1
      ? [
          warns(
            null,
            'MTU_DIFFERS',
            `the data paths differ in MTU: ${told.join('; ')}`,
            'set one MTU on all of them',
          ),
        ]
      : []),
  ];
};

/** What the networks of services need of kernels, and is missing: nothing that a join needs. */
export const kernelFindings = (hosts: readonly Host[]): Finding[] =>
  hosts.flatMap((host) =>
    kernelFeatures
      .filter((feature) => featureOf(host, feature) === 'MISSING')
      .map((feature) =>
        warns(
          host.id,
          'KERNEL_LACKS',
          `the kernel of host ${host.name} has ${whatIsLost[feature]}`,
          'load the module, or take a kernel that has it',
        ),
      ),
  );

/** Swarm takes two nodes of one hostname, and then the name says neither. */
export const hostnameFindings = (hosts: readonly Host[]): Finding[] => {
  const byName = new Map<string, Host[]>();
  for (const host of hosts) {
    const name = host.report?.hostname;
    if (name) byName.set(name, [...(byName.get(name) ?? []), host]);
  }
  return [...byName]
    .filter(([, alike]) => alike.length > 1)
    .map(([name, alike]) =>
      warns(
        null,
        'HOSTNAME_TWICE',
        `${alike.map((host) => host.name).join(' and ')} have the hostname ${name}, which then names no single node`,
        'give each machine a hostname of its own and restart its engine',
      ),
    );
};

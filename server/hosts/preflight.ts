// preflight: whether hosts are fit for a swarm, before one is made or joined.
import * as z from 'zod';
import type { Action } from '../operations/action.ts';
import { allClear, refused } from '../operations/action.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import { findHost, type ScopeOf } from './actions.ts';
import { clusterOf, type Host, whySilent } from './host.ts';
import type { Links } from './links.ts';
import { hostFindings, hostnameFindings, kernelFindings, type Place, placeOf } from './preflight-hosts.ts';
import { defaultDataPathPort, managerPort, pairsOf } from './preflight-pairs.ts';
import { blockedPorts, takenPorts } from './preflight-ports.ts';
import type { Probed, ProbeEnd, ProbePorts } from './probe-ports.ts';
import type { Finding, Readiness, ReadyHost, ReadyLink } from './readiness.ts';
import type { Hosts } from './registry.ts';

const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
const address = z.string().trim().min(1).max(255);

const input = z
  .object({
    cluster: optional(z.string().min(1)),
    hosts: z
      .array(
        z.object({
          host: z.string().min(1),
          advertiseAddr: optional(address),
          dataPathAddr: optional(address),
        }),
      )
      .min(1, 'names no host')
      .max(200, 'names more than 200 hosts: ask for some of them at a time'),
    role: optional(z.enum(['WORKER', 'MANAGER'])),
    dataPathPort: optional(z.number().int().min(1_024).max(49_151)),
  })
  .refine(({ hosts }) => new Set(hosts.map(({ host }) => host)).size === hosts.length, {
    message: 'names a host twice',
    path: ['hosts'],
  });
type Input = z.infer<typeof input>;

type Parts = {
  hosts: Hosts;
  links: Links;
  probePorts: ProbePorts;
  scopeOf: ScopeOf;
  /** Of a cluster that was read; null: not known. */
  dataPathPortOf: (clusterId: string) => number | null;
  clock: Clock;
};

/** A host that takes part; `isNamed`: the preflight is about it. */
type Part = { host: Host; isNamed: boolean; managesAt: number | null; place: Place };

/** Its own port as a manager, which it tells among those of all managers; null: it is none. */
const managesAt = ({ report }: Host): number | null => {
  if (!report?.swarm?.controlAvailable) return null;
  const { nodeId, remoteManagers } = report.swarm;
  const own = remoteManagers.find((manager) => manager.nodeId === nodeId)?.address;
  return Number(/:(\d+)$/.exec(own ?? '')?.[1] ?? managerPort);
};

const isSilent = (host: Host, links: Links): boolean => whySilent(host, links.of(host.id) !== null) !== null;

const isMember = ({ report }: Host): boolean => report?.swarm?.localState !== 'INACTIVE';

/** Those that are named, and the connected hosts of the cluster. */
const partsOf = ({ hosts, links }: Parts, plan: Input): { parts: Part[]; left: Finding[] } => {
  const named = plan.hosts.flatMap((wanted) => {
    const host = hosts.find(wanted.host);
    return host ? [{ host, wanted }] : [];
  });
  const members =
    plan.cluster === null
      ? []
      : hosts
          .list()
          .filter(
            (host) => clusterOf(host) === plan.cluster && !named.some((one) => one.host.id === host.id),
          );
  const nowhere = { advertiseAddr: null, dataPathAddr: null };
  const present = members.filter((host) => !isSilent(host, links));
  const others = present.flatMap((host) => host.report?.swarm?.nodeAddress ?? []);
  const wantsManagers = (plan.role ?? (plan.cluster === null ? 'MANAGER' : 'WORKER')) === 'MANAGER';
  return {
    parts: [
      ...named.map(({ host, wanted }) => ({
        host,
        isNamed: true,
        managesAt: managesAt(host) ?? (wantsManagers ? managerPort : null),
        place: placeOf(host, wanted, others),
      })),
      ...present.map((host) => ({
        host,
        isNamed: false,
        managesAt: managesAt(host),
        place: placeOf(host, nowhere, []),
      })),
    ],
    left: members
      .filter((host) => isSilent(host, links))
      .map((host) => ({
        severity: 'WARNS',
        code: 'NOT_PROBED',
        message: `host ${host.name} of the cluster could not be asked: ${whySilent(host, links.of(host.id) !== null)?.message}`,
        hostId: host.id,
        remedy: 'bring its agent and engine back, and ask again',
      })),
  };
};

const readyHost = ({ host, place }: Part, seen: Probed['seen'][number]): ReadyHost => {
  const said = seen === null || seen instanceof Failure ? null : seen;
  const { interface: name } = host.report?.addresses.find(({ address: own }) => own === place.dataPath) ?? {};
  return {
    id: host.id,
    name: host.name,
    address: place.address,
    dataPathAddress: place.dataPath,
    engineVersion: host.report?.engine?.version ?? null,
    apiVersion: host.report?.engine?.apiVersion ?? null,
    clockAheadMs: said?.clockAheadMs ?? null,
    mtu: said?.interfaces.find((one) => one.name === name)?.mtu ?? null,
  };
};

const notProbed = (parts: readonly Part[], seen: Probed['seen']): Finding[] =>
  parts.flatMap(({ host }, index) => {
    const failure = seen[index];
    return failure instanceof Failure
      ? [
          {
            severity: 'WARNS' as const,
            code: 'NOT_PROBED',
            message: `host ${host.name} was not probed: ${failure.message}`,
            hostId: host.id,
            remedy: failure.hint ?? 'ask again',
          },
        ]
      : [];
  });

/** Encrypted overlay networks go by ESP, which has no port to ask. */
const espOf = (links: readonly { from: number; to: number }[]): ReadyLink[] => {
  const directions = new Map(links.map(({ from, to }) => [`${from} ${to}`, { from, to }]));
  return [...directions.values()].map(
    ({ from, to }): ReadyLink => [
      from,
      to,
      null,
      'esp',
      'UNTESTABLE',
      'has no ports; needed by encrypted overlay networks only',
    ],
  );
};

/** Probes, and judges what came of it. */
const examine = async (all: Parts, plan: Input): Promise<Readiness> => {
  const { parts, left } = partsOf(all, plan);
  const ends: ProbeEnd[] = parts.map(({ host, place }) => ({
    hostId: host.id,
    name: host.name,
    address: place.address,
    dataPath: place.dataPath,
    isMember: isMember(host),
  }));
  const own = plan.cluster === null ? null : all.dataPathPortOf(plan.cluster);
  const { links, leftOut } = pairsOf(parts, plan.dataPathPort ?? own ?? defaultDataPathPort);
  const probed = await all.probePorts(ends, links);
  const hosts = parts.map((part, index) => readyHost(part, probed.seen[index] ?? null));
  const findings: Finding[] = [
    ...parts.flatMap(({ place }) => place.findings),
    ...blockedPorts(ends, probed.links),
    ...takenPorts(ends, probed.links),
    ...notProbed(parts, probed.seen),
    ...left,
    ...hostFindings(hosts),
    ...kernelFindings(parts.map(({ host }) => host)),
    ...hostnameFindings(parts.map(({ host }) => host)),
    ...(leftOut === 0
      ? []
      : [
          {
            severity: 'WARNS' as const,
            code: 'PAIRS_LEFT_OUT',
            message: `${leftOut} of the pairs of ${parts.length} hosts were not probed: of more than 50 hosts each is paired with the managers and ten others`,
            hostId: null,
            remedy: 'ask for fewer hosts at a time for every pair',
          },
        ]),
  ];
  return {
    preflight: 1,
    hosts,
    links: [
      ...probed.links.map(
        ({ from, to, port, protocol, result, detail }): ReadyLink => [
          from,
          to,
          port,
          protocol,
          result,
          detail,
        ],
      ),
      ...espOf(links),
    ],
    findings: findings.sort((a, b) => Number(b.severity === 'BLOCKS') - Number(a.severity === 'BLOCKS')),
  };
};

export const preflightAction = (parts: Parts): Action<Input, Input> => ({
  name: 'preflight',
  permission: 'host:preflight',
  input: input as z.ZodType<Input>,
  named: ({ hosts }) => hosts.map(({ host }) => ({ kind: 'HOST', name: host })),
  resolve: async (plan, requester) => {
    const scope = parts.scopeOf(requester);
    const { cluster } = plan;
    const isKnown = cluster === null || parts.hosts.list().some((host) => clusterOf(host) === cluster);
    if (!isKnown || (cluster !== null && scope !== null && !scope.includes(cluster)))
      throw new Failure('NOT_FOUND', `no host is known of a cluster ${cluster}`, 'list clusters');
    const found = plan.hosts.map(({ host }) => findHost(parts.hosts, host, scope));
    return {
      clusterId: cluster,
      plan,
      targets: found.map(({ id, name }) => ({ kind: 'HOST', id, name })),
      // A join at the same time would take the ports away from the probes.
      locks: found.map(({ id }) => `host:${id}`),
    };
  },
  reachable: async ({ hosts }) => hosts.every(({ host }) => parts.links.of(host) !== null),
  judge: async ({ hosts: asked }) => {
    for (const { host: id } of asked) {
      const host = parts.hosts.find(id);
      if (!host) return refused(new Failure('NOT_FOUND', `no host ${id}`));
      const silent = whySilent(host, parts.links.of(id) !== null);
      if (silent) return refused(silent);
    }
    return allClear;
  },
  act: async (run, plan) => {
    const began = parts.clock.now();
    const readiness = await run.step(
      'probe',
      null,
      () => examine(parts, plan),
      ({ links, findings }) => `${links.length} links, ${findings.length} findings`,
    );
    run.report(readiness);
    await run.each(async () => undefined);
    run.observed(began);
  },
});

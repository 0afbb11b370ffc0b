// What a preflight found, in GraphQL: hosts, links between them, findings.
import { builder, guarded } from '../../graphql/builder.ts';
import { OperationRef } from '../../operations/schema/operation.ts';
import { inScope } from '../actions.ts';
import { probeResults } from '../probe-ports.ts';
import {
  type Finding,
  findingSeverities,
  type Readiness,
  type ReadyHost,
  type ReadyLink,
  readinessOf,
} from '../readiness.ts';
import { HostRef } from './host.ts';

const ProbeResultEnum = builder.enumType('ProbeResult', {
  description:
    'OPEN: answered. CLOSED: refused. FILTERED: no answer within 1.5 seconds, or no way there. UNTESTABLE: cannot be proven, as of a UDP port that the engine or the kernel holds. Open: expect new values.',
  values: probeResults,
});
const ProbeProtocolEnum = builder.enumType('ProbeProtocol', {
  description:
    'ESP: IP protocol 50, of encrypted overlay networks; it has no ports. Open: expect new values.',
  values: ['TCP', 'UDP', 'ESP'] as const,
});
const FindingSeverityEnum = builder.enumType('FindingSeverity', {
  description:
    'BLOCKS: a join is refused, or would fail. WARNS: it goes on, and something will not work as it should. Open: expect new values.',
  values: findingSeverities,
});

type Told<T> = { of: Readiness; value: T };

const ReadinessFinding = builder.objectRef<Finding>('ReadinessFinding').implement({
  fields: (t) => ({
    severity: t.field({ type: FindingSeverityEnum, resolve: ({ severity }) => severity }),
    code: t.exposeString('code', {
      description:
        'Stable: PORT_BLOCKED, PORT_TAKEN, NO_ROUTE, ADDRESS_UNUSABLE, ADDRESS_NOT_LOCAL, ADDRESS_AMBIGUOUS, ENGINE_UNSUPPORTED, ENGINE_FAULT, CLOCK_DIFFERENCE, MTU_LOW, MTU_DIFFERS, HOSTNAME_TWICE, KERNEL_LACKS, NOT_PROBED, PAIRS_LEFT_OUT. Open: expect new values.',
    }),
    message: t.exposeString('message'),
    hostId: t.exposeID('hostId', {
      nullable: true,
      description: 'Id of the host where something is to be done; null: of several, or none.',
    }),
    remedy: t.exposeString('remedy', { nullable: true, description: 'What to do.' }),
  }),
});

const ReadinessHost = builder.objectRef<Told<ReadyHost>>('ReadinessHost').implement({
  description: 'A host as it was at the preflight.',
  fields: (t) => ({
    id: t.id({ nullable: true, resolve: ({ value }) => value.id }),
    name: t.string({ resolve: ({ value }) => value.name }),
    host: t.field({
      type: HostRef,
      nullable: true,
      description: 'As it is now; null when it is forgotten, or out of scope.',
      resolve: ({ value: { id } }, _, { hosts, scopeOf, requester }) => {
        const host = id === null ? null : hosts.find(id);
        return host && inScope(host, scopeOf(requester)) ? host : null;
      },
    }),
    address: t.string({
      nullable: true,
      description: 'That 2377 and 7946 were probed at; null: none could be chosen.',
      resolve: ({ value }) => value.address,
    }),
    dataPathAddress: t.string({ nullable: true, resolve: ({ value }) => value.dataPathAddress }),
    engineVersion: t.string({ nullable: true, resolve: ({ value }) => value.engineVersion }),
    apiVersion: t.string({ nullable: true, resolve: ({ value }) => value.apiVersion }),
    clockAheadMs: t.int({
      nullable: true,
      description:
        'By how many milliseconds its clock is ahead of the server’s, by the middle of a round trip to its agent; null: not known.',
      resolve: ({ value }) => value.clockAheadMs,
    }),
    mtu: t.int({
      nullable: true,
      description: 'Bytes, of the interface of the data path; null: not known.',
      resolve: ({ value }) => value.mtu,
    }),
    findings: t.field({
      type: [ReadinessFinding],
      description: 'Of this host alone.',
      resolve: ({ of, value }) => of.findings.filter(({ hostId }) => hostId !== null && hostId === value.id),
    }),
  }),
});

const hostAt = (of: Readiness, index: number): ReadyHost => {
  const host = of.hosts[index];
  if (!host) throw new Error(`a preflight without host ${index}`);
  return host;
};

const ReadinessEnd = builder.objectRef<ReadyHost>('ReadinessEnd').implement({
  description: 'One end of a link: a host of `hosts`.',
  fields: (t) => ({
    id: t.exposeID('id', { nullable: true }),
    name: t.exposeString('name'),
    host: t.field({
      type: HostRef,
      nullable: true,
      description: 'As it is now; null when it is forgotten, or out of scope.',
      resolve: ({ id }, _, { hosts, scopeOf, requester }) => {
        const host = id === null ? null : hosts.find(id);
        return host && inScope(host, scopeOf(requester)) ? host : null;
      },
    }),
  }),
});

const ReadinessLink = builder.objectRef<Told<ReadyLink>>('ReadinessLink').implement({
  description: 'One direction of one port between two hosts.',
  fields: (t) => ({
    from: t.field({ type: ReadinessEnd, resolve: ({ of, value: [from] }) => hostAt(of, from) }),
    to: t.field({ type: ReadinessEnd, resolve: ({ of, value: [, to] }) => hostAt(of, to) }),
    port: t.int({ nullable: true, description: 'Null: ESP has none.', resolve: ({ value }) => value[2] }),
    protocol: t.field({
      type: ProbeProtocolEnum,
      resolve: ({ value: [, , , protocol] }) => (({ tcp: 'TCP', udp: 'UDP', esp: 'ESP' }) as const)[protocol],
    }),
    result: t.field({ type: ProbeResultEnum, resolve: ({ value }) => value[4] }),
    needed: t.boolean({
      description: 'By every swarm; false: by encrypted overlay networks only.',
      resolve: ({ value }) => value[3] !== 'esp',
    }),
    detail: t.string({ nullable: true, description: 'Why.', resolve: ({ value }) => value[5] }),
  }),
});

export const ReadinessRef = builder.objectRef<Readiness>('Readiness').implement({
  description: 'Whether hosts are fit for a swarm, as a preflight found them.',
  fields: (t) => ({
    ready: t.boolean({
      description: 'Nothing that was found blocks. What could not be tested is UNTESTABLE, or a finding.',
      resolve: ({ findings }) => findings.every(({ severity }) => severity !== 'BLOCKS'),
    }),
    hosts: t.field({
      type: [ReadinessHost],
      description: 'Those that were named, then the connected hosts of the cluster.',
      resolve: (of) => of.hosts.map((value) => ({ of, value })),
    }),
    links: t.field({
      type: [ReadinessLink],
      description:
        'The matrix. 2377/tcp towards managers only; 7946 by TCP and UDP and the data path port by UDP in both directions of each pair.',
      args: {
        results: t.arg({ type: [ProbeResultEnum], description: 'Only these; null: all.' }),
      },
      resolve: (of, { results }) =>
        of.links
          .filter(([, , , , result]) => !results || results.includes(result))
          .map((value) => ({ of, value })),
    }),
    findings: t.field({
      type: [ReadinessFinding],
      description: 'What to do, that which blocks first.',
      resolve: ({ findings }) => findings,
    }),
  }),
});

builder.objectField(OperationRef, 'readiness', (t) =>
  t.field({
    type: ReadinessRef,
    nullable: true,
    ...guarded(
      'host:read',
      'What a preflight found; null of every other operation, and before it was probed.',
    ),
    // The operation of an event is without it.
    resolve: async ({ id, action, report }, _, { operations }) =>
      readinessOf(report ?? (action === 'preflight' ? (await operations.find(id))?.report : null)),
  }),
);

// What is known of a host.
import * as z from 'zod';
import { Failure } from '../platform/failure.ts';

const engine = z.object({
  id: z.string(),
  version: z.string(),
  apiVersion: z.string(),
  minApiVersion: z.string(),
  operatingSystem: z.string(),
  kernelVersion: z.string(),
  osType: z.string(),
  architecture: z.string(),
  cpus: z.number(),
  memoryBytes: z.number(),
  storageDriver: z.string(),
  labels: z.array(z.string()),
});

export const localStates = ['INACTIVE', 'PENDING', 'ACTIVE', 'ERROR', 'LOCKED'] as const;

const swarm = z.object({
  localState: z.enum(localStates),
  nodeId: z
    .string()
    .nullish()
    .transform((id) => id || null),
  nodeAddress: z
    .string()
    .nullish()
    .transform((address) => address || null),
  controlAvailable: z.boolean(),
  clusterId: z
    .string()
    .nullish()
    .transform((id) => id || null),
  caDigest: z
    .string()
    .nullish()
    .transform((digest) => digest || null),
  remoteManagers: z.array(z.object({ nodeId: z.string(), address: z.string() })),
  error: z
    .string()
    .nullish()
    .transform((error) => error || null),
});

const known = z
  .boolean()
  .nullish()
  .transform((value) => value ?? null);
const kernel = z.object({ ipvs: known, esp: known, vxlan: known });

/** What an agent reports of its host (agent.graphql, ReportInput). */
export const report = z.object({
  agentVersion: z.string().max(50),
  hostname: z.string().max(255),
  bootId: z.string().max(100),
  allow: z.array(z.string()).max(100),
  addresses: z
    .array(z.object({ interface: z.string(), address: z.string(), prefixLength: z.number() }))
    .max(1_000),
  engine: engine.nullish().transform((value) => value ?? null),
  engineFailure: z
    .string()
    .max(1_000)
    .nullish()
    .transform((value) => value ?? null),
  swarm: swarm.nullish().transform((value) => value ?? null),
  /** Agents of earlier versions do not send it. */
  kernel: kernel.nullish().transform((value) => value ?? null),
});

export type Report = z.infer<typeof report>;

/** Of a report as JSON. One of a host with a hundred addresses has 10,000. */
const mostReportCharacters = 262_144;

/** @throws Failure BAD_USER_INPUT of one that is larger than what is kept of a host. @throws ZodError */
export const readReport = (input: unknown): Report => {
  if (JSON.stringify(input).length > mostReportCharacters)
    throw new Failure('BAD_USER_INPUT', `the report is larger than ${mostReportCharacters} characters`);
  return report.parse(input);
};

/** ENROLLED: its agent never attached. QUARANTINED: somebody else may have its key; its agent is not listened to. */
export const hostStatuses = ['ENROLLED', 'CONNECTED', 'DISCONNECTED', 'QUARANTINED', 'REVOKED'] as const;
export type HostStatus = (typeof hostStatuses)[number];

export const quarantineReasons = ['ENGINE_CHANGED', 'KEY_USED_TWICE'] as const;

/** Why an agent is not listened to: its key may be in other hands. */
export type Quarantine = {
  reason: (typeof quarantineReasons)[number];
  message: string;
  /** The engine that was presented, where one was. */
  engineId: string | null;
  at: Date;
};

export type Host = {
  id: string;
  /** Unique; an operator's name for it, at first its hostname. */
  name: string;
  publicKey: string;
  engineId: string | null;
  status: HostStatus;
  /** What its agent reported last; null before the first report. */
  report: Report | null;
  enrolledAt: Date;
  lastSeenAt: Date | null;
  revokedAt: Date | null;
  quarantine: Quarantine | null;
  /** The node that it is or was last, and of which cluster; null: it never was one. */
  membership: { nodeId: string; clusterId: string } | null;
};

/** What events and filters know of a host. */
export type HostScalars = {
  id: string;
  name: string;
  hostname: string | null;
  status: HostStatus;
  agentVersion: string | null;
  engineVersion: string | null;
  localState: string | null;
  nodeId: string | null;
  clusterId: string | null;
  engineFailure: string | null;
};

/** The cluster that it is a member of, as far as is known. */
export const clusterOf = ({ membership, report }: Host): string | null =>
  report?.swarm?.localState === 'INACTIVE'
    ? null
    : (membership?.clusterId ?? report?.swarm?.clusterId ?? null);

export const hostScalars = (host: Host): HostScalars => ({
  id: host.id,
  name: host.name,
  hostname: host.report?.hostname ?? null,
  status: host.status,
  agentVersion: host.report?.agentVersion ?? null,
  engineVersion: host.report?.engine?.version ?? null,
  localState: host.report?.swarm?.localState ?? null,
  nodeId: host.report?.swarm?.nodeId ?? null,
  clusterId: clusterOf(host),
  engineFailure: host.report?.engineFailure ?? null,
});

export const offline = ({ name }: Host): Failure =>
  new Failure('HOST_OFFLINE', `the agent of host ${name} is not connected`, 'start its agent');

/** Why nothing can be asked of its engine now, or null. @param connected whether its agent is. */
export const whySilent = (host: Host, connected: boolean): Failure | null => {
  if (host.revokedAt) return new Failure('HOST_REVOKED', `host ${host.name} was revoked`, 'enrol it again');
  if (!connected) return offline(host);
  if (!host.report?.swarm)
    return new Failure(
      'ENGINE_UNREACHABLE',
      `the engine of host ${host.name} does not answer`,
      host.report?.engineFailure ?? 'start dockerd there',
    );
  return null;
};

// What a manager's engine answered, in Skep's words. The shapes are Docker's (GET /swarm, GET /nodes; API 1.41 and later).
import { createHash } from 'node:crypto';
import * as z from 'zod';

const map = z
  .record(z.string(), z.string())
  .nullish()
  .transform((labels) => labels ?? {});
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

const tls = z
  .object({ TrustRoot: text, CertIssuerSubject: text, CertIssuerPublicKey: text })
  .nullish()
  .transform((info) =>
    info?.TrustRoot
      ? {
          trustRoot: info.TrustRoot,
          certIssuerSubject: info.CertIssuerSubject,
          certIssuerPublicKey: info.CertIssuerPublicKey,
        }
      : null,
  );

const role = z
  .string()
  .transform((value) => (value.toLowerCase() === 'manager' ? ('MANAGER' as const) : ('WORKER' as const)));
const availability = z
  .string()
  .transform((value) => value.toUpperCase())
  .pipe(z.enum(['ACTIVE', 'PAUSE', 'DRAIN']));
/** `disconnected` and `unknown` are told apart by nobody: neither is ready, neither is known to be down. */
const state = z.string().transform((value) => {
  const upper = value.toUpperCase();
  return upper === 'READY' || upper === 'DOWN' || upper === 'DISCONNECTED' ? upper : ('UNKNOWN' as const);
});
const reachability = z.string().transform((value) => {
  const upper = value.toUpperCase();
  return upper === 'REACHABLE' || upper === 'UNREACHABLE' ? upper : ('UNKNOWN' as const);
});

const engineNode = z.object({
  ID: z.string().min(1),
  Version: z.object({ Index: z.number() }),
  CreatedAt: z.string(),
  UpdatedAt: z.string(),
  Spec: z.object({ Labels: map, Role: role, Availability: availability }),
  Description: z
    .object({
      Hostname: text,
      Platform: z.object({ Architecture: text, OS: text }).nullish(),
      Resources: z.object({ NanoCPUs: z.number().nullish(), MemoryBytes: z.number().nullish() }).nullish(),
      Engine: z
        .object({
          EngineVersion: text,
          Labels: map,
          Plugins: z.array(z.object({ Type: text, Name: text })).nullish(),
        })
        .nullish(),
      TLSInfo: tls,
    })
    .nullish(),
  Status: z.object({ State: state, Message: text, Addr: text }),
  ManagerStatus: z
    .object({ Leader: z.boolean().nullish(), Reachability: reachability, Addr: text })
    .nullish(),
});

const engineSwarm = z.object({
  ID: z.string().min(1),
  Version: z.object({ Index: z.number() }),
  CreatedAt: z.string(),
  UpdatedAt: z.string(),
  Spec: z.record(z.string(), z.unknown()),
  TLSInfo: tls,
  RootRotationInProgress: z.boolean().nullish(),
  DefaultAddrPool: z.array(z.string()).nullish(),
  SubnetSize: z.number().nullish(),
  DataPathPort: z.number().nullish(),
});

/** What the command ReadCluster answers (agent.graphql). */
const answer = z.object({
  swarm: engineSwarm,
  joinTokenDigests: z.object({ worker: z.string(), manager: z.string() }),
  unlockKeyDigest: z.string().nullish(),
  nodes: z.array(engineNode),
});

export type NodeState = 'UNKNOWN' | 'DOWN' | 'READY' | 'DISCONNECTED';
export type NodeRole = 'MANAGER' | 'WORKER';
export type Availability = 'ACTIVE' | 'PAUSE' | 'DRAIN';
export type Reachability = 'UNKNOWN' | 'UNREACHABLE' | 'REACHABLE';

/** One node as a manager listed it. */
export type NodeObservation = {
  id: string;
  hostname: string;
  /** Desired (`Spec.Role`). */
  role: NodeRole;
  /** MANAGER when `ManagerStatus` is there: it is in the raft group. */
  observedRole: NodeRole;
  managerStatus: { leader: boolean; reachability: Reachability; address: string } | null;
  availability: Availability;
  status: { state: NodeState; message: string; address: string };
  labels: Record<string, string>;
  engineLabels: Record<string, string>;
  platform: { os: string; architecture: string };
  resources: { cpus: number; memoryBytes: number };
  engineVersion: string;
  plugins: { type: string; name: string }[];
  tlsInfo: { trustRoot: string; certIssuerSubject: string; certIssuerPublicKey: string } | null;
  joinedAt: string;
  updatedAt: string;
  /** `Version.Index`: moves with every write, also of its status. */
  version: number;
};

export type SwarmObservation = {
  id: string;
  version: number;
  createdAt: string;
  spec: Record<string, unknown>;
  /** SHA-256, hex, of the root certificate. */
  caDigest: string | null;
  /** The root certificate, PEM. */
  trustRoot: string | null;
  /** Public key of who signs certificates now, base64 of SPKI DER: while the root is rotated, already the new one. */
  issuer: string | null;
  /** SHA-256, hex, of the unlock key; null: autolock is off; undefined: the agent does not tell. */
  unlockKeyDigest: string | null | undefined;
  /** SHA-256, hex, of each join token. */
  tokens: { WORKER: string; MANAGER: string };
  rootRotationInProgress: boolean;
  defaultAddrPool: string[];
  subnetSize: number;
  dataPathPort: number;
};

export type Observation = { swarm: SwarmObservation; nodes: NodeObservation[] };

const byKey = (labels: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

const nodeOf = (node: z.infer<typeof engineNode>): NodeObservation => ({
  id: node.ID,
  hostname: node.Description?.Hostname ?? '',
  role: node.Spec.Role,
  observedRole: node.ManagerStatus ? 'MANAGER' : 'WORKER',
  managerStatus: node.ManagerStatus
    ? {
        leader: node.ManagerStatus.Leader ?? false,
        reachability: node.ManagerStatus.Reachability,
        address: node.ManagerStatus.Addr,
      }
    : null,
  availability: node.Spec.Availability,
  status: { state: node.Status.State, message: node.Status.Message, address: node.Status.Addr },
  labels: byKey(node.Spec.Labels),
  engineLabels: byKey(node.Description?.Engine?.Labels ?? {}),
  platform: {
    os: node.Description?.Platform?.OS ?? '',
    architecture: node.Description?.Platform?.Architecture ?? '',
  },
  resources: {
    cpus: (node.Description?.Resources?.NanoCPUs ?? 0) / 1e9,
    memoryBytes: node.Description?.Resources?.MemoryBytes ?? 0,
  },
  engineVersion: node.Description?.Engine?.EngineVersion ?? '',
  plugins: (node.Description?.Engine?.Plugins ?? []).map(({ Type, Name }) => ({ type: Type, name: Name })),
  tlsInfo: node.Description?.TLSInfo ?? null,
  joinedAt: node.CreatedAt,
  updatedAt: node.UpdatedAt,
  version: node.Version.Index,
});

/** One node as GET /nodes/{id} answers it. */
export const nodeObservation = engineNode.transform(nodeOf);

/** SHA-256, hex, of a root certificate as Docker digests it: `docker swarm ca | sha256sum`, and part of each token. */
export const caDigestOf = (trustRoot: string): string => createHash('sha256').update(trustRoot).digest('hex');

/** @throws z.ZodError when it is not what the Docker API promises. */
export const observationOf = (result: unknown): Observation => {
  const { swarm, joinTokenDigests, unlockKeyDigest, nodes } = answer.parse(result);
  return {
    swarm: {
      id: swarm.ID,
      version: swarm.Version.Index,
      createdAt: swarm.CreatedAt,
      spec: swarm.Spec,
      caDigest: swarm.TLSInfo ? caDigestOf(swarm.TLSInfo.trustRoot) : null,
      trustRoot: swarm.TLSInfo?.trustRoot ?? null,
      issuer: swarm.TLSInfo?.certIssuerPublicKey || null,
      unlockKeyDigest,
      tokens: { WORKER: joinTokenDigests.worker, MANAGER: joinTokenDigests.manager },
      rootRotationInProgress: swarm.RootRotationInProgress ?? false,
      defaultAddrPool: swarm.DefaultAddrPool ?? [],
      subnetSize: swarm.SubnetSize ?? 0,
      dataPathPort: swarm.DataPathPort ?? 0,
    },
    nodes: nodes.map(nodeOf).sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
};

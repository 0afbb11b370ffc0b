// The swarm's own object: its spec with defaults, its JSON, and the rules of POST /swarm/update.
import { ApiError, grpcError } from './api-error.ts';
import { joinToken } from './identifiers.ts';
import { isJsonObject, type JsonObject, numberAt, objectAt, textAt } from './json-fields.ts';
import type { Cluster } from './model.ts';

const HOUR_NS = 3_600e9;

/** swarmkit's defaults (manager.go, api/defaults), as GET /swarm shows them after an init. */
export const defaultSwarmSpec = (): JsonObject => ({
  Name: 'default',
  Labels: {},
  Orchestration: { TaskHistoryRetentionLimit: 5 },
  Raft: {
    SnapshotInterval: 10_000,
    KeepOldSnapshots: 0,
    LogEntriesForSlowFollowers: 500,
    ElectionTick: 10,
    HeartbeatTick: 1,
  },
  Dispatcher: { HeartbeatPeriod: 5e9 },
  CAConfig: { NodeCertExpiry: 7_776_000e9 },
  TaskDefaults: {},
  EncryptionConfig: { AutoLockManagers: false },
});

/** The spec that an update stores: what the body leaves out is gone, there is no merging. */
export const swarmSpecFrom = (body: JsonObject): JsonObject => {
  const raft = objectAt(body, 'Raft');
  return {
    Name: 'default',
    Labels: objectAt(body, 'Labels'),
    Orchestration: {
      TaskHistoryRetentionLimit: numberAt(objectAt(body, 'Orchestration'), 'TaskHistoryRetentionLimit'),
    },
    Raft: {
      KeepOldSnapshots: 0,
      ...raft,
      ElectionTick: numberAt(raft, 'ElectionTick'),
      HeartbeatTick: numberAt(raft, 'HeartbeatTick'),
    },
    Dispatcher: objectAt(body, 'Dispatcher'),
    CAConfig: objectAt(body, 'CAConfig'),
    TaskDefaults: objectAt(body, 'TaskDefaults'),
    EncryptionConfig: { AutoLockManagers: objectAt(body, 'EncryptionConfig').AutoLockManagers === true },
  };
};

/** @throws ApiError 400 for a name other than `default`, a short certificate expiry, a negative heartbeat */
export const assertSwarmSpec = (body: JsonObject): void => {
  const name = textAt(body, 'Name');
  if (name !== '' && name !== 'default') throw new ApiError(400, 'swarm spec must be named "default"');
  const expiry = numberAt(objectAt(body, 'CAConfig'), 'NodeCertExpiry');
  if (expiry !== 0 && expiry < HOUR_NS)
    throw grpcError('InvalidArgument', 'minimum certificate expiry time is: 1h0m0s');
  if (numberAt(objectAt(body, 'Dispatcher'), 'HeartbeatPeriod') < 0) {
    throw grpcError('InvalidArgument', 'heartbeat time period cannot be a negative duration');
  }
};

/** What a first spec adds to the defaults: zero values change nothing. */
export const mergedSwarmSpec = (given: JsonObject): JsonObject => {
  const spec = defaultSwarmSpec();
  for (const [key, value] of Object.entries(given)) {
    const old = spec[key];
    if (isJsonObject(value) && isJsonObject(old)) {
      spec[key] = {
        ...old,
        ...Object.fromEntries(Object.entries(value).filter(([, part]) => part !== 0 && part !== null)),
      };
    }
  }
  return spec;
};

/** `Swarm.Cluster` of GET /info. */
export const clusterInfoJson = (cluster: Cluster): JsonObject => ({
  ID: cluster.id,
  Version: { Index: cluster.versionIndex },
  CreatedAt: cluster.createdAt,
  UpdatedAt: cluster.updatedAt,
  Spec: cluster.spec,
  TLSInfo: {
    TrustRoot: cluster.ca.trustRoot,
    CertIssuerSubject: (cluster.nextCa ?? cluster.ca).issuerSubject,
    CertIssuerPublicKey: (cluster.nextCa ?? cluster.ca).issuerPublicKey,
  },
  RootRotationInProgress: cluster.nextCa !== undefined,
  DefaultAddrPool: cluster.defaultAddrPool,
  SubnetSize: cluster.subnetSize,
  DataPathPort: cluster.dataPathPort,
});

/** GET /swarm. */
export const swarmJson = (cluster: Cluster): JsonObject => ({
  ...clusterInfoJson(cluster),
  JoinTokens: {
    Worker: joinToken(cluster.ca.digest, cluster.secrets.worker),
    Manager: joinToken(cluster.ca.digest, cluster.secrets.manager),
  },
});

// The parts of a service that a command can set: `ServiceParts` of agent.graphql.

type Label = { key: string; value: string };

/** A secret or config by id or name, and the file that it is in a container. Null: Docker’s default. */
export type ServiceFile = {
  ref: string;
  fileName: string | null;
  uid: string | null;
  gid: string | null;
  /** As a number: 0o444 is 292. */
  fileMode: number | null;
};

export type ServicePolicy = {
  parallelism: number | null;
  delaySeconds: number | null;
  failureAction: string | null;
  monitorSeconds: number | null;
  maxFailureRatio: number | null;
  order: string | null;
};

/** Null, also of a list or of one value of an object: as it is, or the engine's default. A list replaces the whole. */
export type ServiceParts = {
  image: string | null;
  command: readonly string[] | null;
  args: readonly string[] | null;
  user: string | null;
  workingDirectory: string | null;
  stopGraceSeconds: number | null;
  labels: readonly Label[] | null;
  containerLabels: readonly Label[] | null;
  mounts:
    | readonly { kind: 'bind' | 'volume' | 'tmpfs'; source: string | null; path: string; readOnly: boolean }[]
    | null;
  secrets: readonly ServiceFile[] | null;
  configs: readonly ServiceFile[] | null;
  capabilitiesAdd: readonly string[] | null;
  constraints: readonly string[] | null;
  preferences: readonly string[] | null;
  maxReplicasPerNode: number | null;
  replicas: number | null;
  resources: {
    cpuLimit: number | null;
    memoryLimitBytes: number | null;
    cpuReservation: number | null;
    memoryReservationBytes: number | null;
  } | null;
  restartPolicy: {
    condition: string | null;
    delaySeconds: number | null;
    maxAttempts: number | null;
    windowSeconds: number | null;
  } | null;
  updateConfig: ServicePolicy | null;
  rollbackConfig: ServicePolicy | null;
  networks: readonly string[] | null;
  endpointMode: string | null;
  ports:
    | readonly { targetPort: number; publishedPort: number | null; protocol: string; publishMode: string }[]
    | null;
};

/** Commands that read and change services. */
export type ServiceCommand =
  | {
      __typename: 'CreateService';
      serviceName: string;
      everyNode: boolean;
      parts: ServiceParts;
      env: readonly string[] | null;
      mayPrivileged: boolean;
    }
  | { __typename: 'ReadServices'; ofService: string | null }
  | { __typename: 'RemoveService'; service: string }
  | { __typename: 'RollBackService'; service: string; mayPrivileged: boolean }
  | {
      __typename: 'UpdateService';
      service: string;
      parts: ServiceParts;
      env: readonly string[] | null;
      forceUpdate: boolean;
      mayPrivileged: boolean;
    };

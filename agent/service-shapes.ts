// The parts of a service that a command can set, as zod shapes: the agent's side of `ServiceParts` in agent.graphql.
import * as z from 'zod/mini';

const text = z.nullish(z.string());
const number = z.nullish(z.number());
const texts = z.nullish(z.array(z.string()));
const labels = z.nullish(z.array(z.object({ key: z.string(), value: z.string() })));
const files = z.nullish(
  z.array(z.object({ ref: z.string(), fileName: text, uid: text, gid: text, fileMode: number })),
);
const policy = z.nullish(
  z.object({
    parallelism: number,
    delaySeconds: number,
    failureAction: text,
    monitorSeconds: number,
    maxFailureRatio: number,
    order: text,
  }),
);

/** Null, also of a list: as it is, or the engine's default. A list that is given replaces the whole. */
export const serviceParts = z.object({
  image: text,
  command: texts,
  args: texts,
  user: text,
  workingDirectory: text,
  stopGraceSeconds: number,
  labels,
  containerLabels: labels,
  mounts: z.nullish(
    z.array(
      z.object({
        kind: z.enum(['bind', 'volume', 'tmpfs']),
        source: text,
        path: z.string(),
        readOnly: z.boolean(),
      }),
    ),
  ),
  secrets: files,
  configs: files,
  capabilitiesAdd: texts,
  constraints: texts,
  preferences: texts,
  maxReplicasPerNode: number,
  replicas: number,
  resources: z.nullish(
    z.object({
      cpuLimit: number,
      memoryLimitBytes: number,
      cpuReservation: number,
      memoryReservationBytes: number,
    }),
  ),
  restartPolicy: z.nullish(
    z.object({ condition: text, delaySeconds: number, maxAttempts: number, windowSeconds: number }),
  ),
  updateConfig: policy,
  rollbackConfig: policy,
  networks: texts,
  endpointMode: text,
  ports: z.nullish(
    z.array(
      z.object({
        targetPort: z.number(),
        publishedPort: number,
        protocol: z.string(),
        publishMode: z.string(),
      }),
    ),
  ),
});

/** The parts of a service that a command can set. */
export type ServiceParts = z.infer<typeof serviceParts>;

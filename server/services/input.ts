// The parts of a service as a caller gives them, checked, and as an agent is told of them.
import * as z from 'zod';
import type { ServiceParts } from '../hosts/service-parts.ts';
import { labelInput, lastOfEach } from '../nodes/labels.ts';

/** Null and absent are one in GraphQL's optional fields. */
const optional = <T extends z.ZodType>(shape: T) => shape.nullish().transform((value) => value ?? null);
const line = (most: number) =>
  z
    .string()
    .min(1, 'is empty')
    .max(most)
    .refine((text) => !/[\p{Cc}]/u.test(text), 'has control characters');
const texts = optional(z.array(z.string().max(65_536)).max(1_000));
const seconds = optional(z.number().min(0).max(31_536_000));
const count = (least: number) => optional(z.number().int().min(least).max(1_000_000));
const labels = optional(z.array(labelInput).max(1_000).transform(lastOfEach));
const path = line(4_096).refine((text) => text.startsWith('/'), 'is no absolute path');

/** A value of an enum as the engine writes it. */
const word = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words).transform((value) => value.toLowerCase().replaceAll('_', '-'));
const mountKinds = { BIND: 'bind', VOLUME: 'volume', TMPFS: 'tmpfs' } as const;

/** swarmkit manager/constraint: `key == value` or `key != value`. */
const constraint = line(1_000).refine(
  (text) => /^\s*[a-z0-9][\w.-]*\s*(==|!=)\s*\S.*$/i.test(text),
  'is no constraint: node.labels.zone == a, node.role != manager …',
);
const preference = line(1_000).refine(
  (text) => /^(?:node|engine)\.labels\.\S+$/i.test(text),
  'is no label to spread over: node.labels.zone or engine.labels.zone',
);

const files = optional(
  z
    .array(
      z.object({
        ref: line(255),
        fileName: optional(line(255)),
        uid: optional(line(20)),
        gid: optional(line(20)),
        mode: optional(z.number().int().min(0).max(0o7777)),
      }),
    )
    .max(500)
    .transform((list) => list.map(({ mode, ...file }) => ({ ...file, fileMode: mode }))),
);

const policy = optional(
  z.object({
    parallelism: count(0),
    delaySeconds: seconds,
    failureAction: optional(word(['PAUSE', 'CONTINUE', 'ROLLBACK'])),
    monitorSeconds: seconds,
    maxFailureRatio: optional(z.number().min(0).max(1)),
    order: optional(word(['STOP_FIRST', 'START_FIRST'])),
  }),
);

const mounts = optional(
  z
    .array(
      z
        .object({
          type: z.enum(['BIND', 'VOLUME', 'TMPFS']),
          source: optional(line(4_096)),
          target: path,
          readOnly: optional(z.boolean()).transform((value) => value ?? false),
        })
        .refine(({ type, source }) => type !== 'BIND' || source?.startsWith('/'), {
          message: 'a bind mount has an absolute path',
          path: ['source'],
        })
        .refine(({ type, source }) => type !== 'TMPFS' || source === null, {
          message: 'a tmpfs has none',
          path: ['source'],
        })
        .transform(({ type, target, ...mount }) => ({ ...mount, kind: mountKinds[type], path: target })),
    )
    .max(500),
);

const port = z.number().int().min(1).max(65_535);
const ports = optional(
  z
    .array(
      z
        .object({
          target: port,
          published: optional(port),
          protocol: optional(word(['TCP', 'UDP', 'SCTP'])).transform((value) => value ?? 'tcp'),
          mode: optional(word(['INGRESS', 'HOST'])).transform((value) => value ?? 'ingress'),
        })
        .transform(({ target, published, protocol, mode }) => ({
          targetPort: target,
          publishedPort: published,
          protocol,
          publishMode: mode,
        })),
    )
    .max(500),
);

const bytes = optional(z.number().int().min(0).max(Number.MAX_SAFE_INTEGER));
const cpus = optional(z.number().min(0).max(10_000));

/** A registry's name, path, tag and digest: no white space. */
export const image = z
  .string()
  .trim()
  .min(1, 'is empty')
  .max(1_024)
  .regex(/^[^\s\p{Cc}]+$/u, 'has white space');

/** What createService and updateService have in common. */
export const partsInput = {
  command: texts,
  args: texts,
  user: optional(line(255)),
  workingDirectory: optional(path),
  stopGraceSeconds: seconds,
  labels,
  containerLabels: labels,
  mounts,
  secrets: files,
  configs: files,
  capabilitiesAdd: optional(
    z.array(z.string().regex(/^(?:CAP_)?[A-Z_]+$/, 'is no capability: NET_ADMIN, CAP_SYS_TIME …')).max(100),
  ),
  constraints: optional(z.array(constraint).max(500)),
  preferences: optional(z.array(preference).max(100)),
  maxReplicasPerNode: count(0),
  replicas: count(0),
  resources: optional(
    z.object({
      cpuLimit: cpus,
      memoryLimitBytes: bytes,
      cpuReservation: cpus,
      memoryReservationBytes: bytes,
    }),
  ),
  restartPolicy: optional(
    z.object({
      condition: optional(word(['NONE', 'ON_FAILURE', 'ANY'])),
      delaySeconds: seconds,
      maxAttempts: count(0),
      windowSeconds: seconds,
    }),
  ),
  updateConfig: policy,
  rollbackConfig: policy,
  networks: optional(z.array(line(255)).max(100)),
  endpointMode: optional(word(['VIP', 'DNSRR'])),
  ports,
};

/**
 * A secret of the caller: it leaves here as one text, which `act` finds in `run.given` and nobody else does. The message
 * of a refusal never has a value in it.
 */
export const envInput = optional(
  z
    .array(
      z.object({
        name: z
          .string()
          .min(1, 'is empty')
          .max(255)
          .regex(/^[^=\s\p{Cc}]+$/u, 'has =, white space or control characters'),
        value: optional(z.string().max(65_536)).transform((value) => value ?? ''),
      }),
    )
    .max(1_000)
    .transform((list) => JSON.stringify(list.map(({ name, value }) => `${name}=${value}`))),
);

/** The environment as it was given; null: none was, or to an earlier process, which kept nothing. */
export const givenEnv = (given: Readonly<Record<string, string>>): string[] | null =>
  given.env === undefined ? null : JSON.parse(given.env);

/** How long it may take, from the start of the operation. */
export const deadlineInput = optional(z.number().int().min(1).max(86_400)).transform((value) => value ?? 600);

/** One name in a DNS label's form (swarmkit manager/controlapi/common.go). */
export const serviceName = z
  .string()
  .trim()
  .max(63)
  .regex(/^[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*$/, 'is no name: letters, digits, - and _ between them');

export const serviceRef = z.string().trim().min(1, 'is empty').max(255);

/** No part: all stays as it is. */
export const noParts: ServiceParts = {
  image: null,
  command: null,
  args: null,
  user: null,
  workingDirectory: null,
  stopGraceSeconds: null,
  labels: null,
  containerLabels: null,
  mounts: null,
  secrets: null,
  configs: null,
  capabilitiesAdd: null,
  constraints: null,
  preferences: null,
  maxReplicasPerNode: null,
  replicas: null,
  resources: null,
  restartPolicy: null,
  updateConfig: null,
  rollbackConfig: null,
  networks: null,
  endpointMode: null,
  ports: null,
};

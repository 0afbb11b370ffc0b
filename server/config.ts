// The server's configuration: environment variables, checked at start.
import { resolve } from 'node:path';
import * as z from 'zod';
import type { CertificateSource } from './certificate.ts';

const yes = z
  .enum(['yes', 'no'])
  .default('no')
  .transform((value) => value === 'yes');

const count = z.coerce.number().int().min(1).max(1_000_000);

/** As a browser writes it into the header Origin. */
const isOrigin = (text: string): boolean => {
  try {
    return new URL(text).origin === text;
  } catch {
    return false;
  }
};

/** An address may hold a secret: it is named nowhere. */
const hooksOf = (list: string, context: z.RefinementCtx): ReadonlyMap<string, string> => {
  const hooks = new Map<string, string>();
  for (const each of list.split(',').flatMap((text) => text.trim() || [])) {
    const [name = '', ...rest] = each.split('=');
    const url = URL.parse(rest.join('='));
    const isSafe =
      url !== null &&
      url.username === '' &&
      (url.protocol === 'https:' ||
        (url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)));
    if (!/^[\w-]{1,50}$/.test(name) || hooks.has(name) || !isSafe) {
      context.addIssue({
        code: 'custom',
        message: 'each is name=https://…, every name once, without a user in the address',
      });
      return z.NEVER;
    }
    hooks.set(name, url.href);
  }
  return hooks;
};

const environment = z.object({
  /** Folder of the database and the server's key. */
  SKEP_DATA_DIR: z.string().min(1).default('data'),
  /** Address to listen on. Other than loopback only with TLS, or behind a proxy that speaks it. */
  SKEP_HOST: z.string().min(1).default('127.0.0.1'),
  /** TCP port; 0: any free one. */
  SKEP_PORT: z.coerce.number().int().min(0).max(65_535).default(4_000),
  /** Path of a unix socket to listen on as well, for agents on this machine. */
  SKEP_SOCKET: z.string().min(1).optional(),
  /** `yes`: a proxy in front speaks TLS, so SKEP_HOST may be any address, and X-Forwarded-For says where a request came from. */
  SKEP_BEHIND_PROXY: yes,
  /** File of the certificate, with its chain, in PEM: the server speaks TLS. Read again on SIGHUP. */
  SKEP_TLS_CERT: z.string().min(1).optional(),
  /** File of the certificate's key, PEM. */
  SKEP_TLS_KEY: z.string().min(1).optional(),
  /** `self-signed`: TLS with a certificate that the server makes itself and keeps in its data folder. */
  SKEP_TLS: z.enum(['no', 'self-signed']).default('no'),
  /** Milliseconds between two reads of a cluster’s services, networks, secrets and configs without a hint from its engines. */
  SKEP_OBJECTS_INTERVAL_MS: z.coerce.number().int().min(500).max(600_000).default(10_000),
  /** Milliseconds between two reads of a cluster without a hint from its engines. */
  SKEP_WATCH_INTERVAL_MS: z.coerce.number().int().min(100).max(60_000).default(2_000),
  /** Milliseconds between two looks whether a cluster still is as it was declared; its networks and services are read for it. */
  SKEP_DRIFT_INTERVAL_MS: z.coerce.number().int().min(100).max(3_600_000).default(10_000),
  /** How many events are kept for subscribers that come back. */
  SKEP_EVENTS_KEPT: z.coerce.number().int().min(1_000).default(100_000),
  /** Days that the history stays in the database; then it goes into sealed files in the data folder. Unset: for ever. */
  SKEP_AUDIT_RETENTION_DAYS: z.coerce.number().int().min(1).optional(),
  /** What agents dial, as the command of an enrolment shows it; default: the address listened on. */
  SKEP_AGENT_URL: z.url({ protocol: /^wss?$/ }).optional(),
  /** Origins of web pages that may use the API, by comma: `https://console.example`. None by default; `*` is not taken. */
  SKEP_ALLOWED_ORIGINS: z
    .string()
    .default('')
    .transform((list) => list.split(',').flatMap((each) => each.trim() || []))
    .refine(
      (list) => list.every(isOrigin),
      'each is scheme://host, with a port where it is not the usual one',
    ),
  /** Open GraphQL sockets in all. */
  SKEP_SOCKETS: count.default(1_000),
  /** Open GraphQL sockets from one address. */
  SKEP_SOCKETS_PER_ADDRESS: count.default(200),
  /** Wrong API keys from one address, or for one key's id, before RATE_LIMITED is the answer; the right key is always taken. */
  SKEP_WRONG_KEYS_PER_MINUTE: count.default(20),
  /** Mutations of one API key. */
  SKEP_MUTATIONS_PER_MINUTE: count.default(600),
  /** Secrets (join tokens, unlock keys) that one API key may have shown. */
  SKEP_REVEALS_PER_HOUR: count.default(10),
  /** Which host this server runs on, by name or id, for the guard HOSTS_SKEP; `none`; `auto`: found by its boot id. */
  SKEP_OWN_HOST: z.string().min(1).default('auto'),
  /** Generation of another server with this one's key, which is stopped for good: this server goes on for it. An agent that was refused with OTHER_SERVER names it. */
  SKEP_TAKE_OVER: z.uuid().optional(),
  /** HTTP hooks that rolling maintenance may call, by name: `reboot=https://…,patch=https://…`; plain HTTP to loopback only. A comma inside an address is `%2C`. */
  SKEP_MAINTENANCE_HOOKS: z.string().default('').transform(hooksOf),
  /** Seconds that such a hook has for its answer. */
  SKEP_MAINTENANCE_HOOK_SECONDS: z.coerce.number().int().min(1).max(86_400).default(600),
  /** `debug`, `info`, `warn`, `error` or `silent`. */
  SKEP_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** For tests of failure: names places at which the server fails on purpose (docs/testing-faults.md). Never in production. */
  SKEP_FAILPOINTS: z.string().optional(),
  /** `development`: GraphiQL at /graphql. */
  NODE_ENV: z.string().optional(),
});

export type Config = {
  dataDir: string;
  host: string;
  port: number;
  socket: string | null;
  objectsIntervalMs: number;
  watchIntervalMs: number;
  driftIntervalMs: number;
  eventsKept: number;
  auditRetentionDays: number | null;
  agentUrl: string | null;
  behindProxy: boolean;
  tls: CertificateSource;
  takeOver: string | null;
  allowedOrigins: readonly string[];
  sockets: number;
  socketsPerAddress: number;
  wrongKeysPerMinute: number;
  mutationsPerMinute: number;
  revealsPerHour: number;
  ownHost: string;
  maintenanceHooks: ReadonlyMap<string, string>;
  maintenanceHookSeconds: number;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  failpoints: string | undefined;
  development: boolean;
};

/** @throws Error: half a pair, or two ways at once. */
const tlsOf = (data: z.infer<typeof environment>): CertificateSource => {
  const [made, cert, key] = [data.SKEP_TLS, data.SKEP_TLS_CERT, data.SKEP_TLS_KEY];
  if ((cert === undefined) !== (key === undefined))
    throw new Error('SKEP_TLS_CERT, SKEP_TLS_KEY: a certificate needs its key; give both or none');
  if (cert === undefined || key === undefined) return made === 'no' ? null : { kind: 'self-signed' };
  if (made === 'self-signed')
    throw new Error('SKEP_TLS: self-signed, and SKEP_TLS_CERT names a certificate; give one of the two');
  return { kind: 'files', cert: resolve(cert), key: resolve(key) };
};

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.');

/** @throws Error with a sentence for the person who starts the server. */
export const readConfig = (env: NodeJS.ProcessEnv): Config => {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { data } = parsed;
  const tls = tlsOf(data);
  if (!isLoopback(data.SKEP_HOST) && !data.SKEP_BEHIND_PROXY && tls === null)
    throw new Error(
      'SKEP_HOST: without TLS the server listens on loopback only; set SKEP_TLS_CERT and SKEP_TLS_KEY, or SKEP_TLS=self-signed, or SKEP_BEHIND_PROXY=yes if a proxy in front speaks TLS',
    );
  return {
    dataDir: resolve(data.SKEP_DATA_DIR),
    host: data.SKEP_HOST,
    port: data.SKEP_PORT,
    socket: data.SKEP_SOCKET === undefined ? null : resolve(data.SKEP_SOCKET),
    objectsIntervalMs: data.SKEP_OBJECTS_INTERVAL_MS,
    watchIntervalMs: data.SKEP_WATCH_INTERVAL_MS,
    driftIntervalMs: data.SKEP_DRIFT_INTERVAL_MS,
    eventsKept: data.SKEP_EVENTS_KEPT,
    auditRetentionDays: data.SKEP_AUDIT_RETENTION_DAYS ?? null,
    agentUrl: data.SKEP_AGENT_URL ?? null,
    behindProxy: data.SKEP_BEHIND_PROXY,
    tls,
    takeOver: data.SKEP_TAKE_OVER ?? null,
    allowedOrigins: data.SKEP_ALLOWED_ORIGINS,
    sockets: data.SKEP_SOCKETS,
    socketsPerAddress: data.SKEP_SOCKETS_PER_ADDRESS,
    wrongKeysPerMinute: data.SKEP_WRONG_KEYS_PER_MINUTE,
    mutationsPerMinute: data.SKEP_MUTATIONS_PER_MINUTE,
    revealsPerHour: data.SKEP_REVEALS_PER_HOUR,
    ownHost: data.SKEP_OWN_HOST,
    maintenanceHooks: data.SKEP_MAINTENANCE_HOOKS,
    maintenanceHookSeconds: data.SKEP_MAINTENANCE_HOOK_SECONDS,
    logLevel: data.SKEP_LOG_LEVEL,
    failpoints: data.SKEP_FAILPOINTS,
    development: data.NODE_ENV === 'development',
  };
};

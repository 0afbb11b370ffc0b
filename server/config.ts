// The server's configuration: environment variables, checked at start.
import { resolve } from 'node:path';
import * as z from 'zod';
import { type OidcConfig, oidcOf } from './access/oidc-config.ts';
import type { CertificateSource } from './certificate.ts';
import { postAddress } from './platform/post-address.ts';

const yes = z
  .enum(['yes', 'no'])
  .default('no')
  .transform((value) => value === 'yes');

const count = z.coerce.number().int().min(1).max(1_000_000);

/** As many numbers as there are tries after the first. */
const secondsOf = (list: string, context: z.RefinementCtx): readonly number[] => {
  const seconds = list.split(',').map((text) => (/^\s*\d{1,6}\s*$/.test(text) ? Number(text) : Number.NaN));
  if (seconds.length <= 20 && seconds.every((each) => each <= 604_800)) return seconds;
  context.addIssue({
    code: 'custom',
    message: 'at most 20 whole numbers of seconds by comma, each a week at most',
  });
  return z.NEVER;
};

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
    const url = postAddress(rest.join('='));
    if (!/^[\w-]{1,50}$/.test(name) || hooks.has(name) || url === null) {
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
  /** Where browsers find the console, as links that sign in show it, and the origin that may use its cookie; default: the address listened on. */
  SKEP_CONSOLE_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Hours that a sign-in to the console lasts, used or not. */
  SKEP_SESSION_HOURS: z.coerce.number().min(0.01).max(720).default(12),
  /** OpenID provider at which persons sign in to the console, as it names itself: `https://id.example`; plain HTTP to loopback only. Unset: keys and links alone (docs/sign-in.md). */
  SKEP_OIDC_ISSUER: z.string().min(1).optional(),
  /** What the provider knows this server by. */
  SKEP_OIDC_CLIENT_ID: z.string().min(1).optional(),
  /** File of the secret that the provider gave for it; unset: a public client, which has none. */
  SKEP_OIDC_CLIENT_SECRET_FILE: z.string().min(1).optional(),
  /** What the provider is asked for, `openid` among it. Unset: `openid profile email`. */
  SKEP_OIDC_SCOPES: z.string().min(1).optional(),
  /** Claim of the ID token, or else of userinfo, that lists a person’s groups. */
  SKEP_OIDC_GROUPS_CLAIM: z.string().min(1).default('groups'),
  /** File, YAML or JSON, that says which groups may do what (docs/sign-in.md). Read at the start. */
  SKEP_OIDC_GROUPS: z.string().min(1).optional(),
  /** What the sign-in page calls the provider; unset: the host of its address. */
  SKEP_OIDC_NAME: z.string().trim().min(1).max(60).optional(),
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
  /** Mutations of one API key or person. */
  SKEP_MUTATIONS_PER_MINUTE: count.default(600),
  /** Secrets (join tokens, unlock keys) that one API key or person may have shown. */
  SKEP_REVEALS_PER_HOUR: count.default(10),
  /** Which host this server runs on, by name or id, for the guard HOSTS_SKEP; `none`; `auto`: found by its boot id. */
  SKEP_OWN_HOST: z.string().min(1).default('auto'),
  /** Generation of another server with this one's key, which is stopped for good: this server goes on for it. An agent that was refused with OTHER_SERVER names it. */
  SKEP_TAKE_OVER: z.uuid().optional(),
  /** HTTP hooks that rolling maintenance may call, by name: `reboot=https://…,patch=https://…`; plain HTTP to loopback only. A comma inside an address is `%2C`. */
  SKEP_MAINTENANCE_HOOKS: z.string().default('').transform(hooksOf),
  /** Seconds that such a hook has for its answer. */
  SKEP_MAINTENANCE_HOOK_SECONDS: z.coerce.number().int().min(1).max(86_400).default(600),
  /** Seconds that a node has to be Down, an agent silent or a cluster without tolerance before webhooks are told: what is over sooner is not told. */
  SKEP_WEBHOOK_GRACE_SECONDS: z.coerce.number().min(0).max(3_600).default(30),
  /** Seconds between the tries of a webhook’s delivery, by comma; each is lengthened by up to a fifth at random. Default: `5,300,1800,7200,18000,36000,36000`, which takes 27 hours and a half. */
  SKEP_WEBHOOK_RETRY_SECONDS: z.string().default('5,300,1800,7200,18000,36000,36000').transform(secondsOf),
  /** Seconds that a receiver of a webhook has for its answer. */
  SKEP_WEBHOOK_SECONDS: z.coerce.number().min(0.1).max(60).default(15),
  /** Hours in which no delivery of a webhook succeeded before the next that fails for good disables it. */
  SKEP_WEBHOOK_DISABLE_HOURS: z.coerce.number().min(0).max(8_760).default(120),
  /** `yes`: webhooks may lead to link-local addresses, 169.254.0.0/16 and fe80::/10, where clouds answer with credentials of the machine. */
  SKEP_WEBHOOK_LINK_LOCAL: yes,
  /** `no`: there is no /metrics. See docs/numbers.md. */
  SKEP_METRICS: z.enum(['yes', 'no']).default('yes'),
  /** Where traces are sent by OTLP over HTTP, without `/v1/traces`: the name that OpenTelemetry gives it. Unset: nothing is traced. See docs/numbers.md. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
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
  consoleUrl: string | null;
  sessionHours: number;
  oidc: OidcConfig | null;
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
  webhookGraceSeconds: number;
  webhookRetrySeconds: readonly number[];
  webhookSeconds: number;
  webhookDisableHours: number;
  webhookLinkLocal: boolean;
  metrics: boolean;
  otlpUrl: string | null;
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
  // The provider sends browsers back to this address, and knows it letter by letter.
  const isReachedElsewhere =
    data.SKEP_CONSOLE_URL === undefined && (data.SKEP_BEHIND_PROXY || !isLoopback(data.SKEP_HOST));
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
    consoleUrl: data.SKEP_CONSOLE_URL ?? null,
    sessionHours: data.SKEP_SESSION_HOURS,
    oidc: oidcOf(data, { isReachedElsewhere }),
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
    webhookGraceSeconds: data.SKEP_WEBHOOK_GRACE_SECONDS,
    webhookRetrySeconds: data.SKEP_WEBHOOK_RETRY_SECONDS,
    webhookSeconds: data.SKEP_WEBHOOK_SECONDS,
    webhookDisableHours: data.SKEP_WEBHOOK_DISABLE_HOURS,
    webhookLinkLocal: data.SKEP_WEBHOOK_LINK_LOCAL,
    metrics: data.SKEP_METRICS === 'yes',
    otlpUrl: data.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    logLevel: data.SKEP_LOG_LEVEL,
    failpoints: data.SKEP_FAILPOINTS,
    development: data.NODE_ENV === 'development',
  };
};

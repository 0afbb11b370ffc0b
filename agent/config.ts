// The agent's configuration: environment variables, each also a flag but the secret one.
import { readFileSync, readSync } from 'node:fs';
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import * as z from 'zod/mini';
import { commandKinds } from './command-kinds.ts';
import type { Binding } from './connection.ts';
import type { CommandName } from './contract.ts';
import { readMembership } from './identity.ts';
import type { Enrolment } from './link.ts';
import type { Address } from './observe.ts';

/** What the agent was told at its start. */
export interface Config {
  readonly serverUrl: string;
  readonly binding: Binding;
  readonly stateFolder: string;
  readonly dockerSocket: string;
  readonly enrolment: Enrolment | undefined;
  readonly allow: ReadonlySet<CommandName>;
  /** Whether services may have what reaches into their hosts. */
  readonly allowsPrivileged: boolean;
  readonly extraAddresses: readonly Address[];
  /** Null: all. */
  readonly interfaces: ReadonlySet<string> | null;
  readonly hostname: string | undefined;
  readonly bootId: string | undefined;
  readonly logLevel: string;
  readonly failpoints: string | undefined;
}

/** The configuration cannot be used; the message says which setting and why, without its value where that is secret. */
export class BadConfig extends Error {}

const groups: Readonly<Record<string, readonly CommandName[]>> = {
  reads: ['ReadCluster', 'ReadContainers', 'ReadTasks', 'ReadWorkload'],
  secrets: ['ReadJoinToken', 'ReadUnlockKey', 'RotateJoinToken'],
  membership: ['InitSwarm', 'JoinSwarm', 'LeaveSwarm', 'UnlockSwarm'],
  nodes: ['UpdateNode', 'RemoveNode'],
  recovery: ['RecoverSwarm'],
  spec: ['UpdateSwarm'],
  'swarm-secrets': [
    'ReadSecrets',
    'CreateSecret',
    'RemoveSecret',
    'ReadConfigs',
    'CreateConfig',
    'RemoveConfig',
  ],
  networks: ['ReadNetworks', 'CreateNetwork', 'RemoveNetwork'],
  services: ['CreateService', 'ReadServices', 'RemoveService', 'RollBackService', 'UpdateService'],
  probes: ['AnswerProbes', 'SendProbes'],
};

/** Carried out only where they are named. */
const offByDefault: ReadonlySet<string> = new Set(['services']);

/** Not a group of commands: what those of services may hold. Brings them along. */
const privileged = 'services:privileged';

const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

const settingsShape = z.object({
  /** `wss://server:4000/agent`, `ws://…` to this machine only, or `ws+unix:/path/to.sock:/agent`. */
  SKEP_AGENT_SERVER: z.string({ error: 'is missing: the URL of the server, wss://…/agent' }),
  /** `none`: a proxy in front of the server ends the TLS, and its certificate is trusted here (NODE_EXTRA_CA_CERTS); `required`: the server’s key vouches for this very TLS connection, whoever signed its certificate. */
  SKEP_AGENT_BINDING: z._default(z.enum(['required', 'none']), 'required'),
  /** Folder of the key, the membership and the journal. One agent a folder. */
  SKEP_AGENT_STATE: z._default(z.string().check(z.minLength(1)), '/var/lib/skep-agent'),
  /** The engine's unix socket. */
  SKEP_AGENT_DOCKER_SOCKET: z._default(z.string().check(z.minLength(1)), '/var/run/docker.sock'),
  /** The one-time enrolment secret; ignored once enrolled. No flag: other users can read those. */
  SKEP_AGENT_ENROLMENT: z.optional(z.string()),
  /** A file that holds the enrolment secret; `-`: it is asked for, or read as one line from the standard input. */
  SKEP_AGENT_ENROLMENT_FILE: z.optional(z.string()),
  /** The command types that this agent carries out, or groups of them: reads, secrets (join tokens and unlock keys), membership, nodes, recovery, spec, networks, swarm-secrets (secrets and configs), probes; `default` is all of these. Not among them: services, and services:privileged (bind mounts, added capabilities, the host’s network). */
  SKEP_AGENT_ALLOW: z._default(z.string(), 'default'),
  /** Addresses of this host that no interface shows, for example behind NAT: `203.0.113.5` or `10.0.0.5/24`, by comma. */
  SKEP_AGENT_ADDRESSES: z._default(z.string(), ''),
  /** The network interfaces whose addresses are reported, by comma; `none` reports only SKEP_AGENT_ADDRESSES. All by default. */
  SKEP_AGENT_INTERFACES: z._default(z.string(), ''),
  /** The host's name, when it is not to be the engine's own. */
  SKEP_AGENT_HOSTNAME: z.optional(z.string().check(z.minLength(1))),
  /** What changes when the machine is started anew, where the kernel's own boot id does not say it: hosts that share a kernel. */
  SKEP_AGENT_BOOT_ID: z.optional(z.string().check(z.minLength(1), z.maxLength(100))),
  /** `yes`: speak without TLS to another machine. Join tokens then cross the network in clear. */
  SKEP_AGENT_PLAINTEXT: z._default(z.enum(['yes', 'no']), 'no'),
  /** For tests of failure: names places at which the agent fails on purpose (docs/testing-faults.md). Never in production. */
  SKEP_AGENT_FAILPOINTS: z.optional(z.string()),
  /** trace, debug, info, warn, error or fatal. */
  SKEP_AGENT_LOG_LEVEL: z._default(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']), 'info'),
});

/** For `parseArgs`: a setting as a flag is its variable's name without SKEP_AGENT_. */
export const flags: Readonly<Record<string, { readonly type: 'string' }>> = {
  server: { type: 'string' },
  state: { type: 'string' },
  'docker-socket': { type: 'string' },
  'enrolment-file': { type: 'string' },
  allow: { type: 'string' },
  addresses: { type: 'string' },
  interfaces: { type: 'string' },
  hostname: { type: 'string' },
  'boot-id': { type: 'string' },
  plaintext: { type: 'string' },
  binding: { type: 'string' },
  'log-level': { type: 'string' },
};

/**
 * Reads flags (`--docker-socket x`) over environment variables (`SKEP_AGENT_DOCKER_SOCKET=x`).
 *
 * @throws BadConfig
 */
export function readConfig({
  args,
  environment,
}: {
  args: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
}): Config {
  if (/(?:^|[\s,])(?:\*|modem)/.test(environment.DEBUG ?? '')) {
    throw new BadConfig(
      'DEBUG: with it a library prints every call to the engine, join tokens too; unset it',
    );
  }
  const parsed = settingsShape.safeParse({ ...environment, ...readFlags(args) });
  if (!parsed.success) {
    throw new BadConfig(
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    );
  }
  const settings = parsed.data;
  const serverUrl = readServerUrl(settings.SKEP_AGENT_SERVER, settings.SKEP_AGENT_PLAINTEXT === 'yes');
  return {
    serverUrl,
    // Without TLS, which is for this machine or was allowed by name, there is nothing to bind to.
    binding:
      serverUrl.startsWith('wss:') && settings.SKEP_AGENT_BINDING === 'required' ? 'tls-exporter' : 'none',
    stateFolder: settings.SKEP_AGENT_STATE,
    dockerSocket: settings.SKEP_AGENT_DOCKER_SOCKET.replace(/^unix:\/\//, ''),
    enrolment: isEnrolled(settings.SKEP_AGENT_STATE)
      ? undefined
      : readEnrolment(settings.SKEP_AGENT_ENROLMENT, settings.SKEP_AGENT_ENROLMENT_FILE),
    allow: new Set(list(settings.SKEP_AGENT_ALLOW).flatMap(readAllowed)),
    allowsPrivileged: list(settings.SKEP_AGENT_ALLOW).includes(privileged),
    extraAddresses: list(settings.SKEP_AGENT_ADDRESSES).map(readAddress),
    interfaces: readInterfaces(list(settings.SKEP_AGENT_INTERFACES)),
    hostname: settings.SKEP_AGENT_HOSTNAME,
    bootId: settings.SKEP_AGENT_BOOT_ID,
    logLevel: settings.SKEP_AGENT_LOG_LEVEL,
    failpoints: settings.SKEP_AGENT_FAILPOINTS,
  };
}

function readInterfaces(names: readonly string[]): ReadonlySet<string> | null {
  if (names.length === 0) return null;
  return new Set(names.filter((name) => name !== 'none'));
}

function readFlags(args: readonly string[]): Record<string, string> {
  // Node's parser is a module of its own.
  if (args.length === 0) return {};
  try {
    const { values } = parseArgs({ args: [...args], options: flags, strict: true });
    return Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) =>
        typeof value === 'string' ? [[`SKEP_AGENT_${name.toUpperCase().replaceAll('-', '_')}`, value]] : [],
      ),
    );
  } catch (error) {
    throw new BadConfig(error instanceof Error ? error.message : String(error));
  }
}

function readServerUrl(text: string, isPlaintextFine: boolean): string {
  if (/^ws\+unix:\/[^:]+:\/.*$/.test(text)) return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['ws:', 'wss:'].includes(url.protocol)) {
    throw new BadConfig(
      'SKEP_AGENT_SERVER: not a URL of the form wss://…, ws://… or ws+unix:/path/to.sock:/agent',
    );
  }
  if (url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new BadConfig('SKEP_AGENT_SERVER: a URL without a user, a password and a fragment, please');
  }
  if (url.protocol === 'ws:' && !loopback.test(url.hostname) && !isPlaintextFine) {
    throw new BadConfig(
      'SKEP_AGENT_SERVER: ws:// to another machine needs SKEP_AGENT_PLAINTEXT=yes; use wss://',
    );
  }
  return url.href;
}

/** Then the secret is done with, and its file may be gone. A folder that is not sound is not enrolled anew. */
function isEnrolled(stateFolder: string): boolean {
  try {
    return readMembership(stateFolder) !== undefined;
  } catch {
    return true;
  }
}

function readEnrolment(value: string | undefined, file: string | undefined): Enrolment | undefined {
  const text = value ?? (file === undefined ? undefined : readSecretFile(file));
  if (text === undefined || text.trim() === '') return undefined;
  const match = /^(skep_enr_[^.]+\.[^.]+)\.([A-Za-z0-9_-]{43})$/.exec(text.trim());
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new BadConfig('SKEP_AGENT_ENROLMENT: not an enrolment secret (skep_enr_….….…)');
  }
  return { secret: match[1], pin: match[2] };
}

function readSecretFile(file: string): string {
  try {
    return file === '-' ? askForLine('Enrolment secret: ') : readFileSync(file, 'utf8');
  } catch (error) {
    throw new BadConfig(
      `SKEP_AGENT_ENROLMENT_FILE: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

// Byte by byte: what stands behind the line is not ours to take.
function askForLine(question: string): string {
  if (process.getBuiltinModule('node:tty').isatty(0)) process.stderr.write(question);
  const byte = Buffer.alloc(1);
  let line = '';
  while (readSync(0, byte) === 1 && byte[0] !== 0x0a) line += byte.toString('latin1');
  return line;
}

function readAllowed(name: string): readonly CommandName[] {
  if (name === 'default')
    return Object.entries(groups).flatMap(([group, names]) => (offByDefault.has(group) ? [] : names));
  const known: readonly CommandName[] = Object.values(groups).flat();
  const names =
    groups[name === privileged ? 'services' : name] ?? known.filter((command) => command === name);
  if (names.length > 0) return names;
  throw new BadConfig(
    `SKEP_AGENT_ALLOW: «${name}» is no command type and no group: ${['default', ...Object.keys(groups), privileged, ...Object.keys(commandKinds)].join(', ')}`,
  );
}

function readAddress(text: string): Address {
  const [address = '', length] = text.split('/');
  const family = isIP(address);
  const longest = family === 4 ? 32 : 128;
  const prefixLength = length === undefined ? longest : Number(length);
  if (family === 0 || !Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > longest) {
    throw new BadConfig(`SKEP_AGENT_ADDRESSES: «${text}» is no IP address with or without a prefix length`);
  }
  return { interface: 'configured', address, prefixLength };
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

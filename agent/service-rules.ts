// What of a service reaches into the hosts that it runs on: refused unless allowed, and what is refused always.
import { realpathSync } from 'node:fs';
import { normalize } from 'node:path/posix';
import { CommandFailure } from './failure.ts';

type Json = Readonly<Record<string, unknown>>;

/** Judges whole specs, of whatever origin: a service that Docker's CLI made is judged when it is changed here. */
export interface ServiceRules {
  /** In plain words, each thing that gives its tasks more than a container of their own. */
  privilegedIn(spec: object, hostNetworks: ReadonlySet<string>): string[];
  /**
   * @param mayPrivileged - whether the server says that the caller may
   * @throws CommandFailure NOT_ALLOWED
   */
  check(spec: object, hostNetworks: ReadonlySet<string>, mayPrivileged: boolean): void;
}

/**
 * Never mounted, nor anything inside, nor a folder that it lies in, whatever is allowed: who has one of these has the
 * engine or the agent. A task may land on any host, so they are judged by how they are written, with the usual places
 * of every host; `/proc` leads everywhere.
 */
export const neverMounted = [
  '/run/docker.sock',
  '/run/docker',
  '/run/containerd',
  '/var/lib/docker',
  '/var/lib/containerd',
  '/var/lib/skep',
  '/var/lib/skep-agent',
  '/proc',
];

/**
 * @param allowsPrivileged - whether the agent was started with `services:privileged`
 * @param own - the engine's socket and the state folder of this agent
 */
export function createServiceRules({
  allowsPrivileged,
  own,
}: {
  allowsPrivileged: boolean;
  own: readonly string[];
}): ServiceRules {
  const forbidden = [...neverMounted, ...own.flatMap((path) => [canonical(path), canonical(real(path))])];
  const isForbidden = (source: string): boolean =>
    [canonical(source), canonical(real(source))].some((path) =>
      forbidden.some((place) => isWithin(place, path) || isWithin(path, place)),
    );
  return {
    privilegedIn: reasonsOf,
    check: (spec, hostNetworks, mayPrivileged) => {
      for (const source of boundSources(spec)) {
        if (!source.startsWith('/')) throw refusal(`a bind mount of «${source}», which is no absolute path`);
        if (isForbidden(source))
          throw refusal(
            `a mount of ${source}: the engine’s socket and data, the agent’s state, what they lie in and /proc are never mounted`,
          );
      }
      const reasons = reasonsOf(spec, hostNetworks);
      if (reasons.length === 0) return;
      if (!allowsPrivileged)
        throw refusal(`${reasons.join(', ')}: this agent was started without services:privileged`);
      if (!mayPrivileged) throw refusal(`${reasons.join(', ')}: the caller may not`);
    },
  };
}

/** The networks that a spec names. */
export function networksOf(spec: object): string[] {
  const { Networks: ofTask } = at(spec, 'TaskTemplate');
  return [...listOf(ofTask), ...listOf(at(spec).Networks)].map((one) => String(at(one).Target));
}

function refusal(message: string): CommandFailure {
  return new CommandFailure('REFUSED', 'NOT_ALLOWED', message);
}

/** As the path is written, without what means nothing; `/var/run` is `/run` on every Linux of today. */
function canonical(path: string): string {
  const plain = normalize(`/${path}`)
    .replace(/^\/+/, '/')
    .replace(/(.)\/$/, '$1');
  return plain === '/var/run' || plain.startsWith('/var/run/') ? plain.slice('/var'.length) : plain;
}

/** Where the path leads on this host; itself where it leads nowhere. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isWithin(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}

function reasonsOf(spec: object, hostNetworks: ReadonlySet<string>): string[] {
  const task = at(spec, 'TaskTemplate');
  const container = at(task, 'ContainerSpec');
  const capabilities = listOf(container.CapabilityAdd).map(String);
  const privileges = Object.entries(at(container, 'Privileges')).filter(([name, value]) =>
    name === 'NoNewPrivileges' ? false : value != null && JSON.stringify(value) !== '{}',
  );
  return [
    ...boundSources(spec).map((source) => `a bind mount of ${source}`),
    ...(driven(spec).some(({ o }) => /bind|dir=/.test(String(o ?? '')))
      ? ['a volume that binds a folder']
      : []),
    ...(capabilities.length > 0 ? [`added capabilities (${capabilities.join(', ')})`] : []),
    ...(networksOf(spec).some((name) => hostNetworks.has(name)) ? ['the host’s network'] : []),
    ...(privileges.length > 0 ? [`privileges (${privileges.map(([name]) => name).join(', ')})`] : []),
    ...(task.PluginSpec != null ? ['an engine plugin'] : []),
  ];
}

/** Options of the drivers of its volumes. */
function driven(spec: object): Json[] {
  return listOf(at(at(spec, 'TaskTemplate'), 'ContainerSpec').Mounts).map((mount) =>
    at(at(at(mount, 'VolumeOptions'), 'DriverConfig'), 'Options'),
  );
}

/** Also that of a volume whose driver is told to bind a folder: `type=none,o=bind,device=…`. */
function boundSources(spec: object): string[] {
  const mounts = listOf(at(at(spec, 'TaskTemplate'), 'ContainerSpec').Mounts).map((mount) => at(mount));
  return mounts.flatMap((mount) => {
    if (mount.Type === 'bind' || mount.Type === 'npipe') return [String(mount.Source ?? '')];
    const { device } = at(at(at(mount, 'VolumeOptions'), 'DriverConfig'), 'Options');
    return typeof device === 'string' && device.startsWith('/') ? [device] : [];
  });
}

function at(value: unknown, key?: string): Json {
  const found = key === undefined ? value : (value as Json | null | undefined)?.[key];
  return typeof found === 'object' && found !== null ? (found as Json) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

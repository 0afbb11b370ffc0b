// What of a service reaches into hosts: who may ask for it, and what nobody gets. The agent judges for itself again.
import { normalize } from 'node:path/posix';
import type { ServiceParts } from '../hosts/service-parts.ts';
import { Failure } from '../platform/failure.ts';

/** The engine's socket and data, what agent and server keep, and `/proc`, which leads everywhere (agent/service-rules.ts). */
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

const canonical = (path: string): string => {
  const plain = normalize(`/${path}`)
    .replace(/^\/+/, '/')
    .replace(/(.)\/$/, '$1');
  return plain === '/var/run' || plain.startsWith('/var/run/') ? plain.slice('/var'.length) : plain;
};
const isWithin = (path: string, folder: string): boolean =>
  folder === '/' || path === folder || path.startsWith(`${folder}/`);

/** What is asked for, in words; empty: nothing of the kind. A host's network that is named by its id only the agent knows. */
export const privilegedParts = ({ mounts, capabilitiesAdd, networks }: ServiceParts): string[] => [
  ...(mounts ?? []).filter(({ kind }) => kind === 'bind').map(({ source }) => `a bind mount of ${source}`),
  ...((capabilitiesAdd ?? []).length > 0 ? [`added capabilities (${capabilitiesAdd?.join(', ')})`] : []),
  ...(networks?.includes('host') ? ['the host’s network'] : []),
];

/** Whether the tasks become other ones: not so by labels, replicas and policies alone. */
export const isWorkload = (parts: ServiceParts, env: boolean, forceUpdate: boolean): boolean =>
  forceUpdate ||
  env ||
  Object.entries(parts).some(
    ([name, value]) =>
      value !== null &&
      !['labels', 'replicas', 'updateConfig', 'rollbackConfig', 'endpointMode', 'ports'].includes(name),
  );

/**
 * @param of what is privileged: of the parts, and of the service as it is, where its tasks become other ones.
 * @param may whether the caller holds service:privileged there.
 */
export const whyNotPrivileged = (
  parts: ServiceParts,
  of: readonly string[],
  may: boolean,
): Failure | null => {
  const sources = (parts.mounts ?? []).flatMap(({ kind, source }) =>
    kind === 'bind' && source ? [source] : [],
  );
  const refusedSource = sources.find((source) =>
    neverMounted.some((place) => isWithin(place, canonical(source)) || isWithin(canonical(source), place)),
  );
  if (refusedSource !== undefined)
    return new Failure(
      'NOT_ALLOWED',
      `a mount of ${refusedSource}: the engine’s socket and data, the agent’s state, what they lie in and /proc are never mounted`,
      'mount a folder of the service’s own',
    );
  if (of.length === 0 || may) return null;
  return new Failure(
    'FORBIDDEN',
    `${of.join(', ')}: needs the permission service:privileged`,
    'it is in no role: an admin gives it to a key by name',
  );
};

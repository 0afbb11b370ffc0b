// What may be allowed, and to which roles it is.

/** Every permission with what it allows. */
export const permissions = {
  'cluster:read': 'See clusters, their nodes and tasks.',
  'host:read': 'See hosts and their agents.',
  'operation:read': 'See operations.',
  'audit:read': 'See the audit log and verify it.',
  'metrics:read': 'Read the numbers for Prometheus at /metrics.',
  'audit:export': 'Export the audit log.',
  'audit:seal': 'Take the older part of the audit log out of the database, into sealed files.',
  'node:availability': 'Set a node active, pause or drain.',
  'maintenance:run': 'Run, steer and pause rolling maintenance.',
  'node:label': 'Set and remove node labels.',
  'node:promote': 'Make workers managers.',
  'service:write': 'Create, change, roll back and remove services, and see their environment.',
  'operation:cancel': 'Cancel an open operation.',
  'node:demote': 'Make managers workers.',
  'node:remove': 'Remove nodes from a cluster.',
  'host:join': 'Let hosts join a cluster.',
  'host:leave': 'Let hosts leave their cluster.',
  'host:preflight': 'Let agents probe the ports between hosts.',
  'host:enrol': 'Enrol hosts, see enrolments.',
  'host:update': 'Rename, revoke and forget hosts.',
  'cluster:init': 'Make a cluster.',
  'cluster:update': 'Adopt, rename, set up and forget clusters, unlock their managers.',
  'config:write': 'Create, rotate and remove swarm configs.',
  'secret:write': 'Create, rotate and remove swarm secrets.',
  'network:write': 'Create and remove overlay networks.',
  'fleet:apply': 'Carry out a fleet document, with the permissions of what it does, and forget one.',
  'webhook:read': 'See webhooks with their whole addresses, and what was delivered to them.',
  'webhook:write': 'Create, change, test and delete webhooks, and deliver again.',
  'secret:rotate': 'Rotate join tokens, unlock keys and root CAs.',
  'key:admin': 'See, create and revoke API keys; see and end sessions of others.',
  'session:create': 'Make links that sign in to the console as oneself, and end own sessions.',
  'secret:reveal': 'Read join tokens and unlock keys. In no role: given by name.',
  'service:privileged':
    'Give services bind mounts, added capabilities and the host’s network. In no role: given by name.',
  'cluster:force': 'Acts that can lose a cluster. In no role: given by name.',
} as const;

export type Permission = keyof typeof permissions;

/** Given to a key by name only, never by a role. */
export const separatePermissions: readonly Permission[] = [
  'secret:reveal',
  'service:privileged',
  'cluster:force',
];

const viewer: readonly Permission[] = [
  'cluster:read',
  'host:read',
  'operation:read',
  'audit:read',
  'metrics:read',
  'session:create',
];
const operator: readonly Permission[] = [
  ...viewer,
  'node:availability',
  'maintenance:run',
  'node:label',
  'node:promote',
  'service:write',
  'operation:cancel',
  'network:write',
  'config:write',
  'host:preflight',
];
const all = Object.keys(permissions).filter(isPermission);

/** viewer < operator < admin. */
export const roles = {
  viewer,
  operator,
  admin: all.filter((permission) => !separatePermissions.includes(permission)),
} as const;

export type RoleName = keyof typeof roles;
export const roleNames = ['viewer', 'operator', 'admin'] as const satisfies readonly RoleName[];

export function isPermission(name: string): name is Permission {
  return name in permissions;
}

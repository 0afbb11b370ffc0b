// The hosts in memory, found by whatever is known of one: nothing that happens to a host looks at all the others.
import { sortedBy } from '../platform/order.ts';
import type { Host } from './host.ts';

export type HostIndex = {
  find(id: string): Host | null;
  list(): readonly Host[];
  /** All, by name. */
  sorted(): readonly Host[];
  /** Adds a host, or puts what it is now in place of what it was. */
  keep(host: Host): void;
  remove(id: string): void;
  ofName(name: string): Host | null;
  /** Revoked ones too. */
  ofKey(publicKey: string): Host | null;
  /** Revoked ones have no engine. */
  ofEngine(engineId: string): Host | null;
  /** The connected one first: after a copy there can be two that report one node. */
  ofNode(nodeId: string): Host | null;
  /** By the membership that it was last known to have; revoked ones have none. */
  ofMembership(nodeId: string): Host | null;
  /** Those whose engines say that they are managers. */
  controllers(): readonly Host[];
};

type Keys = { find(key: string): Iterable<string>; moved(before: Host | null, after: Host | null): void };

const createKeys = (keyOf: (host: Host) => string | null): Keys => {
  const ids = new Map<string, Set<string>>();
  return {
    find: (key) => ids.get(key) ?? [],
    moved: (before, after) => {
      const old = before && keyOf(before);
      const now = after && keyOf(after);
      if (old === now) return;
      if (before && old !== null) {
        const left = ids.get(old);
        left?.delete(before.id);
        if (left?.size === 0) ids.delete(old);
      }
      if (after && now !== null) ids.set(now, (ids.get(now) ?? new Set()).add(after.id));
    },
  };
};

export const createHostIndex = (known: readonly Host[]): HostIndex => {
  const hosts = new Map<string, Host>();
  const names = createKeys(({ name }) => name);
  const publicKeys = createKeys(({ publicKey }) => publicKey);
  const engines = createKeys(({ engineId, revokedAt }) => (revokedAt === null ? engineId : null));
  const nodes = createKeys(({ report }) => report?.swarm?.nodeId ?? null);
  const memberships = createKeys(({ membership, revokedAt }) =>
    revokedAt === null ? (membership?.nodeId ?? null) : null,
  );
  const controllers = createKeys(({ report }) => (report?.swarm?.controlAvailable ? 'controller' : null));
  const all = [names, publicKeys, engines, nodes, memberships, controllers];

  const found = (keys: Keys, key: string): Host[] => [...keys.find(key)].flatMap((id) => hosts.get(id) ?? []);
  const first = (keys: Keys, key: string): Host | null => found(keys, key)[0] ?? null;

  const moved = (before: Host | null, after: Host | null): void => {
    for (const keys of all) keys.moved(before, after);
  };
  /** Ids by name; null: a host was added, renamed or removed since. */
  let order: readonly string[] | null = null;
  const keep = (host: Host): void => {
    if (hosts.get(host.id)?.name !== host.name) order = null;
    moved(hosts.get(host.id) ?? null, host);
    hosts.set(host.id, host);
  };
  for (const host of known) keep(host);

  return {
    find: (id) => hosts.get(id) ?? null,
    list: () => [...hosts.values()],
    sorted: () => {
      order ??= sortedBy([...hosts.values()], { keyOf: ({ name }) => name, descending: false }).map(
        ({ id }) => id,
      );
      return order.flatMap((id) => hosts.get(id) ?? []);
    },
    keep,
    remove: (id) => {
      order = null;
      moved(hosts.get(id) ?? null, null);
      hosts.delete(id);
    },
    ofName: (name) => first(names, name),
    ofKey: (publicKey) => first(publicKeys, publicKey),
    ofEngine: (engineId) => first(engines, engineId),
    ofNode: (nodeId) => {
      const same = found(nodes, nodeId);
      return same.find(({ status }) => status === 'CONNECTED') ?? same[0] ?? null;
    },
    ofMembership: (nodeId) => first(memberships, nodeId),
    controllers: () => found(controllers, 'controller'),
  };
};

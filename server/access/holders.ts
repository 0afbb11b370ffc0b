// Whoever holds rights: an API key, or a person who signed in. What asks for rights need not know which of the two.
import type { Actor } from '../audit/actor.ts';
import type { Authorise } from '../operations/action.ts';
import type { Endings } from './endings.ts';
import { type Permission, type RoleName, roles } from './permissions.ts';

export type Holder = {
  kind: 'API_KEY' | 'PERSON';
  id: string;
  name: string;
  role: RoleName;
  /** Beyond the role's. */
  permissions: readonly Permission[];
  /** Cluster ids that it is held for; null: all, and what belongs to no cluster. */
  clusters: readonly string[] | null;
  /** Null: never. */
  expiresAt: Date | null;
};

/** What knows the holders of one kind. */
export type Known = Pick<Endings, 'onEnd'> & {
  find(id: string): Holder | null;
  /** When it is valid now: for who has proved to act for it. Notes that it was used. */
  use(id: string): Holder | null;
  /** Whether it is neither ended nor expired. */
  isValid(id: string): boolean;
};

export type Holders = Known & {
  authorise: Authorise;
  /** Permissions that it holds, for any cluster. */
  permissionsOf(holder: Holder): readonly Permission[];
  /** Clusters that the actor sees; null: all. */
  clustersOf(actor: Actor): readonly string[] | null;
};

/** Of a person; no key's id has this form. */
export const personPrefix = 'person_';

export const actorOf = ({ kind, id, name }: Holder): Actor => ({ kind, id, name });

export const createHolders = ({ apiKeys, persons }: { apiKeys: Known; persons: Known }): Holders => {
  const knownOf = (id: string): Known => (id.startsWith(personPrefix) ? persons : apiKeys);
  /** One that changes is another object. */
  const knownPermissions = new WeakMap<Holder, readonly Permission[]>();
  /** One for no cluster at all holds nothing anywhere. */
  const permissionsOf = (holder: Holder): readonly Permission[] => {
    const known = knownPermissions.get(holder);
    if (known) return known;
    const held =
      holder.clusters?.length === 0 ? [] : [...new Set([...roles[holder.role], ...holder.permissions])];
    knownPermissions.set(holder, held);
    return held;
  };
  const holderOf = ({ kind, id }: Actor): Holder | null => {
    const found = knownOf(id).find(id);
    return found?.kind === kind ? found : null;
  };
  return {
    find: (id) => knownOf(id).find(id),
    use: (id) => knownOf(id).use(id),
    isValid: (id) => knownOf(id).isValid(id),
    onEnd: (id, listener) => knownOf(id).onEnd(id, listener),
    permissionsOf,
    authorise: (actor, permission, clusterId) => {
      if (actor.kind === 'SYSTEM') return true;
      const holder = holderOf(actor);
      if (!holder || !knownOf(holder.id).isValid(holder.id)) return false;
      if (!permissionsOf(holder).some((held) => held === permission)) return false;
      if (clusterId === undefined || holder.clusters === null) return true;
      return clusterId !== null && holder.clusters.includes(clusterId);
    },
    clustersOf: (actor) => {
      if (actor.kind === 'SYSTEM') return null;
      const holder = holderOf(actor);
      return holder ? holder.clusters : [];
    },
  };
};

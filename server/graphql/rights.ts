// The rights of who asks, as a text: what is kept or told for one viewer is for those alone whose text is the same.
import type { Holder, Holders } from '../access/holders.ts';

/**
 * What a resolver of the projection or of an event may see of who asks, and no more: were one to answer by anything else
 * of the requester, by a name or an address, that would have to stand here.
 */
export const createRightsOf = ({
  permissionsOf,
}: Pick<Holders, 'permissionsOf'>): ((viewer: Holder) => string) => {
  // One that changes is another object.
  const known = new WeakMap<Holder, string>();
  return (viewer) => {
    const found = known.get(viewer);
    if (found !== undefined) return found;
    const { role, clusters } = viewer;
    const rights = JSON.stringify([
      role,
      [...permissionsOf(viewer)].sort(),
      clusters && [...clusters].sort(),
    ]);
    known.set(viewer, rights);
    return rights;
  };
};

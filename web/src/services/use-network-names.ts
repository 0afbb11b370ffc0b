// The names of a cluster's networks: services tell ids alone.
import { NetworkNamesDocument } from '../../generated/documents.ts';
import { useLiveQuery } from '../live/live.tsx';

/** @returns the name of an id; while it is not known, the beginning of the id. */
export const useNetworkNames = (cluster: string): { nameOf: (id: string) => string; names: string[] } => {
  const { data } = useLiveQuery(NetworkNamesDocument, { cluster }, { topics: ['network'] });
  const names = new Map(data?.networks.edges.map(({ node }) => [node.id, node.name]));
  return { nameOf: (id) => names.get(id) ?? id.slice(0, 12), names: [...names.values()] };
};

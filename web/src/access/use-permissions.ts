// Permissions as the server explains them, and which roles give them.
import { useMemo } from 'react';
import { PermissionsDocument, type Role } from '../../generated/documents.ts';
import { useLiveQuery } from '../live/live.tsx';

export type Permissions = {
  /** All that there are; empty until they are read. */
  names: readonly string[];
  wordsOf(name: string): string;
  /** In no role: given by name only. */
  isSeparate(name: string): boolean;
  isOfRole(name: string, role: Role): boolean;
};

export const usePermissions = (): Permissions => {
  const { data } = useLiveQuery(PermissionsDocument, {}, { topics: [] });
  return useMemo(() => {
    const known = new Map(data?.permissions.map((each) => [each.name, each]));
    return {
      names: [...known.keys()],
      wordsOf: (name) => known.get(name)?.description ?? '—',
      isSeparate: (name) => known.get(name)?.roles.length === 0,
      isOfRole: (name, role) => known.get(name)?.roles.includes(role) ?? false,
    };
  }, [data]);
};

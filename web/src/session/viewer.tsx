// Who is signed in, a person or an API key, and what that may do.
import { createContext, type ReactNode, useContext } from 'react';
import type { ViewerQuery } from '../../generated/documents.ts';

export type Viewer = ViewerQuery['viewer'];

const ViewerContext = createContext<Viewer | null>(null);

export const ViewerProvider = ({ viewer, children }: { viewer: Viewer; children: ReactNode }) => (
  <ViewerContext.Provider value={viewer}>{children}</ViewerContext.Provider>
);

export const useViewer = (): Viewer => {
  const viewer = useContext(ViewerContext);
  if (!viewer) throw new Error('useViewer outside of a ViewerProvider');
  return viewer;
};

/** Why the viewer may not, in words; null: it holds the permission. */
export const usePermission = (): ((permission: string) => string | null) => {
  const { kind, permissions, role } = useViewer();
  const whose = kind === 'PERSON' ? 'You' : 'Your key';
  return (permission) =>
    permissions.includes(permission)
      ? null
      : `${whose} (${role.toLowerCase()}) ${kind === 'PERSON' ? 'do' : 'does'} not hold ${permission}`;
};

// What can be done with a whole cluster.
import { lazy } from 'react';
import { ActMenu, byReason } from '../acting/act-menu.tsx';
import type { LiveCluster } from '../live/store.ts';
import { usePermission } from '../session/viewer.tsx';

const AdoptDialog = lazy(() => import('./adopt-dialog.tsx'));
const JoinLineDialog = lazy(() => import('./join-line-dialog.tsx'));
const RenameDialog = lazy(() => import('./rename-dialog.tsx'));
const RotateTokenDialog = lazy(() => import('./rotate-token-dialog.tsx'));

const adopt = { title: 'Adopt', permission: 'cluster:update', Dialog: AdoptDialog };
const rest = [
  { title: 'Show the join line', permission: 'secret:reveal', Dialog: JoinLineDialog },
  { title: 'Rotate a join token', permission: 'secret:rotate', Dialog: RotateTokenDialog },
  { title: 'Rename', permission: 'cluster:update', Dialog: RenameDialog },
];

export const ClusterMenu = ({ cluster }: { cluster: LiveCluster }) => {
  const permission = usePermission();
  const offered = cluster.state === 'DISCOVERED' ? [adopt, ...rest] : rest;
  const acts = offered.map(({ title, permission: needed, Dialog }) => ({
    title,
    verdict: () => byReason(permission(needed)),
    dialog: (close: () => void) => <Dialog cluster={cluster} onClose={close} />,
  }));
  return <ActMenu label={`Act on ${cluster.name}`} acts={acts} size="xs" />;
};

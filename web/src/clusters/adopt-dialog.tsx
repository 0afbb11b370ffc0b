// A cluster that was found is taken under Skep.
import { AdoptClusterDocument } from '../../generated/documents.ts';
import { createAct } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import type { LiveCluster } from '../live/store.ts';

export default ({ cluster, onClose }: { cluster: LiveCluster; onClose: () => void }) => {
  const ask = useAsk();
  const act = createAct(
    ask,
    AdoptClusterDocument,
    { cluster: cluster.id },
    {
      title: 'Adopt',
      subject: cluster.name,
      meaning: 'Skep may change it from now on. Its root certificate is kept, and another one is refused.',
      permission: 'cluster:update',
    },
  );
  return <ActDialog act={act} onClose={onClose} />;
};

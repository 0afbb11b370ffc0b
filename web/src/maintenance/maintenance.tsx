// Rolling maintenance: nodes are taken out of use, some at a time, so that their machines can be patched or restarted.
import { Button } from '@mantine/core';
import { IconTool } from '@tabler/icons-react';
import { MaintenancesDocument } from '../../generated/documents.ts';
import { useDialog } from '../acting/acting.tsx';
import { useLive, useLiveQuery } from '../live/live.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Errors, Loading } from '../parts/states.tsx';
import { usePermission } from '../session/viewer.tsx';
import { Earlier } from './earlier.tsx';
import { Running } from './running.tsx';
import { StartDialog } from './start-dialog.tsx';

export default () => {
  const open = useDialog();
  const whyNot = usePermission()('maintenance:run');
  const clusters = useLive((live) => live.clusters);
  const { data, errors, loading, reload } = useLiveQuery(
    MaintenancesDocument,
    { open: true, first: 100 },
    { topics: ['operation'] },
  );
  const running = data?.operations.edges.map(({ node }) => node) ?? [];
  return (
    <Page
      title="Maintenance"
      actions={
        <Button
          leftSection={<IconTool size={16} aria-hidden />}
          disabled={whyNot !== null || clusters.size === 0}
          title={whyNot ?? (clusters.size === 0 ? 'There is no swarm yet' : undefined)}
          onClick={() => open((close) => <StartDialog clusters={[...clusters.values()]} onClose={close} />)}
        >
          Begin maintenance
        </Button>
      }
    >
      <Errors errors={errors} onRetry={reload} />
      {loading ? (
        <Loading what="maintenances" />
      ) : running.length === 0 ? (
        errors.length === 0 && (
          <Empty title="No maintenance runs">
            {whyNot
              ? `${whyNot}, with which one is begun.`
              : 'Begin one, and nodes are drained some at a time; each waits until its machine is patched and back.'}
          </Empty>
        )
      ) : (
        running.map((maintaining) => <Running key={maintaining.id} maintaining={maintaining} />)
      )}
      <Earlier />
    </Page>
  );
};

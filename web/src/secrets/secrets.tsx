// What a swarm keeps for its services: secrets and configs, by name and never by value.
import { Tabs, Text } from '@mantine/core';
import { useChosenCluster } from '../clusters/use-chosen-cluster.tsx';
import { useLive } from '../live/live.tsx';
import { NoSwarm } from '../overview/no-swarm.tsx';
import { ActButton } from '../parts/act-button.tsx';
import { Page } from '../parts/page.tsx';
import { Loading } from '../parts/states.tsx';
import { useAddressPart } from '../parts/use-address-part.ts';
import { usePermission } from '../session/viewer.tsx';
import { CreateDialog } from './create-dialog.tsx';
import { KeptList } from './kept-list.tsx';
import { type Kind, kinds } from './kinds.ts';

export default () => {
  const { cluster, choice } = useChosenCluster();
  const isLoaded = useLive((live) => live.isLoaded);
  const permission = usePermission();
  const [tab, setTab] = useAddressPart('tab');
  const kind: Kind = tab === 'configs' ? 'config' : 'secret';
  if (!isLoaded) return <Loading what="secrets and configs" />;
  if (!cluster)
    return (
      <Page title="Secrets and configs">
        <NoSwarm />
      </Page>
    );
  return (
    <Page
      title="Secrets and configs"
      actions={
        <>
          {choice}
          <ActButton
            variant="filled"
            whyNot={permission(kinds[kind].permission)}
            dialog={(close) => <CreateDialog kind={kind} cluster={cluster.id} onClose={close} />}
          >
            Create {kind}
          </ActButton>
        </>
      }
    >
      <Text size="sm" c="dimmed">
        Values are never shown, of configs neither: Skep does not ask the engines for them, and keeps none.
      </Text>
      <Tabs
        value={kind === 'config' ? 'configs' : 'secrets'}
        onChange={(next) => setTab(next === 'configs' ? next : null)}
        keepMounted={false}
      >
        <Tabs.List aria-label="Secrets or configs">
          <Tabs.Tab value="secrets">Secrets</Tabs.Tab>
          <Tabs.Tab value="configs">Configs</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="secrets" pt="md">
          <KeptList key={cluster.id} kind="secret" cluster={cluster.id} />
        </Tabs.Panel>
        <Tabs.Panel value="configs" pt="md">
          <KeptList key={cluster.id} kind="config" cluster={cluster.id} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
};

// The services of a cluster, and which tasks of theirs stand on which node.
import { Tabs } from '@mantine/core';
import { useChosenCluster } from '../clusters/use-chosen-cluster.tsx';
import { useLive } from '../live/live.tsx';
import { NoSwarm } from '../overview/no-swarm.tsx';
import { ActButton } from '../parts/act-button.tsx';
import { Page } from '../parts/page.tsx';
import { Loading } from '../parts/states.tsx';
import { useAddressPart } from '../parts/use-address-part.ts';
import { usePermission } from '../session/viewer.tsx';
import { CreateServiceDialog } from './create-service-dialog.tsx';
import { ServiceList } from './service-list.tsx';
import { TasksByNode } from './tasks-by-node.tsx';

export default () => {
  const { cluster, choice } = useChosenCluster();
  const isLoaded = useLive((live) => live.isLoaded);
  const whyNot = usePermission()('service:write');
  const [tab, setTab] = useAddressPart('tab');
  if (!isLoaded) return <Loading what="services" />;
  if (!cluster)
    return (
      <Page title="Services">
        <NoSwarm />
      </Page>
    );
  return (
    <Page
      title="Services"
      actions={
        <>
          {choice}
          <ActButton
            variant="filled"
            whyNot={whyNot}
            dialog={(close) => <CreateServiceDialog cluster={cluster} onClose={close} />}
          >
            Create service
          </ActButton>
        </>
      }
    >
      <Tabs
        value={tab === 'tasks' ? tab : 'services'}
        onChange={(next) => setTab(next === 'tasks' ? next : null)}
        keepMounted={false}
      >
        <Tabs.List aria-label="Services by what">
          <Tabs.Tab value="services">Services</Tabs.Tab>
          <Tabs.Tab value="tasks">Tasks by node</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="services" pt="md">
          <ServiceList key={cluster.id} cluster={cluster} />
        </Tabs.Panel>
        <Tabs.Panel value="tasks" pt="md">
          <TasksByNode key={cluster.id} cluster={cluster} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
};

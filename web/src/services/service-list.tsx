// The services of a cluster: found by name, chosen one by one, and acted upon.
import { Checkbox, VisuallyHidden } from '@mantine/core';
import { useState } from 'react';
import { ServicesDocument } from '../../generated/documents.ts';
import { type LiveCluster, replaced } from '../live/store.ts';
import { LivePages } from '../parts/live-pages.tsx';
import { NameFilter, useNameFilter } from '../parts/name-filter.tsx';
import { Empty } from '../parts/states.tsx';
import { plural } from '../parts/words.ts';
import type { ServiceSeen } from './progress.ts';
import { ServiceMenu } from './service-menu.tsx';
import { ServiceRow } from './service-row.tsx';
import { Unreadable } from './unreadable.tsx';
import { useNetworkNames } from './use-network-names.ts';

const columns = ['Name', 'Mode', 'Image', 'Running', 'Update', 'Ports', 'Networks'];

export const ServiceList = ({ cluster }: { cluster: LiveCluster }) => {
  const text = useNameFilter();
  const { nameOf } = useNetworkNames(cluster.id);
  const [chosen, setChosen] = useState<ReadonlyMap<string, ServiceSeen>>(new Map());
  const choose = (service: ServiceSeen, isChosen: boolean) =>
    setChosen((before) => {
      if (before.get(service.id) === (isChosen ? service : undefined)) return before;
      return replaced(before, service.id, isChosen ? service : null);
    });
  return (
    <>
      <NameFilter of="services">
        <ServiceMenu
          services={[...chosen.values()]}
          label={chosen.size > 0 ? `Act on ${plural(chosen.size, 'service')}` : 'Act on chosen services'}
        />
      </NameFilter>
      <LivePages
        document={ServicesDocument}
        variables={{ cluster: cluster.id, filter: text ? { name: text } : null }}
        topics={['service', 'node']}
        pageOf={(data) => data.services}
        label="Services"
        columns={[
          chosen.size > 0 ? (
            <Checkbox
              key="choose"
              aria-label="Choose none"
              checked={false}
              indeterminate
              onChange={() => setChosen(new Map())}
            />
          ) : (
            <VisuallyHidden key="choose">Chosen</VisuallyHidden>
          ),
          ...columns,
        ]}
        row={(service) => (
          <ServiceRow
            key={service.id}
            service={service}
            nameOf={nameOf}
            isChosen={chosen.has(service.id)}
            onChoose={choose}
          />
        )}
        empty={
          text ? (
            <Empty title="No service has such a name" />
          ) : (
            <Empty title="No services yet">
              Make one with “Create service”, or by Docker’s own tools: it shows here as soon as a manager has
              it.
            </Empty>
          )
        }
        failed={(errors, reload) => <Unreadable errors={errors} onRetry={reload} />}
      />
    </>
  );
};

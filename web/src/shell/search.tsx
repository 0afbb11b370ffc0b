// Ctrl K: any node, host, cluster or page by name.
import '@mantine/spotlight/styles.css';
import { createSpotlight, Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useMemo } from 'react';
import { useLocation } from 'wouter';
import { useLive } from '../live/live.tsx';
import { words } from '../parts/words.ts';
import { sections } from './sections.ts';

const [store, { open }] = createSpotlight();

export default ({ onClose }: { onClose: () => void }) => {
  const [, go] = useLocation();
  const nodes = useLive((live) => live.nodes);
  const hosts = useLive((live) => live.hosts);
  const clusters = useLive((live) => live.clusters);
  useEffect(() => open(), []);
  const actions = useMemo((): SpotlightActionData[] => {
    const to = (href: string, label: string, description: string): SpotlightActionData => ({
      id: href,
      label,
      description,
      onClick: () => go(href),
    });
    return [
      ...sections.map(({ href, title }) => to(href, title, 'page')),
      ...[...clusters.values()].map(({ id, name, state }) => ({
        ...to('/', name, `cluster · ${words(state)} · ${id}`),
        id,
      })),
      ...[...nodes.values()].map(({ id, hostname, status, observedRole }) =>
        to(`/nodes/${id}`, hostname, `node · ${words(observedRole)} · ${words(status.state)} · ${id}`),
      ),
      ...[...hosts.values()].map(({ id, name, status }) =>
        to(`/hosts/${id}`, name, `host · ${words(status)} · ${id}`),
      ),
    ];
  }, [nodes, hosts, clusters, go]);
  return (
    <Spotlight
      store={store}
      actions={actions}
      limit={12}
      shortcut={null}
      nothingFound="Nothing has such a name"
      highlightQuery
      onSpotlightClose={onClose}
      searchProps={{
        leftSection: <IconSearch size={18} aria-hidden />,
        placeholder: 'Node, host or page',
        'aria-label': 'Search nodes, hosts and pages',
      }}
    />
  );
};

// All nodes: found by a filter that the address keeps, chosen one by one or all, and acted upon.
import { Group, Select, Text, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useLive } from '../live/live.tsx';
import { ChoiceTable, type Column } from '../parts/choice-table.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { plural, words } from '../parts/words.ts';
import { filterNodes, type NodeFilter, readFilter, type SortField, writeFilter } from './filter.ts';
import { NodeMenu } from './node-menu.tsx';
import { NodeRow } from './node-row.tsx';
import { useHostOf } from './use-host-of.ts';

const columns: readonly Column<SortField>[] = [
  { title: 'Hostname', sort: 'hostname' },
  { title: 'Role', sort: 'role', width: 180 },
  { title: 'Status', sort: 'status', width: 95 },
  { title: 'Availability', sort: 'availability', width: 105 },
  { title: 'Engine', sort: 'engine', width: 80 },
  { title: 'Address', sort: 'address', width: 115 },
  { title: 'CPUs', sort: 'cpus', width: 60 },
  { title: 'Memory', sort: 'memory', width: 85 },
  { title: 'Labels' },
  { title: 'Agent', width: 120 },
];

const choices = (...values: string[]) => values.map((value) => ({ value, label: words(value) }));
const rowHeight = 44;

export default () => {
  const [search, setSearch] = useSearchParams();
  const filter = readFilter(search);
  const change = (part: Partial<NodeFilter>) =>
    setSearch(writeFilter({ ...filter, ...part }), { replace: true });
  const all = useLive(({ nodes }) => nodes);
  const clusters = useLive((live) => live.clusters);
  const isLoaded = useLive((live) => live.isLoaded);
  const hostOf = useHostOf();
  const address = search.toString();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the filter is another one when the address is
  const nodes = useMemo(() => filterNodes(all.values(), filter), [all, address]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const chosenNodes = useMemo(() => nodes.filter(({ id }) => chosen.has(id)), [nodes, chosen]);

  if (!isLoaded) return <Loading what="nodes" />;
  if (all.size === 0)
    return (
      <Page title="Nodes">
        <Empty title="No swarm yet">
          A node is a member of a swarm. Enrol hosts, then make a swarm of one and let the others join, on the
          page Hosts.
        </Empty>
      </Page>
    );
  const isFiltered = nodes.length < all.size;
  return (
    <Page
      title="Nodes"
      badges={<Text c="dimmed">{isFiltered ? `${nodes.length} of ${all.size}` : all.size}</Text>}
      actions={
        <NodeMenu
          nodes={chosenNodes}
          label={
            chosenNodes.length > 0 ? `Act on ${plural(chosenNodes.length, 'node')}` : 'Act on chosen nodes'
          }
        />
      }
    >
      <Group gap="xs" role="search" aria-label="Filter of nodes">
        <TextInput
          data-page-filter
          aria-label="Hostname, id or address"
          placeholder="Hostname, id or address  ( / )"
          value={filter.text}
          onChange={(event) => change({ text: event.currentTarget.value })}
          style={{ flex: 1, minWidth: 200 }}
        />
        <Select
          aria-label="Role"
          placeholder="Role"
          clearable
          w={130}
          data={choices('MANAGER', 'WORKER')}
          value={filter.role}
          onChange={(role) => change({ role })}
        />
        <Select
          aria-label="Status"
          placeholder="Status"
          clearable
          w={140}
          data={choices('READY', 'DOWN', 'DISCONNECTED', 'UNKNOWN')}
          value={filter.status}
          onChange={(status) => change({ status })}
        />
        <Select
          aria-label="Availability"
          placeholder="Availability"
          clearable
          w={140}
          data={choices('ACTIVE', 'PAUSE', 'DRAIN')}
          value={filter.availability}
          onChange={(availability) => change({ availability })}
        />
        <TextInput
          aria-label="Label"
          placeholder="label or label=value"
          w={190}
          value={filter.label}
          onChange={(event) => change({ label: event.currentTarget.value })}
        />
      </Group>
      <ChoiceTable
        label="Nodes"
        items={nodes}
        columns={columns}
        order={filter}
        onOrder={change}
        chosen={chosen}
        onChosen={setChosen}
        href={({ id }) => `/nodes/${id}`}
        row={(node, state) => (
          <NodeRow
            key={node.id}
            {...state}
            node={node}
            host={hostOf(node)}
            clusterName={clusters.size > 1 ? (clusters.get(node.cluster.id)?.name ?? '') : ''}
          />
        )}
        rowHeight={rowHeight}
        minWidth={1120}
        empty={<Empty title="No node fits this filter" />}
      />
    </Page>
  );
};

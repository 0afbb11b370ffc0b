// Begins a rolling maintenance: of which nodes, how many at once, and what a drained node waits for.
import { MultiSelect, NumberInput, Select, SimpleGrid, Stack, TagsInput, Text } from '@mantine/core';
import { useState } from 'react';
import {
  MaintenanceHooksDocument,
  type NodeRole,
  type ProceedOn,
  RollMaintenanceDocument,
} from '../../generated/documents.ts';
import { createAct } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk, useLive, useLiveQuery } from '../live/live.tsx';
import type { LiveCluster } from '../live/store.ts';
import { plural, words } from '../parts/words.ts';
import { usePermission } from '../session/viewer.tsx';

const proceeds: readonly { value: ProceedOn; label: string }[] = [
  { value: 'GO_AHEAD', label: 'to be let go on, here' },
  { value: 'RESTART', label: 'its engine or machine to go away and come back' },
  { value: 'HOOK', label: 'an HTTP hook that the server calls' },
  { value: 'NONE', label: 'nothing' },
];
const selections = [
  { value: 'ALL', label: 'all nodes' },
  { value: 'ROLE', label: 'those of a role' },
  { value: 'LABELS', label: 'those with labels' },
  { value: 'NODES', label: 'chosen ones' },
] as const;
type Selection = (typeof selections)[number]['value'];
const roles: readonly NodeRole[] = ['WORKER', 'MANAGER'];

const labelOf = (text: string) => {
  const [key = '', ...value] = text.split('=');
  return { key: key.trim(), value: value.join('=').trim() };
};

/** @param clusters not empty. */
export const StartDialog = ({
  clusters,
  onClose,
}: {
  clusters: readonly LiveCluster[];
  onClose: () => void;
}) => {
  const ask = useAsk();
  const allNodes = useLive((live) => live.nodes);
  const [cluster, setCluster] = useState(clusters[0]?.id ?? '');
  const [selection, setSelection] = useState<Selection>('ROLE');
  const [role, setRole] = useState<NodeRole>('WORKER');
  const [labels, setLabels] = useState<string[]>([]);
  const [chosen, setChosen] = useState<string[]>([]);
  const [proceed, setProceed] = useState<ProceedOn>('GO_AHEAD');
  const [hook, setHook] = useState<string | null>(null);
  const [most, setMost] = useState(1);
  const [drainDeadline, setDrainDeadline] = useState(600);
  const [backDeadline, setBackDeadline] = useState(3_600);
  const mayRun = usePermission()('maintenance:run') === null;
  const { data } = useLiveQuery(MaintenanceHooksDocument, {}, { topics: [], pause: !mayRun });
  const hooks = data?.maintenanceHooks ?? [];
  const nodes = [...allNodes.values()]
    .filter((node) => node.cluster.id === cluster)
    .sort((a, b) => a.hostname.localeCompare(b.hostname, 'en', { numeric: true }));
  const wanted = labels.map(labelOf);
  const fitting = nodes.filter(
    (node) =>
      ({
        ALL: true,
        ROLE: node.role === role,
        LABELS: wanted.every(({ key, value }) =>
          node.labels.some((has) => has.key === key && has.value === value),
        ),
        NODES: chosen.includes(node.id),
      })[selection],
  );
  const input = {
    cluster,
    ...(selection === 'NODES'
      ? { nodes: chosen }
      : {
          selector: {
            ...(selection === 'ALL' ? { all: true } : {}),
            ...(selection === 'ROLE' ? { role } : {}),
            ...(selection === 'LABELS' ? { labels: wanted } : {}),
          },
        }),
    maxUnavailable: most,
    proceed,
    ...(proceed === 'HOOK' ? { hook } : {}),
    drainDeadlineSeconds: drainDeadline,
    backDeadlineSeconds: backDeadline,
  };
  const name = clusters.find(({ id }) => id === cluster)?.name ?? cluster;
  const act = createAct(ask, RollMaintenanceDocument, input, {
    title: 'Begin maintenance',
    subject: `${plural(fitting.length, 'node')} of ${name}`,
    meaning:
      'Nodes are drained, some at a time; each waits, comes back, gets its availability back, and the next is taken. Workers first, then managers one by one, the leader last.',
    permission: 'maintenance:run',
    confirm: name,
  });
  const isComplete =
    cluster !== '' &&
    fitting.length > 0 &&
    (selection !== 'LABELS' || (wanted.length > 0 && wanted.every(({ key }) => key !== ''))) &&
    (proceed !== 'HOOK' || hook !== null) &&
    [most, drainDeadline, backDeadline].every((each) => each >= 1);
  const number = (value: string | number): number => (typeof value === 'number' ? value : 0);
  return (
    <ActDialog act={act} onClose={onClose} isComplete={isComplete}>
      <Stack gap="xs">
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xs" verticalSpacing="xs">
          <Select
            label="Cluster"
            allowDeselect={false}
            value={cluster}
            onChange={(value) => {
              setCluster(value ?? '');
              setChosen([]);
            }}
            data={clusters.map((each) => ({ value: each.id, label: each.name }))}
          />
          <Select
            label="Nodes"
            allowDeselect={false}
            value={selection}
            onChange={(value) =>
              setSelection(selections.find((each) => each.value === value)?.value ?? 'ROLE')
            }
            data={[...selections]}
          />
        </SimpleGrid>
        {selection === 'ROLE' && (
          <Select
            label="Role"
            allowDeselect={false}
            value={role}
            onChange={(value) => setRole(roles.find((each) => each === value) ?? 'WORKER')}
            data={roles.map((value) => ({ value, label: words(value) }))}
          />
        )}
        {selection === 'LABELS' && (
          <TagsInput
            label="Labels, all of them"
            placeholder="zone=a"
            value={labels}
            onChange={setLabels}
            data={[
              ...new Set(nodes.flatMap((node) => node.labels.map(({ key, value }) => `${key}=${value}`))),
            ].sort()}
          />
        )}
        {selection === 'NODES' && (
          <MultiSelect
            label="These nodes"
            searchable
            value={chosen}
            onChange={setChosen}
            data={nodes.map(({ id, hostname }) => ({ value: id, label: hostname }))}
          />
        )}
        <Text size="sm" role="status">
          {fitting.length === 0
            ? 'No node fits.'
            : `${plural(fitting.length, 'node')}: ${fitting.map(({ hostname }) => hostname).join(', ')}`}
        </Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xs" verticalSpacing="xs">
          <Select
            label="A drained node waits for"
            allowDeselect={false}
            value={proceed}
            onChange={(value) =>
              setProceed(proceeds.find((each) => each.value === value)?.value ?? 'GO_AHEAD')
            }
            data={proceeds.map(({ value, label }) => ({
              value,
              label: value === 'HOOK' && hooks.length === 0 ? `${label} (none is configured)` : label,
              disabled: value === 'HOOK' && hooks.length === 0,
            }))}
          />
          {proceed === 'HOOK' && <Select label="Hook" value={hook} onChange={setHook} data={[...hooks]} />}
          <NumberInput
            label="At once at most"
            description="In work, drained or not Ready."
            min={1}
            max={100}
            allowDecimal={false}
            value={most}
            onChange={(value) => setMost(number(value))}
          />
          <NumberInput
            label="Deadline of each drain, seconds"
            min={1}
            max={86_400}
            allowDecimal={false}
            value={drainDeadline}
            onChange={(value) => setDrainDeadline(number(value))}
          />
          <NumberInput
            label="Deadline to be back, seconds"
            description="From when it was let go on."
            min={1}
            max={86_400}
            allowDecimal={false}
            value={backDeadline}
            onChange={(value) => setBackDeadline(number(value))}
          />
        </SimpleGrid>
      </Stack>
    </ActDialog>
  );
};

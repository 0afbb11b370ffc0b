// What is asked of the history: every field is a part of the address.
import {
  Autocomplete,
  Button,
  type ComboboxItem,
  MultiSelect,
  Select,
  SimpleGrid,
  Text,
  TextInput,
} from '@mantine/core';
import { useLive } from '../live/live.tsx';
import { words } from '../parts/words.ts';
import type { FilterName, RecordFilter } from './filter.ts';
import type { Row } from './use-records.ts';

const phases = ['INTENT', 'OUTCOME', 'OBSERVED', 'DENIED', 'SECRET_READ', 'AUDIT_EXPORT'];
const outcomes = ['SUCCEEDED', 'FAILED', 'REFUSED', 'CANCELLED', 'UNRESOLVED'];

/** Also what only the address knows: enums are open. */
const choices = (known: readonly string[], chosen: readonly string[]) =>
  [...new Set([...known, ...chosen])].map((value) => ({ value, label: words(value) }));

type Known = { id: string; name: string; kind: string };

/** An id; whoever knows the name alone finds it by that. */
const IdInput = ({
  label,
  value,
  known,
  onChange,
}: {
  label: string;
  value: string;
  known: readonly Known[];
  onChange: (id: string) => void;
}) => {
  const byId = new Map(known.map((each) => [each.id, each]));
  const chosen = byId.get(value);
  return (
    <Autocomplete
      label={label}
      placeholder="name or id"
      description={chosen ? `${chosen.kind} ${chosen.name}` : undefined}
      inputWrapperOrder={['label', 'input', 'description']}
      value={value}
      onChange={onChange}
      clearable
      limit={20}
      data={[...byId.keys()]}
      filter={({ options, search, limit }) =>
        (options as ComboboxItem[])
          .filter(({ value: id }) =>
            `${byId.get(id)?.name} ${id}`.toLowerCase().includes(search.trim().toLowerCase()),
          )
          .slice(0, limit)
      }
      renderOption={({ option }) => (
        <div>
          <Text size="sm">
            {byId.get(option.value)?.kind} {byId.get(option.value)?.name}
          </Text>
          <Text size="xs" c="dimmed">
            {option.value}
          </Text>
        </div>
      )}
    />
  );
};

/** Of the address's moment; empty when it is none. */
const localTime = (iso: string | undefined): string => {
  const at = iso ? Date.parse(iso) : Number.NaN;
  if (Number.isNaN(at)) return '';
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

export const RecordFilterForm = ({
  filter,
  rows,
  onChange,
}: {
  filter: RecordFilter;
  /** Whose actors and actions are proposed. */
  rows: readonly Row[];
  onChange: (filter: RecordFilter) => void;
}) => {
  const nodes = useLive((live) => live.nodes);
  const hosts = useLive((live) => live.hosts);
  const clusters = useLive((live) => live.clusters);
  const set = (name: FilterName, value: string | null) => onChange({ ...filter, [name]: value ?? '' });
  const targets: Known[] = [
    ...[...nodes.values()].map(({ id, hostname }) => ({ id, name: hostname, kind: 'node' })),
    ...[...hosts.values()].map(({ id, name }) => ({ id, name, kind: 'host' })),
    ...[...clusters.values()].map(({ id, name }) => ({ id, name, kind: 'cluster' })),
    ...rows.flatMap(({ node }) =>
      node.targets.flatMap(({ id, name, kind }) => (id === null ? [] : [{ id, name, kind: words(kind) }])),
    ),
  ];
  const actors = rows.map(({ node: { actor } }) => ({
    id: actor.id,
    name: actor.name,
    kind: words(actor.kind),
  }));
  const time = (name: 'from' | 'to', label: string) => (
    <TextInput
      type="datetime-local"
      label={label}
      value={localTime(filter[name])}
      error={filter[name] && !localTime(filter[name]) ? 'The address has no time here' : undefined}
      onChange={({ currentTarget: { value } }) => set(name, value ? new Date(value).toISOString() : '')}
    />
  );
  return (
    <search aria-label="Filter of the history">
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3, lg: 5 }} spacing="xs" verticalSpacing="xs">
        <IdInput
          label="Node or other target"
          value={filter.target ?? ''}
          known={targets}
          onChange={(id) => set('target', id)}
        />
        <IdInput
          label="Actor"
          value={filter.actor ?? ''}
          known={actors}
          onChange={(id) => set('actor', id)}
        />
        <Autocomplete
          label="Action"
          placeholder="drainNodes"
          clearable
          data={[...new Set(rows.map(({ node }) => node.action))].sort()}
          value={filter.action ?? ''}
          onChange={(action) => set('action', action)}
        />
        <Select
          label="Outcome"
          placeholder="any"
          clearable
          data={choices(outcomes, filter.outcome ? [filter.outcome] : [])}
          value={filter.outcome ?? null}
          onChange={(outcome) => set('outcome', outcome)}
        />
        <MultiSelect
          label="Phase"
          placeholder={filter.phase ? undefined : 'any'}
          clearable
          data={choices(phases, filter.phase?.split(',') ?? [])}
          value={filter.phase?.split(',') ?? []}
          onChange={(phase) => set('phase', phase.join(','))}
        />
        <Select
          label="Cluster"
          placeholder="any"
          clearable
          data={[
            ...[...clusters.values()].map(({ id, name }) => ({ value: id, label: name })),
            ...(filter.cluster && !clusters.has(filter.cluster)
              ? [{ value: filter.cluster, label: filter.cluster }]
              : []),
          ]}
          value={filter.cluster ?? null}
          onChange={(cluster) => set('cluster', cluster)}
        />
        <TextInput
          label="Operation"
          placeholder="id"
          value={filter.operation ?? ''}
          onChange={({ currentTarget: { value } }) => set('operation', value)}
        />
        {time('from', 'From')}
        {time('to', 'To, before')}
        <Button
          variant="default"
          style={{ alignSelf: 'end' }}
          disabled={Object.keys(filter).length === 0}
          onClick={() => onChange({})}
        >
          Show everything
        </Button>
      </SimpleGrid>
    </search>
  );
};

// The hosts that fit the filter.
import type { LiveHost } from '../live/store.ts';
import { ChoiceTable, type Column } from '../parts/choice-table.tsx';
import { Empty } from '../parts/states.tsx';
import type { HostFilter, SortField } from './filter.ts';
import { HostRow } from './host-row.tsx';

const columns: readonly Column<SortField>[] = [
  { title: 'Name', sort: 'name' },
  { title: 'Status', sort: 'status', width: 150 },
  { title: 'Membership and node', sort: 'membership', width: 200 },
  { title: 'Engine', sort: 'engine', width: 90 },
  { title: 'Kernel', sort: 'kernel', width: 150 },
  { title: 'Addresses', width: 130 },
  { title: 'Agent, allows', sort: 'agent', width: 170 },
];

export const HostTable = ({
  hosts,
  filter,
  chosen,
  onFilter,
  onChoose,
}: {
  hosts: readonly LiveHost[];
  filter: HostFilter;
  chosen: ReadonlySet<string>;
  onFilter: (part: Partial<HostFilter>) => void;
  onChoose: (ids: ReadonlySet<string>) => void;
}) => (
  <ChoiceTable
    label="Hosts"
    items={hosts}
    columns={columns}
    order={filter}
    onOrder={onFilter}
    chosen={chosen}
    onChosen={onChoose}
    href={({ id }) => `/hosts/${id}`}
    row={(host, state) => <HostRow key={host.id} {...state} host={host} />}
    rowHeight={56}
    minWidth={1150}
    empty={<Empty title="No host fits this filter" />}
  />
);

// The nodes' filter and order, as the address keeps them: `?text=w&role=WORKER&label=zone=north&sort=-hostname`.
import type { LiveNode } from '../live/store.ts';

export type NodeFilter = {
  text: string;
  role: string | null;
  status: string | null;
  availability: string | null;
  /** `key` or `key=value`. */
  label: string;
  sort: SortField;
  descending: boolean;
};

export const sortFields = [
  'hostname',
  'role',
  'status',
  'availability',
  'engine',
  'address',
  'cpus',
  'memory',
] as const;
export type SortField = (typeof sortFields)[number];

export const readFilter = (search: URLSearchParams): NodeFilter => {
  const sort = search.get('sort') ?? 'hostname';
  const field = sort.replace(/^-/, '');
  return {
    text: search.get('text') ?? '',
    role: search.get('role'),
    status: search.get('status'),
    availability: search.get('availability'),
    label: search.get('label') ?? '',
    sort: sortFields.find((each) => each === field) ?? 'hostname',
    descending: sort.startsWith('-'),
  };
};

/** Only what differs from the default, so that the address stays short. */
export const writeFilter = ({ text, role, status, availability, label, sort, descending }: NodeFilter) => {
  const order = `${descending ? '-' : ''}${sort}`;
  const parts = { text, role, status, availability, label, sort: order === 'hostname' ? '' : order };
  return new URLSearchParams(
    Object.entries(parts).filter((pair): pair is [string, string] => Boolean(pair[1])),
  );
};

const fits =
  ({ text, role, status, availability, label }: NodeFilter) =>
  (node: LiveNode): boolean => {
    const wanted = text.trim().toLowerCase();
    const [key = '', value] = label.trim().split('=', 2);
    return (
      (role === null || node.observedRole === role) &&
      (status === null || node.status.state === status) &&
      (availability === null || node.availability === availability) &&
      (wanted === '' ||
        node.hostname.toLowerCase().includes(wanted) ||
        node.id.startsWith(wanted) ||
        node.status.address.startsWith(wanted)) &&
      (key === '' ||
        node.labels.some((each) => each.key === key && (value === undefined || each.value === value)))
    );
  };

const collator = new Intl.Collator('en', { numeric: true });
const sortKey: Record<SortField, (node: LiveNode) => string | number> = {
  hostname: ({ hostname }) => hostname,
  role: ({ observedRole, managerStatus }) => `${observedRole} ${managerStatus?.leader ? 0 : 1}`,
  status: ({ status }) => status.state,
  availability: ({ availability }) => availability,
  engine: ({ engineVersion }) => engineVersion,
  address: ({ status }) => status.address,
  cpus: ({ resources }) => resources.cpus,
  memory: ({ resources }) => resources.memoryBytes,
};

/** Those that fit, in order; equals by hostname and id, so that nothing jumps. */
export const filterNodes = (nodes: Iterable<LiveNode>, filter: NodeFilter): LiveNode[] => {
  const read = sortKey[filter.sort];
  const sign = filter.descending ? -1 : 1;
  return [...nodes].filter(fits(filter)).sort((a, b) => {
    const [x, y] = [read(a), read(b)];
    const order =
      typeof x === 'number' && typeof y === 'number' ? x - y : collator.compare(String(x), String(y));
    return sign * order || collator.compare(a.hostname, b.hostname) || (a.id < b.id ? -1 : 1);
  });
};

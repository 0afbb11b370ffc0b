// The hosts' filter and order, as the address keeps them: `?text=rack-2&status=CONNECTED&membership=NONE&sort=-seen`.
import type { LiveHost } from '../live/store.ts';

export type HostFilter = {
  text: string;
  status: string | null;
  membership: string | null;
  sort: SortField;
  descending: boolean;
};

export const sortFields = ['name', 'status', 'membership', 'engine', 'kernel', 'agent'] as const;
export type SortField = (typeof sortFields)[number];

export const readFilter = (search: URLSearchParams): HostFilter => {
  const sort = search.get('sort') ?? 'name';
  const field = sort.replace(/^-/, '');
  return {
    text: search.get('text') ?? '',
    status: search.get('status'),
    membership: search.get('membership'),
    sort: sortFields.find((each) => each === field) ?? 'name',
    descending: sort.startsWith('-'),
  };
};

/** Only what differs from the default, so that the address stays short. What others keep there stays. */
export const writeFilter = (before: URLSearchParams, filter: HostFilter): URLSearchParams => {
  const { text, status, membership, sort, descending } = filter;
  const order = `${descending ? '-' : ''}${sort}`;
  const next = new URLSearchParams(before);
  for (const [name, value] of Object.entries({
    text,
    status,
    membership,
    sort: order === 'name' ? '' : order,
  }))
    if (value) next.set(name, value);
    else next.delete(name);
  return next;
};

/** Null while its engine does not answer: then nobody knows. */
export const membershipOf = ({ swarm }: LiveHost): string => swarm?.membership ?? 'UNKNOWN';

const fits =
  ({ text, status, membership }: HostFilter) =>
  (host: LiveHost): boolean => {
    const wanted = text.trim().toLowerCase();
    return (
      (status === null || host.status === status) &&
      (membership === null || membershipOf(host) === membership) &&
      (wanted === '' ||
        host.name.toLowerCase().includes(wanted) ||
        (host.hostname ?? '').toLowerCase().includes(wanted) ||
        host.id.startsWith(wanted) ||
        host.addresses.some(({ address }) => address.startsWith(wanted)))
    );
  };

const collator = new Intl.Collator('en', { numeric: true });
const sortKey: Record<SortField, (host: LiveHost) => string> = {
  name: ({ name }) => name,
  status: ({ status, lastSeenAt }) => `${status} ${lastSeenAt ?? ''}`,
  membership: (host) => `${membershipOf(host)} ${host.swarm?.nodeId ?? ''}`,
  engine: ({ engine }) => engine?.version ?? '',
  kernel: ({ engine }) => engine?.kernelVersion ?? '',
  agent: ({ agentVersion }) => agentVersion ?? '',
};

/** Those that fit, in order; equals by name, which is unique, so that nothing jumps. */
export const filterHosts = (hosts: Iterable<LiveHost>, filter: HostFilter): LiveHost[] => {
  const read = sortKey[filter.sort];
  const sign = filter.descending ? -1 : 1;
  return [...hosts]
    .filter(fits(filter))
    .sort((a, b) => sign * collator.compare(read(a), read(b)) || collator.compare(a.name, b.name));
};

// The audit's filter, as the address keeps it and as the server takes it: `?target=…&phase=INTENT,OUTCOME&from=…`.
import type { AuditFilter, AuditPhase } from '../../generated/documents.ts';

/** Of the address; the same names as those of GET /audit/export. */
export const filterNames = [
  'actor',
  'target',
  'action',
  'outcome',
  'phase',
  'cluster',
  'operation',
  'from',
  'to',
] as const;
export type FilterName = (typeof filterNames)[number];
export type RecordFilter = Partial<Record<FilterName, string>>;

export const readFilter = (search: URLSearchParams): RecordFilter =>
  Object.fromEntries(
    filterNames.flatMap((name) => {
      const value = search.get(name)?.trim();
      return value ? [[name, value]] : [];
    }),
  );

export const writeFilter = (filter: RecordFilter): URLSearchParams =>
  new URLSearchParams(filterNames.flatMap((name) => (filter[name] ? [[name, filter[name]]] : [])));

/** The address of the page with this filter alone. */
export const filterHref = (filter: RecordFilter): string => `/audit?${writeFilter(filter)}`;

/** Null: everything. What is no phase or time is sent as it is, and the server says so. */
export const askedFilter = ({ phase, ...rest }: RecordFilter): AuditFilter | null => {
  const asked = { ...rest, ...(phase ? { phase: phase.split(',') as AuditPhase[] } : {}) };
  return Object.keys(asked).length === 0 ? null : (asked as AuditFilter);
};

// The filter of hosts, as an input and as a rule.
import { builder } from '../../graphql/builder.ts';
import type { HostScalars } from '../host.ts';
import { HostStatusEnum, LocalStateEnum } from './enums.ts';

export const HostFilter = builder.inputType('HostFilter', {
  description: 'All that are given must hold.',
  fields: (t) => ({
    ids: t.idList(),
    text: t.string({ description: 'Part of name, hostname or id; case does not count.' }),
    status: t.field({ type: [HostStatusEnum] }),
    localState: t.field({ type: [LocalStateEnum] }),
    cluster: t.id({ description: 'Members of this cluster.' }),
  }),
});
type Filter = typeof HostFilter.$inferInput;

export const hostMatches = (filter: Filter | null | undefined, host: HostScalars): boolean => {
  if (!filter) return true;
  const text = filter.text?.toLowerCase();
  return (
    (filter.ids == null || filter.ids.includes(host.id)) &&
    (text === undefined ||
      [host.id, host.name, host.hostname ?? ''].some((part) => part.toLowerCase().includes(text))) &&
    (filter.status == null || filter.status.includes(host.status)) &&
    (filter.localState == null || filter.localState.some((state) => state === host.localState)) &&
    (filter.cluster == null || host.clusterId === filter.cluster)
  );
};

// Who reads a cluster, and how old that is.
import { builder, guarded } from '../../graphql/builder.ts';
import { inScope } from '../../hosts/actions.ts';
import { HostRef } from '../../hosts/schema/host.ts';
import type { Cluster } from '../cluster.ts';

export const WatcherRef = builder.objectRef<Cluster>('Watcher').implement({
  description: 'Who reads the cluster, and how old what is shown is.',
  fields: (t) => ({
    host: t.field({
      type: HostRef,
      nullable: true,
      ...guarded('host:read', 'Whose engine answered last; null: none yet, or out of scope by now.'),
      resolve: ({ watchedThrough }, _, { hosts, scopeOf, requester }) => {
        const host = watchedThrough === null ? null : hosts.find(watchedThrough);
        return host && inScope(host, scopeOf(requester)) ? host : null;
      },
    }),
    observedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the newest read began; null: never read.',
      resolve: ({ observedAt }) => observedAt,
    }),
    stale: t.boolean({
      description: 'The newest read failed: what is shown may be old.',
      resolve: ({ trouble }) => trouble !== null,
    }),
    trouble: t.string({
      nullable: true,
      description: 'Why.',
      resolve: ({ trouble }) => trouble?.message ?? null,
    }),
  }),
});

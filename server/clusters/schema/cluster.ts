// A cluster and its counts.
import { builder } from '../../graphql/builder.ts';
import { ofProjection } from '../../graphql/projection.ts';
import { adviceFor, quorumSeen } from '../advice.ts';
import { type Cluster, stateOf } from '../cluster.ts';
import { remindersOf } from '../reminders.ts';
import { settingsOf } from '../settings.ts';
import { ClusterStateEnum } from './enums.ts';
import { JoinTokenRef } from './join-token.ts';
import { QuorumRef } from './quorum.ts';
import { ReminderRef } from './reminder.ts';
import { SettingsRef } from './settings.ts';
import { UnlockKeyRef } from './unlock-key.ts';
import { WatcherRef } from './watcher.ts';

const CountsRef = builder.objectRef<Cluster>('ClusterCounts').implement({
  ...ofProjection({ itself: ['nodes', 'ready', 'managers', 'active'] }),
  fields: (t) => ({
    nodes: t.int({ resolve: ({ nodes }) => nodes.size }),
    ready: t.int({
      resolve: ({ nodes }) => [...nodes.values()].filter(({ status }) => status.state === 'READY').length,
    }),
    managers: t.int({
      resolve: ({ nodes }) => [...nodes.values()].filter(({ role }) => role === 'MANAGER').length,
    }),
    active: t.int({
      description: 'Ready and ACTIVE: tasks can be started there.',
      resolve: ({ nodes }) =>
        [...nodes.values()].filter(
          ({ status, availability }) => status.state === 'READY' && availability === 'ACTIVE',
        ).length,
    }),
  }),
});

export const ClusterRef = builder.objectRef<Cluster>('Cluster').implement({
  // Not what depends on time (reminders), on hosts (quorum) or on how fresh it is (watcher).
  ...ofProjection({
    itself: [
      'id',
      'name',
      'state',
      'createdAt',
      'adoptedAt',
      'caDigest',
      'counts',
      'spec',
      'settings',
      'rootRotationInProgress',
    ],
  }),
  description: 'One Docker Swarm, by its swarm id.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name', { description: 'Unique; Skep’s own: Docker’s swarms have none.' }),
    state: t.field({
      type: ClusterStateEnum,
      resolve: (cluster) => stateOf(cluster),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'Known to Skep since.',
      resolve: ({ createdAt }) => createdAt,
    }),
    adoptedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Null: read-only.',
      resolve: ({ adoptedAt }) => adoptedAt,
    }),
    caDigest: t.string({
      nullable: true,
      description: 'SHA-256, hex, of the root certificate seen last.',
      resolve: ({ swarm }) => swarm?.caDigest ?? null,
    }),
    counts: t.field({ type: CountsRef, resolve: (cluster) => cluster }),
    quorum: t.field({
      type: QuorumRef,
      resolve: (cluster, _, { hosts }) => ({
        quorum: quorumSeen(cluster, hosts),
        advice: adviceFor(cluster, hosts),
      }),
    }),
    joinTokens: t.field({
      type: [JoinTokenRef],
      resolve: (cluster) => (['WORKER', 'MANAGER'] as const).map((role) => ({ cluster, role })),
    }),
    spec: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Docker’s swarm spec, as GET /swarm has it; null: never read.',
      resolve: ({ swarm }) => swarm?.spec ?? null,
    }),
    settings: t.field({
      type: SettingsRef,
      nullable: true,
      description: 'What of the spec updateCluster sets; null: never read.',
      resolve: ({ swarm }) => swarm && settingsOf(swarm.spec),
    }),
    unlockKey: t.field({ type: UnlockKeyRef, resolve: (cluster) => cluster }),
    reminders: t.field({
      type: [ReminderRef],
      description:
        'Join tokens older than six months, a root certificate near its end, an unlock key that nobody has, locked managers, managers that tolerate no failure.',
      resolve: (cluster, _, { hosts, clock }) => remindersOf(cluster, hosts, clock.now()),
    }),
    rootRotationInProgress: t.boolean({ resolve: ({ swarm }) => swarm?.rootRotationInProgress ?? false }),
    watcher: t.field({ type: WatcherRef, resolve: (cluster) => cluster }),
  }),
});

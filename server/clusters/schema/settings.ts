// What of a cluster's spec can be set.
import { builder } from '../../graphql/builder.ts';
import { ofProjection } from '../../graphql/projection.ts';
import type { Settings } from '../settings.ts';

export const SettingsRef = builder.objectRef<Settings>('ClusterSettings').implement({
  ...ofProjection({
    itself: [
      'autolock',
      'certificateExpirySeconds',
      'heartbeatPeriodSeconds',
      'taskHistoryLimit',
      'snapshotInterval',
      'keepOldSnapshots',
    ],
  }),
  description: 'What updateCluster sets, in its units.',
  fields: (t) => ({
    autolock: t.exposeBoolean('autolock', { description: 'EncryptionConfig.AutoLockManagers.' }),
    certificateExpirySeconds: t.exposeFloat('certificateExpirySeconds', {
      description: 'CAConfig.NodeCertExpiry: how long a node’s certificate is valid. 0: Docker’s default.',
    }),
    heartbeatPeriodSeconds: t.exposeFloat('heartbeatPeriodSeconds', {
      description: 'Dispatcher.HeartbeatPeriod; a node is Down after three missed ones. 0: Docker’s default.',
    }),
    taskHistoryLimit: t.exposeInt('taskHistoryLimit', {
      description: 'Orchestration.TaskHistoryRetentionLimit; negative: all tasks are kept.',
    }),
    snapshotInterval: t.exposeInt('snapshotInterval', {
      description: 'Raft.SnapshotInterval, in log entries.',
    }),
    keepOldSnapshots: t.exposeInt('keepOldSnapshots', { description: 'Raft.KeepOldSnapshots.' }),
  }),
});

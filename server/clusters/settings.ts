// What can be set of a swarm, in Docker's own spec (GET /swarm, `Spec`): read, wished for, compared.

/** Seconds where Docker has nanoseconds. Null, of what is wished for: as it is. */
export type Settings = {
  /** Managers that start again wait for the unlock key. */
  autolock: boolean;
  /** `CAConfig.NodeCertExpiry`. */
  certificateExpirySeconds: number;
  /** `Dispatcher.HeartbeatPeriod`; 0: Docker's default, 5 seconds. */
  heartbeatPeriodSeconds: number;
  /** `Orchestration.TaskHistoryRetentionLimit`; negative: all tasks are kept. */
  taskHistoryLimit: number;
  /** `Raft.SnapshotInterval`, in log entries. */
  snapshotInterval: number;
  /** `Raft.KeepOldSnapshots`. */
  keepOldSnapshots: number;
};
export type WantedSettings = { [Name in keyof Settings]: Settings[Name] | null };

const secondNs = 1_000_000_000;

const places: Record<keyof Settings, { path: readonly [section: string, name: string]; unit: number }> = {
  autolock: { path: ['EncryptionConfig', 'AutoLockManagers'], unit: 1 },
  certificateExpirySeconds: { path: ['CAConfig', 'NodeCertExpiry'], unit: secondNs },
  heartbeatPeriodSeconds: { path: ['Dispatcher', 'HeartbeatPeriod'], unit: secondNs },
  taskHistoryLimit: { path: ['Orchestration', 'TaskHistoryRetentionLimit'], unit: 1 },
  snapshotInterval: { path: ['Raft', 'SnapshotInterval'], unit: 1 },
  keepOldSnapshots: { path: ['Raft', 'KeepOldSnapshots'], unit: 1 },
};
const names = [
  'autolock',
  'certificateExpirySeconds',
  'heartbeatPeriodSeconds',
  'taskHistoryLimit',
  'snapshotInterval',
  'keepOldSnapshots',
] as const satisfies readonly (keyof Settings)[];

type Spec = Record<string, unknown>;

/** A value of the spec, undefined where it is left out, as Docker leaves out what is zero. */
export const valueAt = (spec: Spec, [section, name]: readonly [string, string]): unknown => {
  const part = spec[section];
  return part !== null && typeof part === 'object' ? new Map(Object.entries(part)).get(name) : undefined;
};

const numberAt = (spec: Spec, name: Exclude<keyof Settings, 'autolock'>): number => {
  const value = valueAt(spec, places[name].path);
  return typeof value === 'number' ? value / places[name].unit : 0;
};

export const isAutolocked = (spec: Spec | undefined): boolean =>
  spec !== undefined && valueAt(spec, places.autolock.path) === true;

export const settingsOf = (spec: Spec): Settings => ({
  autolock: isAutolocked(spec),
  certificateExpirySeconds: numberAt(spec, 'certificateExpirySeconds'),
  heartbeatPeriodSeconds: numberAt(spec, 'heartbeatPeriodSeconds'),
  taskHistoryLimit: numberAt(spec, 'taskHistoryLimit'),
  snapshotInterval: numberAt(spec, 'snapshotInterval'),
  keepOldSnapshots: numberAt(spec, 'keepOldSnapshots'),
});

/** What is wished for, as values of the spec: path without `spec.`, and Docker's unit. */
export const wantedInSpec = (wanted: WantedSettings): { path: string; value: number | boolean }[] =>
  names.flatMap((name) => {
    const value = wanted[name];
    if (value === null) return [];
    const { path, unit } = places[name];
    return [{ path: path.join('.'), value: typeof value === 'boolean' ? value : value * unit }];
  });

/** Whether all that is wished for is so. */
export const hasSettings = (spec: Spec, wanted: WantedSettings): boolean => {
  const now = settingsOf(spec);
  return names.every((name) => wanted[name] === null || wanted[name] === now[name]);
};

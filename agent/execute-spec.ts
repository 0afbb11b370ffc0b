// Carries out what changes the swarm's own spec: its settings, the rotation of the unlock key and of the CA.
import { isDeepStrictEqual } from 'node:util';
import type { BodyOf } from './contract.ts';
import type { Engine } from './engine.ts';
import { readUnlockKeyDigest } from './execute-cluster.ts';
import { afterWrite } from './failure.ts';
import { partOf, type SwarmWrite, writeSwarm } from './write-swarm.ts';

const secondNs = 1_000_000_000;

/** One value of the spec: section, name, and what it is to be. */
type Wanted = readonly [section: string, name: string, value: number | boolean];

/** Changes what is given and nothing else. Answers what each value was, and the digest of a new unlock key. */
export async function updateSwarm(engine: Engine, body: BodyOf<'UpdateSwarm'>): Promise<object> {
  let changes: { path: string; old: unknown; new: unknown }[] = [];
  const attempts = await writeSwarm(engine, ({ Spec }): SwarmWrite | null => {
    const wanted = wantedOf(body).filter(([section, name, value]) => {
      const old = partOf(Spec, section)[name];
      return name === 'ForceRotate' ? Number(old ?? 0) < Number(value) : !isDeepStrictEqual(old, value);
    });
    changes = wanted.map(([section, name, value]) => ({
      path: `${section}.${name}`,
      old: partOf(Spec, section)[name] ?? null,
      new: value,
    }));
    if (wanted.length === 0 && !body.rotateUnlockKey) return null;
    return {
      spec: wanted.reduce(withValue, Spec),
      rotate: body.rotateUnlockKey ? { rotateManagerUnlockKey: 'true' } : {},
    };
  });
  if (!body.rotateUnlockKey) return { changed: attempts > 0, attempts, changes };
  return await afterWrite(async () => ({
    changed: attempts > 0,
    attempts,
    changes,
    unlockKeyDigest: await readUnlockKeyDigest(engine),
  }));
}

function wantedOf(body: BodyOf<'UpdateSwarm'>): Wanted[] {
  const seconds = (value: number | null | undefined): number | null =>
    value == null ? null : value * secondNs;
  const all: readonly (readonly [string, string, number | boolean | null | undefined])[] = [
    ['EncryptionConfig', 'AutoLockManagers', body.wantedAutolock],
    ['CAConfig', 'NodeCertExpiry', seconds(body.certificateExpirySeconds)],
    ['CAConfig', 'ForceRotate', body.forceRotate],
    ['Dispatcher', 'HeartbeatPeriod', seconds(body.heartbeatPeriodSeconds)],
    ['Orchestration', 'TaskHistoryRetentionLimit', body.taskHistoryLimit],
    ['Raft', 'SnapshotInterval', body.snapshotInterval],
    ['Raft', 'KeepOldSnapshots', body.keepOldSnapshots],
  ];
  return all.flatMap(([section, name, value]) => (value == null ? [] : [[section, name, value] as const]));
}

function withValue(spec: object, [section, name, value]: Wanted): object {
  const part: Record<string, unknown> = { ...partOf(spec, section), [name]: value };
  // As `docker swarm ca --rotate`: the engine makes the new root itself, whatever was given to it once.
  if (name === 'ForceRotate') {
    delete part.SigningCACert;
    delete part.SigningCAKey;
  }
  return { ...spec, [section]: part };
}

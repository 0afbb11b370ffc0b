// Writing the swarm's own object: read, change, write whole, and again when somebody else was faster.
import type { Engine } from './engine.ts';
import { CommandFailure } from './failure.ts';

const maximumAttempts = 8;

/** GET /swarm, as far as this agent knows it. */
export type EngineSwarm = Awaited<ReturnType<Engine['swarm']>>;

/** The whole spec, and the flags of POST /swarm/update. */
export type SwarmWrite = { readonly spec: object; readonly rotate: Record<string, string> };

/**
 * POST /swarm/update with the spec just read, whole: the engine wipes what is left out. «Out of sequence» changed
 * nothing and is read and written again, at most 8 times.
 *
 * @param change - what to write; null: nothing
 * @returns how often it was tried; 0: nothing was written
 */
export async function writeSwarm(
  engine: Engine,
  change: (swarm: EngineSwarm) => SwarmWrite | null,
): Promise<number> {
  for (let attempts = 1; ; attempts++) {
    const before = await engine.swarm();
    const written = change(before);
    if (written === null) return 0;
    try {
      await engine.updateSwarm(before.Version.Index, written.spec, written.rotate);
      return attempts;
    } catch (error) {
      const isStale =
        error instanceof CommandFailure && error.code === 'OUT_OF_SEQUENCE' && error.outcome === 'FAILED';
      if (!isStale || attempts === maximumAttempts) throw error;
    }
  }
}

/** `EncryptionConfig.AutoLockManagers` of a spec. */
export function isAutolocked(spec: object): boolean {
  return partOf(spec, 'EncryptionConfig').AutoLockManagers === true;
}

/** A section of a spec; empty where there is none. */
export function partOf(spec: object, section: string): Record<string, unknown> {
  const part: unknown = Object.entries(spec).find(([key]) => key === section)?.[1];
  return typeof part === 'object' && part !== null ? { ...part } : {};
}

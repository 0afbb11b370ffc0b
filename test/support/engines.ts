// Which engines the tests of a run use: real 20.10 where they can run, otherwise simulated, which the titles say.
import { type EngineKind, whyNoRealEngines } from '../../lab/machines.ts';

const why = whyNoRealEngines();
if (why !== null && process.env.CI === 'true') throw new Error(`CI needs real engines: ${why}`);

/** For most tests. */
export const engines: EngineKind =
  why === null ? { kind: 'real', version: '20.10' } : { kind: 'simulated', version: '20.10', speed: 4 };

/** For titles: what ran, and why not real. */
export const enginesNote: string = why === null ? 'real engines 20.10' : `SIMULATED engines (${why})`;

/** The versions that the seed's transcript and the contract run on. */
export const everyEngine: readonly EngineKind[] =
  why === null
    ? [
        { kind: 'real', version: '20.10' },
        { kind: 'real', version: '28.5' },
      ]
    : [
        { kind: 'simulated', version: '20.10', speed: 4 },
        { kind: 'simulated', version: '28.5', speed: 4 },
      ];

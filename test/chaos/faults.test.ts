// The short lane of chaos, the other half: every kind of fault, one after the other.
import { describe, expect, it } from 'vitest';
import { createRandom } from '../support/random.ts';
import { playFaults } from './run.ts';
import { engines, say, sum } from './short.ts';

describe('chaos, on SIMULATED engines (which have faults by name, and tell what really happened)', () => {
  it('plays one fault after the other, by chance, and finds no violation', { timeout: 600_000 }, async () => {
    const random = createRandom();
    console.log(`SKEP_TEST_SEED=${random.seed}`);
    const result = await playFaults({ engines, random, forMs: 60_000, withLong: false, say });
    expect(result.violations).toEqual([]);
    expect(sum(result.faults)).toBeGreaterThan(3);
    expect(result.ends.get('SUCCEEDED')).toBeGreaterThan(5);
  });
});

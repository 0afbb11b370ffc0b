// The short lane of chaos, one half: kills at failpoints and at random.
import { describe, expect, it } from 'vitest';
import { createRandom } from '../support/random.ts';
import { playKills } from './run.ts';
import { engines, say, sum } from './short.ts';

describe('chaos, on SIMULATED engines (which have faults by name, and tell what really happened)', () => {
  it('kills the server and agents in the middle of mutations: nothing lost, nothing twice, no phantom success', {
    timeout: 600_000,
  }, async () => {
    const result = await playKills({ engines, random: createRandom(3), server: 10, agent: 10, say });
    expect(result.violations).toEqual([]);
    expect(sum(result.faults)).toBe(20);
    expect(result.killsInFlight).toBeGreaterThan(10);
    expect(result.ends.get('SUCCEEDED')).toBeGreaterThan(5);
  });
});

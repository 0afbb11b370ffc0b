// The short lane of chaos, one half: kills at failpoints and at random.
import { describe, expect, it } from 'vitest';
import { createRandom } from '../support/random.ts';
import { playKills } from './run.ts';

const engines = { kind: 'simulated', version: '20.10', speed: 10 } as const;
const say = (line: string): void => console.log(line);
const sum = (counts: Map<string, number>): number =>
  [...counts.values()].reduce((all, count) => all + count, 0);

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

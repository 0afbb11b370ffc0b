// Ids and the clock.
import { expect, it } from 'vitest';
import { createClock } from '../../server/platform/clock.ts';
import { uuidv7 } from '../../server/platform/ids.ts';

it('makes ids that are unique and sort by the time they were made', () => {
  const ids = Array.from({ length: 20_000 }, uuidv7);
  expect(
    ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
  ).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
});

it('tells a monotonic time in milliseconds beside the wall clock', () => {
  const clock = createClock();
  const from = clock.monotonicMs();
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(from);
  expect(Math.abs(clock.now().getTime() - Date.now())).toBeLessThan(1_000);
});

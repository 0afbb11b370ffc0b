// Events are read by page: from the newest in memory, from the table, and over the seam of the two, never with a gap.
import { expect, it } from 'vitest';
import { createClock } from '../../server/platform/clock.ts';
import { pageSize } from '../../server/platform/event-reader.ts';
import { createEvents, type StoredEvent, type Topic } from '../../server/platform/events.ts';
import { recentLimits } from '../../server/platform/recent-events.ts';
import { createRandom } from '../support/random.ts';
import { temporaryDatabase } from './temporary-database.ts';

const random = createRandom();
console.log(`SKEP_TEST_SEED=${random.seed}`);
const topics: readonly Topic[] = ['NODE', 'HOST', 'AUDIT'];

it('from any cursor on, all of a topic, once and in order, as it was written', {
  timeout: 60_000,
}, async () => {
  const { db } = await temporaryDatabase();
  const clock = createClock();
  const events = await createEvents({ db, clock, generation: 'g' });
  const written: Topic[] = [];
  while (written.length < recentLimits.events + 3 * pageSize)
    await events.transact(async (_, emit) => {
      const count = random.below(200);
      for (let index = 0; index < count; index += 1) {
        const topic = random.pick(topics);
        written.push(topic);
        await emit({
          topic,
          kind: 'UPDATED',
          clusterId: null,
          subjectId: String(written.length),
          before: random.below(2) === 0 ? null : { at: clock.now() },
          after: { number: written.length, at: clock.now() },
          changes: [{ path: 'number', old: null, new: written.length }],
          operationId: null,
        });
      }
    });
  // What was read from the table alone: as after a restart.
  const again = await createEvents({ db, clock, generation: 'g' });
  const plain = ({ seq, at, after, before, changes }: StoredEvent) => ({ seq, at, after, before, changes });
  for (let round = 0; round < 40; round += 1) {
    const topic = random.pick(topics);
    const from = random.below(written.length);
    const until = random.pick([written.length, from + random.below(written.length - from)]);
    const all: Record<string, unknown>[][] = [[], []];
    for (const [index, { reader }] of [events, again].entries())
      for (let seq = from; seq < until; ) {
        const page = await reader.page(topic, seq, until);
        expect(page.events.length).toBeLessThanOrEqual(pageSize);
        expect(page.to).toBeGreaterThan(seq);
        all[index]?.push(...page.events.map(plain));
        seq = page.to;
      }
    expect(all[0]).toEqual(all[1]);
    expect(all[0]?.map(({ seq }) => seq)).toEqual(
      written.flatMap((of, index) => (of === topic && index >= from && index < until ? [index + 1] : [])),
    );
  }
});

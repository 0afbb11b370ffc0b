// Gathers what many ask for one by one into one run for all of them.
import { setTimeout as delay } from 'node:timers/promises';

type Waiting<Ask, Answer> = { ask: Ask; resolve(answer: Answer): void; reject(error: unknown): void };

/**
 * @param apartMs from the end of one run to the begin of the next, so that more are gathered while many ask; whoever
 * asks later than that waits for nothing.
 * @param most of one run; it is not a limit of how many may wait, which is for who asks to bound.
 * @param run calls `take` once, when it has its turn, for those that wait by then, and answers each of them: an Error is
 * that one's refusal. When it rejects, all that it took are refused.
 */
export const createGather = <Ask, Answer>(
  most: number,
  run: (take: () => readonly Ask[]) => Promise<readonly (Answer | Error)[]>,
  apartMs = 0,
): ((ask: Ask) => Promise<Answer>) => {
  let waiting: Waiting<Ask, Answer>[] = [];
  let isDue = false;
  let endedMs = Number.NEGATIVE_INFINITY;

  const go = async (): Promise<void> => {
    isDue = true;
    const waitMs = endedMs + apartMs - performance.now();
    if (waitMs > 0 && waiting.length < most) await delay(waitMs);
    let taken: Waiting<Ask, Answer>[] | null = null;
    const take = (): readonly Ask[] => {
      taken = waiting.splice(0, most);
      isDue = false;
      return taken.map(({ ask }) => ask);
    };
    const all = (): Waiting<Ask, Answer>[] => {
      if (taken) return taken;
      // It never had its turn: nobody else would take them.
      isDue = false;
      const left = waiting;
      waiting = [];
      return left;
    };
    try {
      const answers = await run(take);
      for (const [index, { resolve, reject }] of all().entries()) {
        const answer = answers[index];
        if (answer instanceof Error) reject(answer);
        else resolve(answer as Answer);
      }
    } catch (error) {
      for (const { reject } of all()) reject(error);
    }
    endedMs = performance.now();
    // Not in `take`: what it leaves must not begin inside of what it was called by, such as a write.
    if (waiting.length > 0 && !isDue) void go();
  };

  return (ask) =>
    new Promise((resolve, reject) => {
      waiting.push({ ask, resolve, reject });
      if (!isDue) void go();
    });
};

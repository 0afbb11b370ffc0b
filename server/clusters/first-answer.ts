// Asking several for the same: one after the other, and the next one too when one keeps silent.
import { Failure } from '../platform/failure.ts';

/** Tells more of a cluster than that some host could not be asked; yet a manager that is cut off says it too. */
const telling = 'NO_LEADER';

/**
 * The first answer. The next is asked when one refuses, or has not answered within `patienceMs`: a hung manager must
 * not blind us for as long as its call may last.
 * @throws when none answers: what the last one threw, or that there is no leader where one said so.
 */
export const firstAnswer = <Of, T>(
  all: readonly Of[],
  ask: (one: Of) => Promise<T>,
  patienceMs: number,
): Promise<T> =>
  new Promise((resolve, reject) => {
    let asked = 0;
    let refused = 0;
    let said: unknown = null;
    let timer: NodeJS.Timeout | undefined;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      asked = all.length;
      settle();
    };
    const next = (): void => {
      clearTimeout(timer);
      const one = all[asked];
      if (one === undefined) return;
      asked += 1;
      timer = setTimeout(next, patienceMs);
      ask(one).then(
        (answer) => end(() => resolve(answer)),
        (error: unknown) => {
          refused += 1;
          const toldAlready = said instanceof Failure && said.code === telling;
          if (!toldAlready) said = error;
          if (!(error instanceof Failure) || refused === all.length) end(() => reject(said));
          else next();
        },
      );
    };
    next();
  });

// Where each node of a rolling maintenance stands.
import type { MaintenancesQuery } from '../../generated/documents.ts';
import { words } from '../parts/words.ts';

export type Maintaining = MaintenancesQuery['operations']['edges'][number]['node'];

/** Whether it is drained and waits to be let go on. What it waits for may be a hook: then the server refuses a word. */
const waits = ({ phase, wentOn }: { phase: string; wentOn: string | null }): boolean =>
  phase === 'GO_AHEAD' && wentOn === null;

export type Progressing = {
  id: string;
  name: string;
  state: string;
  /** Null: its turn has not come. */
  phase: string | null;
  earlier: string | null;
  wentOn: string | null;
  isWaiting: boolean;
  /** What the newest step says of it. */
  detail: string | null;
  failure: string | null;
};

/** In the order of the operation's targets; those in work first stand where they always stood. */
export const progressOf = ({ targets, steps, maintenance }: Maintaining): Progressing[] => {
  const newest = (node: string | null) => {
    const step = steps.findLast(({ target }) => target !== null && target === node);
    return step ? [words(step.name), step.detail].filter(Boolean).join(': ') : null;
  };
  const works = new Map(maintenance?.nodes.map((work) => [work.id, work]));
  return targets.map(({ id, name, state, failure }) => {
    const work = id === null ? undefined : works.get(id);
    const isEnded = ['SUCCEEDED', 'FAILED', 'SKIPPED'].includes(state);
    return {
      id: id ?? name,
      name,
      state,
      phase: work?.phase ?? null,
      earlier: work?.earlier ?? null,
      wentOn: work?.wentOn ?? null,
      isWaiting: !isEnded && work !== undefined && waits(work),
      detail: isEnded ? null : newest(id),
      failure: failure ? `${failure.code}: ${failure.message}` : null,
    };
  });
};

/** Why no further node is begun for now; null: nothing is waited for. */
export const awaitedTurn = ({ steps }: Maintaining): string | null =>
  steps.findLast(({ name, state }) => name === 'await turn' && state === 'RUNNING')?.detail ?? null;

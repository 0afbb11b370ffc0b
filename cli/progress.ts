// How far an operation is: a bar on a terminal, a line for each step elsewhere.
import type { SingleBar } from 'cli-progress';
import type { OperationToldFragment } from './generated/documents.ts';
import type { Session } from './session.ts';

type Steps = NonNullable<OperationToldFragment['progress']>;

export type Progress = { show(operation: OperationToldFragment): void; end(): void };

export const createProgress = (session: Session): Progress => {
  let bar: SingleBar | null = null;
  let isOver = false;
  let told = '';
  const draw = async (
    { action, state }: OperationToldFragment,
    { done, total, unit }: Steps,
  ): Promise<void> => {
    if (!bar) {
      const { default: cliProgress } = await import('cli-progress');
      if (isOver || bar) return;
      bar = new cliProgress.SingleBar({
        format: '{action} [{bar}] {value}/{total} {unit} | {duration_formatted} | {state}',
        hideCursor: true,
        clearOnComplete: true,
        stream: process.stderr,
        barsize: 30,
      });
      bar.start(total, done, { action, unit, state });
    }
    bar.setTotal(total);
    bar.update(done, { action, unit, state });
  };
  return {
    show: (operation) => {
      const { progress, action, state } = operation;
      if (session.quiet || isOver || !progress) return;
      if (session.drawn) {
        void draw(operation, progress);
        return;
      }
      const text = `${action}: ${progress.done} of ${progress.total} ${progress.unit}, ${state}`;
      if (text !== told) session.err(text);
      told = text;
    },
    end: () => {
      isOver = true;
      bar?.stop();
    },
  };
};

// How an operation ended, in words.
import type { OperationToldFragment } from './generated/documents.ts';
import type { Session } from './session.ts';

/** `NO_FAULT_TOLERANCE` as it is typed: `no-fault-tolerance`. */
export const kebab = (word: string): string => word.toLowerCase().replaceAll('_', '-');

export const printWarnings = (session: Session, { warnings }: OperationToldFragment): void => {
  if (session.quiet) return;
  for (const { code, message } of warnings) session.err(`Warning: ${message} (${code})`);
};

/** Whether a warning of this code speaks of this target. */
export const isWarned = ({ warnings }: OperationToldFragment, code: string, id: string | null): boolean =>
  warnings.some((warning) => warning.code === code && warning.target === id);

const impactLines = ({ impact }: OperationToldFragment): string[] => {
  if (!impact) return [];
  const lines: string[] = [];
  const change = (what: string, before: number | null, after: number | null): void => {
    if (before !== null && after !== null) lines.push(`${what}: ${before} before, ${after} after`);
  };
  change('Managers', impact.managersBefore, impact.managersAfter);
  change('Managers that may be lost', impact.toleratesBefore, impact.toleratesAfter);
  if (impact.tasksMoving !== null) lines.push(`Tasks that move: ${impact.tasksMoving}`);
  if (impact.servicesWithGap?.length) lines.push(`Services with a gap: ${impact.servicesWithGap.join(', ')}`);
  if (impact.unplaceable?.length) lines.push(`Tasks without another place: ${impact.unplaceable.join(', ')}`);
  if (impact.standaloneContainers) lines.push(`Containers that stay: ${impact.standaloneContainers}`);
  return lines;
};

export const describeDryRun = (operation: OperationToldFragment): string =>
  [`Dry run: ${operation.action} would be done; nothing was changed.`, ...impactLines(operation)].join('\n');

/** What to say of one that did not succeed: code, words, what to do, guards, targets. */
export const describeTrouble = (operation: OperationToldFragment): string => {
  const { id, action, state, failure, guards, targets, dryRun } = operation;
  const lines: string[] = [];
  if (failure) {
    lines.push(`Error: ${state} ${failure.code}: ${failure.message}`);
    // Guards say below, in this command's words, how they are overridden.
    if (failure.hint && guards.length === 0) lines.push(`Hint: ${failure.hint}`);
  } else lines.push(`${action} is ${state}`);
  for (const { guard, message } of guards) lines.push(`Guard ${kebab(guard)}: ${message}`);
  if (guards.length > 0) {
    lines.push(...impactLines(operation));
    const names = guards.map(({ guard }) => kebab(guard)).join(',');
    lines.push(`To do it all the same: --override ${names} --reason '…'`);
  }
  if (targets.length > 1)
    for (const target of targets)
      if (target.failure)
        lines.push(`${target.name}: ${target.state} ${target.failure.code}: ${target.failure.message}`);
  if (dryRun) return lines.join('\n');
  if (['QUEUED', 'RUNNING', 'CANCELLING', 'UNKNOWN'].includes(state))
    lines.push(`It goes on. Follow it: skep op wait ${id}; cancel it: skep op cancel ${id}`);
  lines.push(`Operation: ${id}`);
  return lines.join('\n');
};

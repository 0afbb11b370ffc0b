// How a rolling maintenance stands, for people.
import type { MaintenanceByIdQuery } from './generated/documents.ts';
import { capitalised, tableOf } from './print.ts';
import { describeTrouble } from './report.ts';

export type MaintenanceSeen = NonNullable<MaintenanceByIdQuery['operation']>;

/** Ids of the nodes that wait to be let go on. */
export const waitingNodes = ({ maintenance, state }: MaintenanceSeen): string[] =>
  state === 'RUNNING'
    ? (maintenance?.nodes ?? []).flatMap(({ id, phase, wentOn }) =>
        phase === 'GO_AHEAD' && wentOn === null ? [id] : [],
      )
    : [];

export const maintenancePage = (seen: MaintenanceSeen): string => {
  const { id, state, reason, cluster, progress, maintenance, targets, steps, failure } = seen;
  /** What a step that has not ended says; null: of none in particular. */
  const nowOf = (target: string | null): string =>
    steps.findLast((step) => step.target === target && step.endedAt === null)?.detail ?? '';
  const rows = targets.map((target) => {
    const begun = maintenance?.nodes.find((node) => node.id === target.id);
    return [
      target.id ?? '',
      target.name,
      capitalised(target.state),
      begun ? capitalised(begun.phase) : '',
      begun ? capitalised(begun.earlier) : '',
      target.failure ? `${target.failure.code}: ${target.failure.message}` : nowOf(target.id),
    ];
  });
  const turn = nowOf(null);
  return [
    `ID:\t\t${id}`,
    `State:\t\t${state}`,
    ...(cluster ? [`Cluster:\t${cluster.name}`] : []),
    ...(reason ? [`Reason:\t\t${reason}`] : []),
    ...(progress ? [`Progress:\t${progress.done} of ${progress.total} ${progress.unit}`] : []),
    ...(maintenance ? [`At once:\t${maintenance.maxUnavailable}`] : []),
    ...(maintenance?.pausedBy ? [`Paused by:\t${maintenance.pausedBy}`] : []),
    ...(turn === '' ? [] : [`Next node:\t${turn}`]),
    '',
    tableOf(['NODE ID', 'NODE', 'STATE', 'PHASE', 'GETS BACK', 'NOW'], rows),
    ...(waitingNodes(seen).length > 0
      ? ['', `Where a go-ahead is waited for: skep maintenance proceed --operation ${id}`]
      : []),
    ...(failure ? ['', describeTrouble(seen)] : []),
  ].join('\n');
};

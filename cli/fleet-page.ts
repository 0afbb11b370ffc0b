// A fleet's plan and declaration, for people.
import type { FleetDifferenceToldFragment, FleetOfQuery, PlanFleetQuery } from './generated/documents.ts';
import { ago, capitalised, shownValue, tableOf } from './print.ts';
import { inOneLine } from './printable.ts';

export type FleetPlan = NonNullable<PlanFleetQuery['planFleet']>;
type Difference = FleetDifferenceToldFragment;
type Fleet = NonNullable<NonNullable<FleetOfQuery['cluster']>['fleet']>;

const isSame = (
  one: { kind: string; name: string; path: string },
  other: { kind: string; name: string; path: string },
): boolean => one.kind === other.kind && one.name === other.name && one.path === other.path;

/** Of the whole, which is not there, each part would be told: that it is wanted is enough. */
const wanted = ({ path, declared }: Difference): string => (path === '' ? 'there' : shownValue(declared));

const rowOf = (difference: Difference): string[] => [
  capitalised(difference.kind),
  difference.name,
  difference.path,
  wanted(difference),
  shownValue(difference.actual),
];

const head = ['KIND', 'NAME', 'WHAT', 'DECLARED', 'ACTUAL'];
const unchangeable = 'no step: remove it';

export const quietDifference = ({ kind, name, path }: Difference): string =>
  inOneLine([kind.toLowerCase(), name, path].join(' ').trimEnd());

export const planPage = ({ inSync, differences, steps, undeclared }: FleetPlan): string => {
  const stepOf = (difference: Difference): string => {
    if (!difference.changeable) return unchangeable;
    const step = steps.find((one) => one.differences.some((each) => isSame(each, difference)));
    return step ? String(step.position) : '';
  };
  const parts = inSync
    ? ['All is as the document says.']
    : [
        tableOf(
          [...head, 'BY STEP'],
          differences.map((difference) => [...rowOf(difference), stepOf(difference)]),
        ),
        tableOf(
          ['STEP', 'MUTATION', 'NAME', 'PERMISSION'],
          steps.map(({ position, mutation, name, permission }) => [
            String(position),
            mutation,
            name,
            permission,
          ]),
        ),
      ];
  if (undeclared.length > 0) {
    const rows = undeclared.map(({ kind, name }) => [capitalised(kind), name]);
    parts.push(`Not named by the document, and left alone:\n${tableOf(['KIND', 'NAME'], rows)}`);
  }
  return parts.join('\n\n');
};

export const fleetPage = (cluster: string, fleet: Fleet): string =>
  [
    `Cluster:\t${cluster}`,
    `Applied:\t${ago(fleet.appliedAt)} by ${fleet.actor.name}${fleet.operation ? ` (operation ${fleet.operation.id})` : ''}`,
    `Looked at:\t${fleet.checkedAt === null ? 'not since the server started' : ago(fleet.checkedAt)}`,
    ...(fleet.failure
      ? [`Trouble:\tthe last look saw nothing: ${fleet.failure.message} (${fleet.failure.code})`]
      : []),
    ...(fleet.drift.length === 0
      ? ['Differs:\tnothing']
      : [`Differs:\tsince ${fleet.driftSince ?? ''}`, '', tableOf(head, fleet.drift.map(rowOf))]),
  ].join('\n');

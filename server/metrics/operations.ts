// What became of operations, how long they took, and which guards tripped.
import type { Operation } from '../operations/operation.ts';
import { counter, gauge, histogram, type Source } from './family.ts';

/** A node's labels are changed in milliseconds, a drain takes minutes. */
const buckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800];

export const createOperationMetrics = () => {
  const operations = counter({
    name: 'skep_operations_total',
    help: 'Operations that became final, by action and final state. Dry runs are none. `cluster` is "" where it is of none.',
    labels: ['cluster', 'action', 'state'],
  });
  const trips = counter({
    name: 'skep_guard_trips_total',
    help: 'Guards that tripped, overridden or not, counted when the operation is final.',
    labels: ['cluster', 'guard', 'action'],
  });
  const overrides = counter({
    name: 'skep_guard_overrides_total',
    help: 'Guards that tripped and were overridden.',
    labels: ['cluster', 'guard', 'action'],
  });
  const duration = histogram(
    {
      name: 'skep_operation_duration_seconds',
      help: 'From the intent to the outcome, waiting for locks included, in seconds.',
      labels: ['action'],
    },
    buckets,
  );
  const open = (list: () => readonly Operation[]): Source =>
    gauge(
      {
        name: 'skep_operations_open',
        help: 'Operations that are not final, by action and state. No sample where there are none.',
        labels: ['cluster', 'action', 'state'],
      },
      function* () {
        const groups = new Map<string, Operation[]>();
        for (const operation of list()) {
          const key = [operation.clusterId, operation.action, operation.state].join('\n');
          groups.set(key, [...(groups.get(key) ?? []), operation]);
        }
        yield* groups.values();
      },
      ([first, ...others]) =>
        first === undefined
          ? null
          : {
              labels: { cluster: first.clusterId ?? '', action: first.action, state: first.state },
              value: 1 + others.length,
            },
    );
  return {
    counters: [operations, trips, overrides],
    duration,
    open,
    ended: ({ clusterId, action, state, guards, overrides: given, startedAt, endedAt }: Operation): void => {
      const cluster = clusterId ?? '';
      operations.count({ cluster, action, state });
      for (const { guard } of guards) {
        trips.count({ cluster, guard, action });
        if (given.includes(guard)) overrides.count({ cluster, guard, action });
      }
      if (endedAt) duration.observe({ action }, Math.max(0, endedAt.getTime() - startedAt.getTime()) / 1_000);
    },
  };
};

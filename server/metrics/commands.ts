// Commands to agents: how many, how they ended, how long they took.
import type { OnSent } from '../hosts/commands.ts';
import { counter, histogram } from './family.ts';

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export const createCommandMetrics = () => {
  const commands = counter({
    name: 'skep_commands_total',
    help: 'Commands to agents that ended, by kind (CommandBody of agent.graphql) and outcome.',
    labels: ['kind', 'outcome'],
  });
  const failures = counter({
    name: 'skep_command_failures_total',
    help: 'Those that did not end as DONE, by the code of the failure.',
    labels: ['kind', 'code'],
  });
  const duration = histogram(
    {
      name: 'skep_command_duration_seconds',
      help: 'From the sending of a command until its result was here, in seconds.',
      labels: ['kind'],
    },
    buckets,
  );
  const sent: OnSent = ({ kind }) => {
    const began = performance.now();
    return {
      trace: false,
      ended: ({ outcome, failure }) => {
        commands.count({ kind, outcome });
        if (failure) failures.count({ kind, code: failure.code });
        duration.observe({ kind }, (performance.now() - began) / 1_000);
      },
    };
  };
  return { counters: [commands, failures], duration, sent };
};

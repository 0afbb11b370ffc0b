// `skep op`: what was asked for, how far it is, and how it ended.
import type { Command } from 'commander';
import { act, tell } from '../act.ts';
import { group, leaf, parsed, plain, type Setting } from '../command.ts';
import { Complaint, notFound } from '../complaint.ts';
import { isFinal } from '../exit-codes.ts';
import { chosenCluster } from '../find.ts';
import { follow } from '../follow.ts';
import {
  CancelOperationDocument,
  OperationByIdDocument,
  type OperationState,
  OperationsDocument,
  type OperationToldFragment,
} from '../generated/documents.ts';
import { ago, type Column, printList } from '../print.ts';
import { createProgress } from '../progress.ts';
import { describeTrouble } from '../report.ts';
import { parseCount, parseDuration, parseWord } from '../values.ts';

const columns: Column<OperationToldFragment>[] = [
  ['ID', ({ id }) => id],
  ['ACTION', ({ action }) => action],
  ['TARGETS', ({ targets }) => targets.map(({ name }) => name).join(',')],
  ['STATE', ({ state, failure }) => (failure ? `${state} ${failure.code}` : state)],
  ['BY', ({ actor }) => actor.name],
  ['STARTED', ({ startedAt }) => ago(startedAt)],
  ['REASON', ({ reason }) => reason ?? ''],
];

const page = (operation: OperationToldFragment): string =>
  [
    `ID:\t\t${operation.id}`,
    `Action:\t\t${operation.action}`,
    `State:\t\t${operation.state}`,
    `By:\t\t${operation.actor.name}`,
    ...(operation.reason ? [`Reason:\t\t${operation.reason}`] : []),
    ...(operation.cluster ? [`Cluster:\t${operation.cluster.name}`] : []),
    `Started:\t${operation.startedAt}`,
    ...(operation.observedAt ? [`Observed:\t${operation.observedAt}`] : []),
    ...(operation.endedAt ? [`Ended:\t\t${operation.endedAt}`] : []),
    ...(operation.progress
      ? [`Progress:\t${operation.progress.done} of ${operation.progress.total} ${operation.progress.unit}`]
      : []),
    ...(operation.overrides.length > 0 ? [`Overridden:\t${operation.overrides.join(', ')}`] : []),
    'Targets:',
    ...operation.targets.map(({ kind, name, state }) => ` ${kind} ${name}:\t${state}`),
    'Steps:',
    ...operation.steps.map(
      ({ name, state, detail }) => ` ${name}:\t${state}${detail === null ? '' : ` (${detail})`}`,
    ),
    ...operation.warnings.map(({ code, message }) => `Warning:\t${message} (${code})`),
    ...(operation.failure ? [describeTrouble(operation)] : []),
  ].join('\n');

export const addOperation = (setting: Setting, program: Command): void => {
  const op = group(program, 'op', 'Look at operations, wait for them, cancel them');

  leaf<{ open?: boolean; action?: string; state?: OperationState; last?: number }>(
    setting,
    op,
    'ls',
    {
      summary: 'List operations, the newest first',
      aliases: ['list'],
      examples: ['op ls --open', 'op ls --action promoteNodes -n 5 --format json'],
    },
    (command) =>
      command
        .option('--open', 'only those that have not ended')
        .option('--action <mutation>', 'only of this mutation')
        .addOption(
          parsed(
            '--state <state>',
            'only in this state',
            parseWord(
              'QUEUED',
              'RUNNING',
              'UNKNOWN',
              'CANCELLING',
              'SUCCEEDED',
              'FAILED',
              'REFUSED',
              'CANCELLED',
              'UNRESOLVED',
            ),
          ),
        )
        .addOption(parsed('-n, --last <count>', 'so many, at most 100; default 20', parseCount)),
    async (session, _, { open, action, state, last = 20 }) => {
      const cluster = await chosenCluster(session);
      const filter = { open, action, state: state && [state], cluster };
      const { operations } = await session.ask(OperationsDocument, { filter, first: last });
      printList(
        session,
        operations.edges.map(({ node }) => node),
        columns,
      );
      return 'succeeded';
    },
  );

  leaf(
    setting,
    op,
    'show <operation>',
    {
      summary: 'Show an operation with its steps',
      examples: ['op show 0194f0e2-6cb8-7d3c-8f0a-1f2e3d4c5b6a'],
    },
    plain,
    async (session, [id = '']) => {
      const { operation } = await session.ask(OperationByIdDocument, { id });
      if (!operation) throw notFound(`there is no operation ${id}`, 'list them: skep op ls');
      session.out(session.format === 'json' ? JSON.stringify(operation, null, 2) : page(operation));
      return 'succeeded';
    },
  );

  leaf(
    setting,
    op,
    'cancel <operation>',
    {
      summary: 'Cancel an open operation; what is done stays done',
      acts: true,
      examples: ["op cancel 0194f0e2-6cb8-7d3c-8f0a-1f2e3d4c5b6a --reason 'not today'"],
    },
    plain,
    async (session, [id = ''], options) => act(session, CancelOperationDocument, { id }, options, () => [id]),
  );

  leaf<{ wait?: number }>(
    setting,
    op,
    'wait <operation>',
    {
      summary: 'Wait for the end of an operation; ends with its exit code',
      examples: [
        'op wait 0194f0e2-6cb8-7d3c-8f0a-1f2e3d4c5b6a',
        'op wait 0194f0e2-6cb8-7d3c-8f0a-1f2e3d4c5b6a --wait 5m',
      ],
    },
    (command) => command.addOption(waitOption()),
    async (session, [id = ''], { wait }) => {
      const late = wait === undefined ? [] : [AbortSignal.timeout(wait * 1_000)];
      const progress = createProgress(session);
      let seen: OperationToldFragment | null = null;
      try {
        for await (const step of follow(session, id, {
          signal: AbortSignal.any([session.signal, ...late]),
        })) {
          seen = step;
          progress.show(step);
        }
      } finally {
        progress.end();
      }
      if (!seen) throw notFound(`there is no operation ${id}`);
      if (session.signal.aborted && !isFinal(seen.state))
        throw new Complaint(
          'interrupted',
          'INTERRUPTED',
          `the wait was ended; operation ${id} goes on (${seen.state})`,
          `cancel it: skep op cancel ${id}`,
        );
      const { action, state } = seen;
      return tell(session, { operation: seen, answer: seen }, () =>
        session.quiet ? [] : [`${action} ${id}: ${state}`],
      );
    },
  );
};

const waitOption = () =>
  parsed('--wait <duration>', 'at most so long; default: until it has ended', parseDuration);

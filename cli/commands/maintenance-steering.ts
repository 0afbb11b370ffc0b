// `skep maintenance`, while one runs: how it stands, and what is said to it. `skep op cancel` ends it.
import type { Command } from 'commander';
import { act } from '../act.ts';
import { leaf, plain, type Setting } from '../command.ts';
import { misuse, notFound } from '../complaint.ts';
import { chosenCluster, nodeRefs } from '../find.ts';
import {
  MaintenanceByIdDocument,
  OperationsDocument,
  PauseMaintenanceDocument,
  ProceedMaintenanceDocument,
  ResumeMaintenanceDocument,
} from '../generated/documents.ts';
import { maintenancePage, waitingNodes } from '../maintenance-page.ts';
import type { Session } from '../session.ts';

const action = 'rollMaintenance';

/** The one that was named, or the only open one; with `ended` the newest where none is open. */
const theMaintenance = async (
  session: Session,
  given: string | undefined,
  ended = false,
): Promise<string> => {
  if (given !== undefined) return given;
  const cluster = await chosenCluster(session);
  const newest = async (filter: { open?: boolean }, first: number): Promise<string[]> => {
    const { operations } = await session.ask(OperationsDocument, {
      filter: { action, cluster, ...filter },
      first,
    });
    return operations.edges.map(({ node }) => node.id);
  };
  const [only, second] = await newest({ open: true }, 2);
  if (second !== undefined)
    throw misuse('several are open: which is meant is not said', `skep op ls --open --action ${action}`);
  const [last] = only === undefined && ended ? await newest({}, 1) : [only];
  if (last === undefined)
    throw notFound(
      ended ? 'there was no rolling maintenance' : 'no rolling maintenance is open',
      'begin one: skep maintenance roll',
    );
  return last;
};

/** @param maintenance the group of `skep maintenance` */
export const addMaintenanceSteering = (setting: Setting, maintenance: Command): void => {
  leaf(
    setting,
    maintenance,
    'show [operation]',
    {
      summary: 'Show how it stands, by default the open one or the newest; -q: the nodes that wait',
      aliases: ['inspect'],
      examples: ['maintenance show', 'maintenance show -q'],
    },
    plain,
    async (session, [given]) => {
      const id = await theMaintenance(session, given, true);
      const { operation } = await session.ask(MaintenanceByIdDocument, { id });
      if (operation?.action !== action)
        throw notFound(`there is no rolling maintenance ${id}`, `list them: skep op ls --action ${action}`);
      if (session.format === 'json') session.out(JSON.stringify(operation, null, 2));
      else if (session.quiet) for (const node of waitingNodes(operation)) session.out(node);
      else session.out(maintenancePage(operation));
      return 'succeeded';
    },
  );

  leaf<{ operation?: string }>(
    setting,
    maintenance,
    'proceed [node...]',
    {
      summary: 'Let nodes go on: the work on their machines is done; default: all that wait',
      acts: true,
      examples: ["maintenance proceed cloud02 --reason 'patched'", 'maintenance proceed'],
    },
    (command) => command.option('--operation <id>', 'of which maintenance; default: the open one'),
    async (session, names, options) => {
      const operation = await theMaintenance(session, options.operation);
      const nodes = names.length > 0 ? await nodeRefs(session, names) : undefined;
      return act(session, ProceedMaintenanceDocument, { operation, nodes }, options, ({ targets }) =>
        targets.map(({ name }) => name),
      );
    },
  );

  for (const [word, document, summary, example] of [
    [
      'pause',
      PauseMaintenanceDocument,
      'Begin no further node; those in work are carried through',
      "maintenance pause --reason 'not tonight'",
    ],
    ['resume', ResumeMaintenanceDocument, 'End a pause', 'maintenance resume'],
  ] as const)
    leaf(
      setting,
      maintenance,
      `${word} [operation]`,
      { summary, acts: true, examples: [example] },
      plain,
      async (session, [given], options) => {
        const operation = await theMaintenance(session, given);
        return act(session, document, { operation }, options, () => [operation]);
      },
    );
};

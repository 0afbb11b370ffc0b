// `skep drain` and `skep decommission`: what Docker has no word for.
import type { Command } from 'commander';
import { act } from '../act.ts';
import { leaf, parsed, type Setting } from '../command.ts';
import { namedNodes } from '../find.ts';
import { DecommissionNodesDocument, DrainNodesDocument } from '../generated/documents.ts';
import { parseDuration } from '../values.ts';

const deadline = (text: string) => parsed('--deadline <duration>', text, parseDuration);

export const addDrain = (setting: Setting, program: Command): void => {
  leaf<{ deadline?: number; parallel?: boolean }>(
    setting,
    program,
    'drain <node...>',
    {
      summary: 'Take the tasks of nodes away, and wait until they run elsewhere',
      acts: true,
      examples: [
        "drain cloud02 --deadline 10m --reason 'new disks'",
        'drain cloud02 cloud03 --parallel --dry-run',
      ],
    },
    (command) =>
      command
        .addOption(deadline('how long it may take; the nodes stay in drain after it'))
        .option('--parallel', 'all nodes at once; default: one after the other'),
    async (session, names, options) =>
      act(
        session,
        DrainNodesDocument,
        {
          ...(await namedNodes(session, names)),
          deadlineSeconds: options.deadline,
          parallel: options.parallel,
        },
        options,
        () => names,
      ),
  );
};

export const addDecommission = (setting: Setting, program: Command): void => {
  leaf<{ deadline?: number; force?: boolean }>(
    setting,
    program,
    'decommission <node...>',
    {
      summary: 'Take nodes out of their swarm for good: drain, demote, leave, remove, as each needs it',
      acts: true,
      examples: ["decommission cloud03 --reason 'it is sold'", 'decommission cloud03 --force --dry-run'],
    },
    (command) =>
      command
        .addOption(deadline('how long the drain may take'))
        .option('-f, --force', 'also when its host cannot be asked to leave'),
    async (session, names, options) =>
      act(
        session,
        DecommissionNodesDocument,
        {
          ...(await namedNodes(session, names)),
          deadlineSeconds: options.deadline,
          force: options.force,
        },
        options,
        () => names,
      ),
  );
};

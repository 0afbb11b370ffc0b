// `skep maintenance`: nodes out of use, some at a time, for work on their machines.
import type { Command } from 'commander';
import { act } from '../act.ts';
import { group, leaf, manyParsed, parsed, plain, type Setting } from '../command.ts';
import { misuse } from '../complaint.ts';
import { nodeRefs, theCluster } from '../find.ts';
import {
  MaintenanceHooksDocument,
  type NodeRole,
  type ProceedOn,
  RollMaintenanceDocument,
} from '../generated/documents.ts';
import { printList } from '../print.ts';
import { parseCountFromOne, parseDuration, parseLabel, parseWord } from '../values.ts';
import { addMaintenanceSteering } from './maintenance-steering.ts';

type Flags = {
  all?: boolean;
  role?: NodeRole;
  label?: { key: string; value: string }[];
  maxUnavailable?: number;
  proceed?: ProceedOn;
  hook?: string;
  drainDeadline?: number;
  backDeadline?: number;
};

export const addMaintenance = (setting: Setting, program: Command): void => {
  const maintenance = group(
    program,
    'maintenance',
    'Take nodes out of use, some at a time, for work on their machines',
  );

  leaf<Flags>(
    setting,
    maintenance,
    'roll [node...]',
    {
      summary: 'Drain node after node, wait for the work on its machine, and bring it back',
      acts: true,
      examples: [
        "maintenance roll --role worker --max-unavailable 2 --reason 'kernel update'",
        'maintenance roll cloud02 cloud03 --proceed restart --no-wait',
        "maintenance roll --all --hook reboot --override no-fault-tolerance --reason 'kernel update'",
      ],
    },
    (command) =>
      command
        .option('--all', 'every node of the cluster')
        .addOption(
          parsed('--role <role>', 'all managers or workers', parseWord<NodeRole>('MANAGER', 'WORKER')),
        )
        .addOption(
          manyParsed('-l, --label <key[=value]>', 'all with this label; may be repeated', parseLabel),
        )
        .addOption(
          parsed('--max-unavailable <count>', 'so many of them at once; default 1', parseCountFromOne),
        )
        .addOption(
          parsed(
            '--proceed <on>',
            'when a drained node goes on: go-ahead (skep maintenance proceed), restart (it was seen), hook or none; default go-ahead, with --hook hook',
            parseWord<ProceedOn>('GO_AHEAD', 'RESTART', 'HOOK', 'NONE'),
          ),
        )
        .option('--hook <name>', 'call this hook of the server and wait for it; skep maintenance hooks')
        .addOption(parsed('--drain-deadline <duration>', 'of each drain; default 10m', parseDuration))
        .addOption(
          parsed('--back-deadline <duration>', 'from going on until it is back; default 1h', parseDuration),
        ),
    async (session, names, options) => {
      const { all, role, label: labels, hook, maxUnavailable, drainDeadline, backDeadline } = options;
      const selector = all || role || labels ? { all, role, labels } : undefined;
      if (names.length > 0 && selector) throw misuse('give nodes, or --all, --role and --label, not both');
      if (names.length === 0 && !selector)
        throw misuse('which nodes are meant is not said', 'name them, or give --role, --label or --all');
      const { id: cluster } = await theCluster(session);
      const input = {
        cluster,
        nodes: selector ? undefined : await nodeRefs(session, names),
        selector,
        maxUnavailable,
        proceed: options.proceed ?? (hook === undefined ? undefined : 'HOOK'),
        hook,
        drainDeadlineSeconds: drainDeadline,
        backDeadlineSeconds: backDeadline,
      } as const;
      return act(session, RollMaintenanceDocument, input, options, ({ targets }) =>
        targets.map(({ name }) => name),
      );
    },
  );

  addMaintenanceSteering(setting, maintenance);

  leaf(
    setting,
    maintenance,
    'hooks',
    {
      summary: 'List the hooks of the server’s configuration; their addresses are not told',
      examples: ['maintenance hooks'],
    },
    plain,
    async (session) => {
      const { maintenanceHooks } = await session.ask(MaintenanceHooksDocument, {});
      printList(session, maintenanceHooks, [['NAME', (name) => name]]);
      return 'succeeded';
    },
  );
};

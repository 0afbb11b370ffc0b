// All commands of `skep`.
import { Command } from 'commander';
import type { Setting } from './command.ts';
import { addAudit } from './commands/audit.ts';
import { addCluster } from './commands/cluster.ts';
import { addCompletion } from './commands/completion.ts';
import { addContext } from './commands/context.ts';
import { addDecommission, addDrain } from './commands/drain.ts';
import { addFleet } from './commands/fleet.ts';
import { addHelp } from './commands/help.ts';
import { addHost } from './commands/host.ts';
import { addConfig, addSecret } from './commands/kept.ts';
import { addKey } from './commands/key.ts';
import { addMaintenance } from './commands/maintenance.ts';
import { addNetwork } from './commands/network.ts';
import { addNode } from './commands/node.ts';
import { addOperation } from './commands/operation.ts';
import { addPreflight } from './commands/preflight.ts';
import { addService } from './commands/services.ts';
import { addSwarm } from './commands/swarm.ts';
import { addVersion, version } from './commands/version.ts';
import { addWatch } from './commands/watch.ts';
import { addWebhook } from './commands/webhook.ts';
import { scrub } from './scrub.ts';

type Add = (setting: Setting, program: Command) => void;

const headings: Record<string, Record<string, Add>> = {
  'In Docker’s words:': {
    swarm: addSwarm,
    node: addNode,
    service: addService,
    network: addNetwork,
    secret: addSecret,
    config: addConfig,
  },
  'What Docker lacks:': {
    drain: addDrain,
    decommission: addDecommission,
    maintenance: addMaintenance,
    op: addOperation,
    watch: addWatch,
    audit: addAudit,
    host: addHost,
    preflight: addPreflight,
    cluster: addCluster,
    fleet: addFleet,
    key: addKey,
    webhook: addWebhook,
  },
  'This command:': {
    context: addContext,
    completion: addCompletion,
    version: addVersion,
    help: addHelp,
  },
};

/** @param word the first of the command line: where it is a command, no other one is made, which takes longer than it */
export const createProgram = (setting: Setting, word?: string): Command => {
  const isCommand = Object.values(headings).some(
    (groups) => word !== undefined && Object.hasOwn(groups, word),
  );
  const only = isCommand && word !== 'help' ? word : undefined;
  const program = new Command('skep');
  program
    .description(
      'Docker Swarm through Skep: in Docker’s words, with guards, dry runs and a record of it all.',
    )
    .version(version, '-v, --version', 'show the version of this command')
    .enablePositionalOptions();
  for (const [heading, groups] of Object.entries(headings)) {
    program.commandsGroup(heading);
    for (const [name, add] of Object.entries(groups))
      if (only === undefined || only === name) add(setting, program);
  }
  program.addHelpText('after', '\nSee also: skep help exit-codes, skep help environment');
  settle(program);
  return program;
};

/** Bad usage comes back as an error, from every command. */
const settle = (command: Command): void => {
  command
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(scrub(text)) });
  for (const child of command.commands) settle(child);
};

// `skep help`: of a command, or of a topic that no command is about.
import type { Command } from 'commander';
import { examplesOf, type Setting } from '../command.ts';
import { misuse } from '../complaint.ts';
import { exitCodes } from '../exit-codes.ts';
import { tableOf } from '../print.ts';

const environment: readonly (readonly [string, string])[] = [
  ['SKEP_SERVER', 'Address of the server; default http://127.0.0.1:4000.'],
  ['SKEP_KEY', 'The key. Other processes of the same user can read it: a file is better.'],
  ['SKEP_KEY_FILE', 'File that holds the key.'],
  ['SKEP_CONTEXT', 'Server and key by the name that skep context gave them; SKEP_SERVER goes before it.'],
  ['SKEP_CLUSTER', 'Cluster by name or id; default: the context’s, or the only one.'],
  ['SKEP_ON', 'The host that self means; default: the context’s, or the leader’s.'],
  ['XDG_CONFIG_HOME', 'Folder of skep/contexts.json; default ~/.config.'],
];

/** Texts by the word that `skep help` takes. */
export const topics: Record<string, () => string> = {
  'exit-codes': () =>
    tableOf(
      ['CODE', 'NAME', 'MEANING'],
      Object.entries(exitCodes).map(([name, { code, meaning }]) => [String(code), name, meaning]),
    ),
  environment: () => tableOf(['VARIABLE', 'MEANING'], environment),
};

export const addHelp = (_: Setting, program: Command): void => {
  program.helpCommand(false);
  program
    .command('help [words...]')
    .summary('Show help of a command, of exit-codes, or of the environment')
    .description('Show help of a command, of exit-codes, or of the environment')
    .addHelpText('after', examplesOf(['help node promote', 'help exit-codes', 'help environment']))
    .action((words: string[]) => {
      const [first] = words;
      const topic = first === undefined ? undefined : topics[first];
      if (topic) {
        process.stdout.write(`${topic()}\n`);
        return;
      }
      let found: Command = program;
      for (const word of words) {
        const next = found.commands.find(
          (command) => command.name() === word || command.aliases().includes(word),
        );
        if (!next) throw misuse(`there is no command or topic ${words.join(' ')}`, 'see skep help');
        found = next;
      }
      found.outputHelp();
    });
};

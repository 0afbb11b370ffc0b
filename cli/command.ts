// How each command is made: its words, its examples, the options that all have, and how it ends.
import { type Command, Option } from 'commander';
import type { ActOptions } from './act.ts';
import { misuse } from './complaint.ts';
import { type Ending, exitCodes } from './exit-codes.ts';
import { type Format, openSession, type Session } from './session.ts';
import { type Given, resolveSettings } from './settings.ts';
import { asText, collect, parseDuration, parseWord } from './values.ts';

/** Options of every command that asks a server. */
type Common = Given & { format?: string; quiet?: boolean };

export type Runner<Options> = (
  session: Session,
  args: string[],
  options: Options & ActOptions,
) => Promise<Ending>;

/** All that --override takes. */
export const guards = [
  'ADDRESS_NOT_LOCAL',
  'CONCURRENT_DRAIN',
  'HOSTS_SKEP',
  'JOIN_ADDRESS_GONE',
  'KERNEL_LACKS_ESP',
  'LAST_ACTIVE_NODE',
  'MAJORITY_RECOVERABLE',
  'MEMBERS_LEFT_BEHIND',
  'NO_FAULT_TOLERANCE',
  'PORT_BLOCKED',
  'UNREACHABLE_MANAGER',
] as const;

const parseGuards = (text: string, earlier: string[] | undefined): string[] => [
  ...(earlier ?? []),
  ...text.split(',').map(parseWord(...guards)),
];

const formatOf = (given: string | undefined): Format => {
  if (given === undefined || given === 'table' || given === 'pretty') return 'table';
  if (given === 'json') return 'json';
  throw misuse(
    `--format ${given}: there are table and json`,
    'templates are not filled in; pick from JSON: --format json | jq …',
  );
};

const addCommon = (command: Command): void => {
  command
    .optionsGroup('Output:')
    .option('--format <form>', 'table, or json for scripts')
    .option('-q, --quiet', 'only ids, names, or what was asked for')
    .optionsGroup('Server:')
    .option('--context <name>', 'a server by the name that skep context gave it')
    .option('--server <url>', 'a server by its address')
    .option('--key-file <file>', 'file that holds the key; - for standard input')
    .option('--cluster <cluster>', 'cluster by name or id; default: the only one')
    .option('--on <host>', 'the host that self means; default: the leader’s');
};

const addActing = (command: Command): void => {
  command
    .optionsGroup('Acting:')
    .option('--reason <text>', 'why; stands on record')
    .option('--dry-run', 'judge only: nothing is done')
    .addOption(
      new Option('--wait <duration>', 'how long to wait for the end; default: until it has ended').argParser(
        parseDuration,
      ),
    )
    .option('--no-wait', 'come back as soon as it is taken on (exit code 4)')
    .addOption(
      new Option('--override <guard,…>', 'guards that do not hold here; needs --reason').argParser(
        parseGuards,
      ),
    )
    .option('--idempotency-key <key>', 'the same key is the same act for 24 hours');
};

/** How the process is to end; set by the command that ran. */
export type Outcome = { ending: Ending };

export type Setting = { outcome: Outcome; signal: AbortSignal; env: NodeJS.ProcessEnv };

export type Described = {
  /** What it does, in a line. */
  summary: string;
  /** Command lines, without `skep`. */
  examples: readonly string[];
  /** Takes what every act takes. */
  acts?: boolean;
  aliases?: readonly string[];
  hidden?: boolean;
};

export const examplesOf = (examples: readonly string[]): string =>
  examples.length === 0 ? '' : `\nExamples:\n${examples.map((line) => `  skep ${line}`).join('\n')}\n`;

/** A group of commands, such as `node`. */
export const group = (parent: Command, name: string, summary: string): Command =>
  parent.command(name).summary(summary).description(summary);

/**
 * A command that asks a server. @param words name and arguments, as commander takes them
 * @param options adds its own options, before those that all have
 */
export const leaf = <Options extends object>(
  setting: Setting,
  parent: Command,
  words: string,
  { summary, examples, acts = false, aliases = [], hidden = false }: Described,
  options: (command: Command) => unknown,
  run: Runner<Options>,
): Command => {
  const command = parent.command(words, { hidden }).summary(summary).description(summary);
  for (const alias of aliases) command.alias(alias);
  command.optionsGroup('Options:');
  options(command);
  if (acts) addActing(command);
  addCommon(command);
  command.addHelpText('after', examplesOf(examples));
  command.action(async () => {
    const given = command.opts<Options & ActOptions & Common>();
    if (given.override !== undefined && given.reason === undefined)
      throw misuse('--override needs a reason', "add --reason '…': it stands on record");
    const session = openSession(resolveSettings(given, setting.env), {
      format: formatOf(given.format),
      quiet: given.quiet === true,
      signal: setting.signal,
    });
    try {
      setting.outcome.ending = await run(session, command.processedArgs.flat() as string[], given);
    } finally {
      await session.close();
    }
  });
  return command;
};

/** No options of its own. */
export const plain = (): void => undefined;

export const repeated = (flags: string, text: string): Option =>
  new Option(flags, text).argParser(collect(asText));

export const parsed = <Value>(flags: string, text: string, parse: (text: string) => Value): Option =>
  new Option(flags, text).argParser(parse);

export const manyParsed = <Value>(flags: string, text: string, parse: (text: string) => Value): Option =>
  new Option(flags, text).argParser(collect(parse));

export const codeOf = (ending: Ending): number => exitCodes[ending].code;

// The sub-commands of `skep-server` beside `start`: what is typed, what is printed, how each ends.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BackupFault } from './backup/fault.ts';
import { makeBackup } from './backup/make.ts';
import type { Manifest } from './backup/manifest.ts';
import { restoreBackup } from './backup/restore.ts';
import { verifyBackup } from './backup/verify.ts';
import { backupHelp, endings, generalHelp, restoreHelp, startHelp, versionHelp } from './commands-help.ts';
import { armFailpoints } from './platform/failpoints.ts';
import { verifyAudit } from './verify-audit.ts';
import { version } from './version.ts';

type About = { migrations: string };

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Wrong use: the sentence, and where help is. */
class WrongUse extends Error {}

const dataFolder = (given: string | undefined): string =>
  resolve(given ?? process.env.SKEP_DATA_DIR ?? 'data');

const describe = ({ madeAt, skepVersion, head, generation, records, files }: Manifest): string => {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return [
    `  made         ${madeAt} by Skep ${skepVersion}`,
    `  history      ${head === null ? 'empty' : `up to record ${head.seq}, ${head.hash}`}`,
    `  generation   ${generation}`,
    `  rows         ${Object.values(records).reduce((sum, rows) => sum + rows, 0)} in ${Object.keys(records).length} tables`,
    `  files        ${files.map(({ path }) => path).join(', ')} (${bytes} bytes)`,
  ].join('\n');
};

const backup = async (args: string[], { migrations }: About): Promise<number> => {
  const { values } = parseArgs({
    args,
    options: {
      to: { type: 'string' },
      data: { type: 'string' },
      verify: { type: 'string' },
      force: { type: 'boolean', default: false },
    },
  });
  if (values.verify !== undefined) {
    if (values.to !== undefined) throw new WrongUse('--verify and --to do not go together');
    const manifest = await verifyBackup(values.verify, migrations);
    print(`${values.verify} is a good backup:\n${describe(manifest)}`);
    return 0;
  }
  if (values.to === undefined) throw new WrongUse('give --to FILE, --to FOLDER or --to -');
  const toStream = values.to === '-';
  if (toStream && process.stdout.isTTY)
    throw new WrongUse('--to - writes the backup to standard output: lead that into a file or a program');
  const { manifest, file, leftOut } = await makeBackup({
    data: dataFolder(values.data),
    to: toStream ? process.stdout : values.to,
    force: values.force,
    migrations,
    version,
    now: new Date(),
  });
  // Standard output may be the backup itself.
  (toStream ? say : print)(
    `${file ?? 'The backup'} is made and verified${toStream ? ' as it was packed' : ''}:\n${describe(manifest)}`,
  );
  for (const name of leftOut)
    say(`note: ${name} in the data folder is none of Skep's and is not in the backup`);
  return 0;
};

const restore = async (args: string[], { migrations }: About): Promise<number> => {
  const { values } = parseArgs({
    args,
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      force: { type: 'boolean', default: false },
    },
  });
  if (values.from === undefined) throw new WrongUse('give --from FILE');
  const data = dataFolder(values.to);
  const { manifest, aside } = await restoreBackup({
    from: values.from,
    data,
    force: values.force,
    migrations,
  });
  if (manifest === null) {
    print(
      `A restore of ${data} that was broken off is finished now. ${values.from} was not read: to restore it as well, run this again with --force.`,
    );
    return 0;
  }
  print(`${data} is restored:\n${describe(manifest)}`);
  if (aside !== null) print(`What was there before is in ${aside}.`);
  if (process.getuid?.() === 0 && statSync(data).uid === 0)
    print(
      'It belongs to root: give it to the user that the server runs as, if that is another one (chown -R).',
    );
  print(nextSteps(data, manifest));
  return 0;
};

const nextSteps = (data: string, { madeAt }: Manifest): string => `
Next:
  1. See that the server of before is stopped for good, then start this one: SKEP_DATA_DIR=${data} skep-server
     It begins a new generation: cursors of before are refused with CURSOR_TOO_OLD, operations that were open end
     UNRESOLVED, and nothing of them is sent again.
  2. Look at the records restored and commandsOfLostTime, and run verifyAudit.
  3. What was revoked after ${madeAt} is valid again: look at API keys, hosts and enrolments.
  4. If hosts stay away and the history has a record otherServer: start once with SKEP_TAKE_OVER and its generation.`;

const commands: Record<
  string,
  { help: string; run: (args: string[], about: About) => Promise<number> | number }
> = {
  start: {
    help: startHelp,
    run: () => {
      throw new WrongUse('start takes no arguments: settings are environment variables');
    },
  },
  backup: { help: backupHelp, run: backup },
  restore: { help: restoreHelp, run: restore },
  'verify-audit': { help: '', run: verifyAudit },
  version: {
    help: versionHelp,
    run: () => {
      print(version);
      return 0;
    },
  },
};

const isHelp = (text: string | undefined): boolean => text === '--help' || text === '-h';

const endOf = (error: unknown, name: string): number => {
  if (error instanceof BackupFault) {
    say(`skep-server ${name}: ${error.message}.`);
    return error.kind === 'bad' ? endings.bad : endings.cannot;
  }
  if (error instanceof WrongUse || error instanceof TypeError) {
    say(`skep-server ${name}: ${error.message}\nskep-server ${name} --help says how it is used.`);
    return endings.wrongUse;
  }
  say(`skep-server ${name}: ${error instanceof Error ? error.message : String(error)}`);
  return endings.cannot;
};

/** @param args the name of a sub-command and what follows it. @returns the exit code. */
export const runCommand = async (args: readonly string[], about: About): Promise<number> => {
  const [name = '', ...rest] = args;
  const asked = name === 'help' ? rest[0] : name;
  if (name === '--version' || name === '-v') return runCommand(['version'], about);
  if (isHelp(name) || (name === 'help' && asked === undefined)) {
    print(generalHelp);
    return 0;
  }
  const command = Object.hasOwn(commands, asked ?? '') ? commands[asked ?? ''] : undefined;
  if (command === undefined) {
    say(`skep-server: there is no sub-command ${asked}\n\n${generalHelp}`);
    return endings.wrongUse;
  }
  if (name === 'verify-audit' || asked === 'verify-audit')
    return verifyAudit(name === 'help' ? ['--help'] : rest);
  if (name === 'help' || rest.some(isHelp)) {
    print(command.help);
    return 0;
  }
  armFailpoints(process.env.SKEP_FAILPOINTS, { warn: (_: unknown, text?: string) => say(String(text)) });
  try {
    return await command.run(rest, about);
  } catch (error) {
    return endOf(error, name);
  }
};

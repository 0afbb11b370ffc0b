// `npm run schema:diff -- [REVISION]`: what changed in schema.graphql and agent.graphql since then, breaking changes named.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

const usage = `Usage: npm run schema:diff -- [REVISION] [--allow-breaking] [--folder FOLDER]
Compares schema.graphql and agent.graphql with those of a git revision; by default origin/main, else HEAD~1.
Exit 1 when a change is breaking, unless --allow-breaking. --folder: where the two files are, in a git checkout.`;

const files = ['schema.graphql', 'agent.graphql'] as const;

const git = (folder: string, args: readonly string[]): string | null => {
  try {
    return execFileSync('git', ['-C', folder, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return null;
  }
};

const findRevision = (folder: string, wanted: readonly string[]): string => {
  for (const revision of wanted) {
    const id = git(folder, ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]);
    if (id !== null) return id.trim();
  }
  throw new Error(`git knows no revision ${wanted.join(' or ')} in ${folder}`);
};

/** Prints the changes of one file. @returns how many are breaking. */
const compare = async (folder: string, revision: string, file: string): Promise<number> => {
  const before = git(folder, ['show', `${revision}:./${file}`]);
  if (before === null) {
    console.log(`${file}: not there at ${revision.slice(0, 12)}, so nothing can be broken`);
    return 0;
  }
  const after = readFileSync(`${folder}/${file}`, 'utf8');
  const changes = await diff(buildSchema(before), buildSchema(after));
  const of = (level: CriticalityLevel) => changes.filter(({ criticality }) => criticality.level === level);
  const breaking = of(CriticalityLevel.Breaking);
  const dangerous = of(CriticalityLevel.Dangerous);
  console.log(
    `${file} since ${revision.slice(0, 12)}: ${changes.length} changes, ${breaking.length} breaking, ${dangerous.length} dangerous`,
  );
  for (const { message } of breaking) console.log(`  BREAKING   ${message}`);
  for (const { message } of dangerous) console.log(`  dangerous  ${message}`);
  return breaking.length;
};

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'allow-breaking': { type: 'boolean', default: false },
      folder: { type: 'string', default: fileURLToPath(new URL('../..', import.meta.url)) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const revision = findRevision(
    values.folder,
    positionals.length > 0 ? positionals : ['origin/main', 'HEAD~1'],
  );
  let breaking = 0;
  for (const file of files) breaking += await compare(values.folder, revision, file);
  if (breaking > 0 && !values['allow-breaking']) process.exitCode = 1;
};

main().catch((error: unknown) => {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 64;
});

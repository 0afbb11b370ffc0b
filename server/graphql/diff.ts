// `npm run schema:diff -- [REVISION|RELEASE]`: what changed in schema.graphql and agent.graphql since then, breaking changes named.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { contractChanges } from './contract-changes.ts';

const usage = `Usage: npm run schema:diff -- [REVISION|RELEASE] [--allow-breaking] [--folder FOLDER]
Compares schema.graphql and agent.graphql with those of a release in docs/releases, or of a git revision; by default
origin/main, else HEAD~1.
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

/** What a file was, and since when. */
type Before = { since: string; read: (file: string) => string | null };

const findBefore = (folder: string, wanted: readonly string[]): Before => {
  const [release] = wanted;
  const kept = (file: string): string => `${folder}/docs/releases/${release}.${file}`;
  if (release !== undefined && files.every((file) => existsSync(kept(file))))
    return { since: release, read: (file) => readFileSync(kept(file), 'utf8') };
  const revision = findRevision(folder, wanted);
  return {
    since: revision.slice(0, 12),
    read: (file) => git(folder, ['show', `${revision}:./${file}`]),
  };
};

/** Prints the changes of one file. @returns how many are breaking. */
const compare = async (folder: string, { since, read }: Before, file: string): Promise<number> => {
  const before = read(file);
  if (before === null) {
    console.log(`${file}: not there at ${since}, so nothing can be broken`);
    return 0;
  }
  const changes = await contractChanges(before, readFileSync(`${folder}/${file}`, 'utf8'));
  const breaking = changes.filter(({ level }) => level === 'breaking');
  const dangerous = changes.filter(({ level }) => level === 'dangerous');
  console.log(
    `${file} since ${since}: ${changes.length} changes, ${breaking.length} breaking, ${dangerous.length} dangerous`,
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
  const before = findBefore(values.folder, positionals.length > 0 ? positionals : ['origin/main', 'HEAD~1']);
  let breaking = 0;
  for (const file of files) breaking += await compare(values.folder, before, file);
  if (breaking > 0 && !values['allow-breaking']) process.exitCode = 1;
};

main().catch((error: unknown) => {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 64;
});

// The committed schemas are what the code says, a breaking change is shown, and every field names its permission.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const checkout = fileURLToPath(new URL('..', import.meta.url));
const files = ['schema.graphql', 'agent.graphql'] as const;

const run = (program: string, args: readonly string[]): { status: number | null; output: string } => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(checkout, program), ...args],
    { cwd: checkout, encoding: 'utf8' },
  );
  return { status, output: stdout + stderr };
};

describe('the printed schemas', () => {
  it('are what the code says', () => {
    expect(run('server/graphql/print.ts', ['--check'])).toEqual({ status: 0, output: '' });
  });

  it('name the permission of every root field', () => {
    const schema = buildSchema(readFileSync(join(checkout, 'schema.graphql'), 'utf8'));
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const silent = roots
      .flatMap((root) => Object.values(root?.getFields() ?? {}))
      .filter(({ description }) => !/Permission: \S/.test(description ?? ''))
      .map(({ name }) => name);
    expect(roots).not.toContain(undefined);
    expect(silent).toEqual([]);
  });

  it('offer no interface Node: ours is a swarm’s node', () => {
    expect(readFileSync(join(checkout, 'schema.graphql'), 'utf8')).not.toMatch(/interface Node/);
  });
});

describe('npm run schema:diff', () => {
  let folder: string;

  const git = (...args: string[]): void => {
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
    execFileSync('git', ['-C', folder, ...who, ...args], { stdio: 'ignore' });
  };
  const edit = (file: (typeof files)[number], change: (text: string) => string): void => {
    const path = join(folder, file);
    const before = readFileSync(path, 'utf8');
    const after = change(before);
    expect(after).not.toBe(before);
    writeFileSync(path, after);
  };
  const diff = (...args: string[]) => run('server/graphql/diff.ts', ['--folder', folder, ...args]);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skep-diff-'));
    for (const file of files) copyFileSync(join(checkout, file), join(folder, file));
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'before');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('finds nothing where nothing changed', () => {
    const { status, output } = diff('HEAD');
    expect(output).toMatch(/schema\.graphql since \w+: 0 changes/);
    expect(status).toBe(0);
  });

  it('names a breaking change of either schema and fails, unless that is allowed', () => {
    edit('schema.graphql', (text) => text.replace(/^ {2}hostname: String!$/m, '  renamed: String!'));
    edit('agent.graphql', (text) => text.replace(/^type Mutation \{/m, 'type Mutation {\n  added: String'));
    const { status, output } = diff('HEAD');
    expect(output).toMatch(/BREAKING {3}Field 'hostname' was removed from object type/);
    expect(output).toMatch(/agent\.graphql since \w+: 1 changes, 0 breaking/);
    expect(status).toBe(1);
    expect(diff('HEAD', '--allow-breaking')).toEqual({ status: 0, output });
  });

  it('compares with the commit before when there is no origin/main', () => {
    edit('schema.graphql', (text) => text.replace(/^type Query \{/m, 'type Query {\n  added: String'));
    git('commit', '--quiet', '--all', '--message', 'after');
    const { status, output } = diff();
    expect(output).toMatch(/schema\.graphql since \w+: 1 changes, 0 breaking/);
    expect(status).toBe(0);
  });

  it('says what it does not find', () => {
    const { status, output } = diff('no-such-revision');
    expect(output).toMatch(/git knows no revision no-such-revision/);
    expect(status).toBe(64);
  });
});

// The documents are true: snippets run or validate, lists equal the code, links and paths lead somewhere.
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildSchema, Kind, parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from '../server/fleet/parse.ts';
import { Failure, failureCodes, failureInfo, isFailureCode } from '../server/platform/failure.ts';
import { engines, enginesNote } from './support/engines.ts';
import { changesNothing, nameOf, type Snippet, snippetsOf } from './support/snippets.ts';
import { type System, startSystem } from './support/system.ts';
import { until } from './support/until.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending) && !path.includes('generated'))
    .map((path) => join(folder, path));
const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesIn('docs', '.md')];

const snippets = documents.flatMap(snippetsOf);
const inLanguage = (language: string): [title: string, snippet: Snippet][] =>
  snippets
    .filter((snippet) => snippet.language === language)
    .map((snippet) => [`${snippet.path}:${snippet.line}`, snippet]);

const runnable = inLanguage('graphql').filter(([, { text }]) => changesNothing(text));

const schemaText = read('schema.graphql');
const source = ['server', 'agent', 'cli', 'lab'].flatMap((folder) => filesIn(folder, '.ts'));

describe('snippets', () => {
  // bash, js, python, ts and graphql are run, yaml is a fleet document; json is what its page's test receives; sh is typed by the test that takes it by its heading, ini is for another machine; text is a drawing.
  it('are in a language that something is done with', () => {
    expect([...new Set(snippets.map(({ language }) => language))].sort()).toEqual(
      expect.arrayContaining(['bash', 'graphql', 'js']),
    );
    expect(
      snippets.filter(
        ({ language }) =>
          !['bash', 'js', 'python', 'ts', 'json', 'graphql', 'sh', 'ini', 'text', 'yaml'].includes(language),
      ),
    ).toEqual([]);
  });

  const schema = buildSchema(schemaText);
  it.each(inLanguage('graphql'))('%s fits the contract', (_, { text }) => {
    expect(validate(schema, parse(text))).toEqual([]);
  });

  // Queries and dry runs are run below. A change is run by the test that takes it by its page and its name.
  const tests = filesIn('test', '.test.ts').map(read).join('\n');
  it.each(inLanguage('graphql').filter(([, { text }]) => !changesNothing(text)))(
    '%s is run by a test',
    (_, { path, text }) => {
      const taken = new RegExp(`'${path}',\\s*'${nameOf(text)}'`).test(tests);
      expect(taken, `a test has snippet('${path}', '${nameOf(text)}')`).toBe(true);
    },
  );

  it('each program is run by a test', () => {
    // Files of docs/examples: client/examples.test.ts. The others, one of a language: below, and webhooks/documents.test.ts.
    const examples = filesIn('docs/examples', '').map(read);
    const others = snippets.filter(
      ({ language, text }) => ['js', 'ts', 'python'].includes(language) && !examples.includes(text),
    );
    expect(others.map(({ path, language }) => `${path} ${language}`)).toEqual([
      'README.md js',
      'docs/webhooks.md js',
      'docs/webhooks.md python',
    ]);
    // Whole pages: below, cli/documents.test.ts, start.test.ts.
    const typed = snippets.filter(({ language, text }) => language === 'bash' && !examples.includes(text));
    expect([...new Set(typed.map(({ path }) => path))].sort()).toEqual([
      'README.md',
      'docs/cli.md',
      'docs/start.md',
    ]);
  });

  /** Typed by those who run the tests, and by the machine that does. */
  const typedOutside = [
    'CONTRIBUTING.md ## Working',
    // What stands before it is Debian's; .ci/run installs it where it is missing.
    'docs/start.md ## What has to be there',
    // By start.test.ts, from the page that leads there.
    'docs/install.md # Installing',
  ];
  const headingOf = ({ path, line }: Snippet): string =>
    read(path)
      .split('\n')
      .slice(0, line)
      .findLast((text) => /^#{1,3} /.test(text)) ?? '';
  it.each(inLanguage('sh'))('%s is typed by a test', (_, snippet) => {
    const heading = headingOf(snippet);
    if (typedOutside.includes(`${snippet.path} ${heading}`)) return;
    const takers = filesIn('test', '.test.ts')
      .map(read)
      .filter((text) => text.includes(`'${snippet.path}'`) && text.includes(`'${heading}'`));
    expect(takers.length, `a test has boxesBelow('${snippet.path}', '${heading}')`).toBeGreaterThan(0);
  });

  // The other: access/oidc-config.test.ts.
  const fleets = filesIn('docs/examples', '.yaml')
    .filter((path) => path !== 'docs/examples/groups.yaml')
    .map((path) => [path, { text: read(path) }] as const);
  it.each([...inLanguage('yaml'), ...fleets])('%s is a fleet document', (_, { text }) => {
    expect(parseDocument(text).nodes.length).toBeGreaterThan(0);
  });

  it.each([...inLanguage('sh'), ...inLanguage('bash')])(
    '%s is shell, and its npm scripts exist',
    (_, { text }) => {
      expect(spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' }).stderr).toBe('');
      const { scripts } = JSON.parse(read('package.json'));
      for (const [, name = ''] of text.matchAll(/npm (?:run )?(?!run |ci\b|install\b|root\b)([\w:-]+)/g))
        expect(Object.keys(scripts)).toContain(name);
    },
  );
});

describe(`what can be pasted against the demo, on ${enginesNote}`, () => {
  let system: System;
  let folder: string;
  const running: ChildProcess[] = [];

  /** The demo's folder as a reader has it: data/demo.json, and nothing else that is needed. */
  beforeAll(async () => {
    system = await startSystem({ engines });
    await system.formSwarm();
    folder = mkdtempSync(join(tmpdir(), 'skep-docs-'));
    mkdirSync(join(folder, 'data'));
    const hosts = system.members.map(({ hostId, host }) => ({
      id: hostId,
      hostname: host.hostname,
      dockerHost: `unix://${host.socketPath}`,
    }));
    const { url, adminKey } = system.server;
    writeFileSync(
      join(folder, 'data/demo.json'),
      JSON.stringify({ url, adminKey, engines: engines.kind, hosts }),
    );
  });
  afterAll(async () => {
    for (const { pid } of running) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    await system.stop();
  });

  /** What a page leaves open: the cluster, its last host, the newest operation. */
  const variables = async (): Promise<Record<string, string>> => {
    const { clusters, operations } = await system.ask(
      '{ clusters { id } operations(first: 1) { edges { node { id } } } }',
    );
    const last = system.members.at(-1);
    return {
      cluster: clusters[0].id,
      host: last?.hostId ?? '',
      node: last?.host.hostname ?? '',
      id: operations.edges[0].node.id,
    };
  };

  it.each(runnable)('%s is answered', async (_, { text }) => {
    const [definition] = parse(text).definitions;
    const names =
      definition?.kind === Kind.OPERATION_DEFINITION
        ? (definition.variableDefinitions ?? []).map(({ variable }) => variable.name.value)
        : [];
    const known = await variables();
    const answer = await system.ask(text, Object.fromEntries(names.map((name) => [name, known[name]])));
    // What a page names by an id of its own is not there.
    if (!/\(id: "/.test(text)) for (const value of Object.values(answer)) expect(value).not.toBeNull();
  });

  it('README: query, mutation and subscription', { timeout: 120_000 }, async () => {
    const script = snippetsOf('README.md')
      .filter(({ language }) => language === 'bash')
      .map(({ text }) => text)
      .join('\n');
    // Detached: a group of its own, so that the subscription's curl ends with it.
    const shell = spawn('bash', ['-s'], { cwd: folder, detached: true });
    running.push(shell);
    let told = '';
    for (const stream of [shell.stdout, shell.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        told += text;
      });
    shell.stdin.end(script);
    await until(() => /^data: .*\n/m.test(told), 'the subscription tells', 60_000).catch(() => undefined);
    const answers = told.split('\n').filter((line) => line.includes('{"data"'));
    expect(told).not.toContain('"errors"');
    expect(answers[0]).toContain('"managerStatus":{"leader":true,"reachability":"REACHABLE"}');
    expect(answers[1]).toContain('"state":"SUCCEEDED","failure":null');
    expect(answers[2]).toContain('"phase":"OUTCOME","action":"updateNodeLabels","outcome":"SUCCEEDED"');
    expect(answers[3]).toContain('"operation":{"action":"updateNodeLabels","reason":"first steps"');
    expect(answers[3]).toContain('"path":"labels.checked","old":null');
  });

  it('README: the script promotes a node and finds out who did', { timeout: 150_000 }, async () => {
    const [script] = snippetsOf('README.md').filter(({ language }) => language === 'js');
    writeFileSync(join(folder, 'promote.mjs'), script?.text ?? '');
    // Not spawnSync: simulated engines live in this process.
    const { stdout, stderr } = await run(process.execPath, ['promote.mjs'], { cwd: folder });
    expect(stderr).toBe('');
    expect(stdout).toContain("state: 'SUCCEEDED'");
    expect(stdout).toContain('"outcome": "SUCCEEDED"');
    expect(stdout).toContain('"name": "first admin"');
  });
});

describe('lists equal the code (vitest -u writes them anew)', () => {
  it('failures', async () => {
    const rows = Object.entries(failureCodes).map(([code, meaning]) => {
      const { retryable } = isFailureCode(code) ? failureInfo(new Failure(code, '')) : { retryable: false };
      return `| \`${code}\` | ${meaning} | ${retryable ? 'yes' : ''} |`;
    });
    await expect(
      [
        '# Failures',
        '',
        'Every code that an operation’s `failure.code` or an error’s `extensions.code` can have. The list is written from [server/platform/failure.ts](../server/platform/failure.ts) by [test/docs.test.ts](../test/docs.test.ts). Codes are stable; new ones may come.',
        '',
        'An expected refusal is an operation in state `REFUSED`, with the code in `failure` and in the audit record. Top-level errors are for a caller without rights (`UNAUTHENTICATED`, `FORBIDDEN`), for input that is malformed (`BAD_USER_INPUT`, `IDEMPOTENCY_CONFLICT`), for queries and subscriptions (`AMBIGUOUS_REFERENCE`, `CURSOR_TOO_OLD`), and for trouble of the server (`AUDIT_UNAVAILABLE`, `INTERNAL`). An operation that guards refuse has the first guard’s name as its code; `guards` has all of them. «Again» means: the same call may succeed a little later without anybody changing anything (`retryable`).',
        '',
        '| code | meaning | again |',
        '| --- | --- | --- |',
        ...rows,
        '',
      ].join('\n'),
    ).toMatchFileSnapshot('../docs/failures.md');
  });

  /** Name, default and comment of each setting, as a config.ts has them in its zod object. */
  const settingsOf = (path: string, isFlag: (name: string) => boolean): string[] =>
    [...read(path).matchAll(/^ {2}\/\*\* (.+) \*\/\n {2}([A-Z_]+): (.+(?:\n {4}.+)*),$/gm)].map(
      ([, comment = '', name = '', type = '']) => {
        // As zod writes it, and as zod/mini does.
        const [, literal] = /(?:\.default\(|_default\(.*, )([\w'"./-]+)\)/s.exec(type) ?? [];
        const value = type === 'yes' ? 'no' : literal?.replaceAll(/['"]|(?<=\d)_(?=\d)/g, '');
        return `| \`${name}\` | ${value ? `\`${value}\`` : ''} | ${comment}${isFlag(name) ? ` Flag: \`--${flagOf(name)}\`.` : ''} |`;
      },
    );
  const flagOf = (name: string): string => name.replace('SKEP_AGENT_', '').toLowerCase().replaceAll('_', '-');

  it('configuration', async () => {
    const [, flags = ''] =
      /const flags[^{]*(?:\{[^}]*\})?[^{]*= \{\n(.*?)\n\};/s.exec(read('agent/config.ts')) ?? [];
    const agentFlags = new Set([...flags.matchAll(/^ {2}'?([a-z-]+)'?: \{/gm)].map(([, flag]) => flag));
    const server = settingsOf('server/config.ts', () => false);
    const agent = settingsOf('agent/config.ts', (name) => agentFlags.has(flagOf(name)));
    const count = (path: string): number => [...read(path).matchAll(/^ {2}[A-Z_]+: /gm)].length;
    expect([server.length, agent.length]).toEqual([count('server/config.ts'), count('agent/config.ts')]);
    await expect(
      [
        '# Configuration',
        '',
        'Environment variables, checked at the start: a value that does not fit ends the process with 2 and a sentence that names the variable. The lists are written from [server/config.ts](../server/config.ts) and [agent/config.ts](../agent/config.ts) by [test/docs.test.ts](../test/docs.test.ts).',
        '',
        '## Server',
        '',
        '| variable | default | meaning |',
        '| --- | --- | --- |',
        ...server,
        '',
        '## Agent',
        '',
        'A flag goes before its variable. `SKEP_AGENT_SERVER` has to be given.',
        '',
        '| variable | default | meaning |',
        '| --- | --- | --- |',
        ...agent,
        '',
      ].join('\n'),
    ).toMatchFileSnapshot('../docs/configuration.md');
  });

  it('settings that a document names exist', () => {
    // What an example takes is its own.
    const known = new Set(
      [...source, ...filesIn('docs/examples', '')].flatMap((path) => read(path).match(/\bSKEP_\w+/g) ?? []),
    );
    const named = documents.flatMap((path) => read(path).match(/\bSKEP_\w+/g) ?? []);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('what documents point to', () => {
  const slug = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');

  it.each(documents)('%s: links lead somewhere', (path) => {
    for (const [, target = ''] of read(path).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const found = file === '' ? path : relative(root, join(root, dirname(path), file));
      expect(existsSync(join(root, found)), `${target} in ${path}`).toBe(true);
      if (anchor === undefined) continue;
      const headings = [...read(found).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => slug(heading));
      expect(headings, `${target} in ${path}`).toContain(anchor);
    }
  });

  it.each(documents)('%s: files that are named exist', (path) => {
    const names = /`((?:server|agent|lab|packages|prisma|test|docs|web|bench|dist|\.ci)\/[\w./-]*)`/g;
    for (const [, name = ''] of read(path).matchAll(names))
      if (!name.startsWith('dist/')) expect(existsSync(join(root, name)), `${name} in ${path}`).toBe(true);
  });

  it('the architecture names every folder of the server', () => {
    const folders = readdirSync(join(root, 'server'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    for (const { name } of folders) expect(read('docs/architecture.md')).toContain(`\`server/${name}/\``);
  });

  it('the glossary’s words stand in the contract or the tables where it says so', () => {
    const rows = [...read('docs/glossary.md').matchAll(/^\| [^|]+ \| [^|]+ \| ([^|]+) \|$/gm)].slice(2);
    const words = new Set(
      `${schemaText} ${read('agent.graphql')} ${read('prisma/schema.prisma')}`.match(/\w+/g) ?? [],
    );
    const named = rows.flatMap(([, where = '']) =>
      [...where.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word),
    );
    expect(named.length).toBeGreaterThan(30);
    expect(named.flatMap((name) => name.split('.')).filter((word) => !words.has(word))).toEqual([]);
  });
});

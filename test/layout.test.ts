// The rules of the layout (docs/architecture.md), read from the imports of the sources.
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Import, readSources } from './source-imports.ts';

/** In a line: each imports only what stands to its left. */
const slices = [
  'platform',
  'audit',
  'backup',
  'operations',
  'access',
  'hosts',
  'clusters',
  'nodes',
  'membership',
  'secrets',
  'networks',
  'services',
  'objects',
  'fleet',
  'maintenance',
  'webhooks',
  'metrics',
  'tracing',
];

const server = readSources('server');
const agent = readSources('agent');
const web = readSources('web/src');
const written = (folder: string) =>
  existsSync(folder) ? readSources(folder).filter(({ path }) => !path.includes('/generated/')) : [];
/** The package that callers take, and who takes it. */
const client = written('client');
const cli = written('cli');
const imports = [...server, ...agent].flatMap((source) => source.imports);

/** The folder below server/, null for the top: app.ts, main.ts, context.ts … */
const sliceOf = (path: string): string | null => /^server\/([^/]+)\//.exec(path)?.[1] ?? null;
const isTop = (path: string): boolean => path.startsWith('server/') && sliceOf(path) === null;
/** A slice's `schema.ts` and the files of the folder `schema/` beside it, which lie no deeper. */
const isSchema = (path: string): boolean => /^server\/[^/]+\/schema(\/[^/]+)?\.ts$/.test(path);

/** The agents' own GraphQL. */
const isAgentSchema = (path: string): boolean => /^server\/hosts\/agent-schema(\/[^/]+)?\.ts$/.test(path);
/** What serves it. */
const isAgentEndpoint = (path: string): boolean =>
  /^server\/hosts\/agent-(documents|endpoint|sockets)\.ts$/.test(path);
const isGraphqlEdge = (path: string): boolean =>
  isTop(path) ||
  isSchema(path) ||
  sliceOf(path) === 'graphql' ||
  isAgentSchema(path) ||
  isAgentEndpoint(path);

const shown = (found: readonly Import[]): string[] => found.map(({ from, to }) => `${from} imports ${to}`);

describe('the layout', () => {
  it('is read: the sources import one another', () => {
    expect(server.length).toBeGreaterThan(40);
    expect(agent.length).toBeGreaterThan(5);
    expect(shown(imports)).toContain('server/app.ts imports server/context.ts');
    expect(shown(imports)).toContain('server/main.ts imports server/app.ts');
    const targets = new Set([...server, ...agent].map(({ path }) => path));
    const generated = (to: string) => to.startsWith('prisma/generated/');
    const unknown = imports.filter(
      ({ to }) => to.endsWith('.ts') && to.includes('/') && !targets.has(to) && !generated(to),
    );
    expect(shown(unknown)).toEqual([]);
  });

  it('knows every folder of server/', () => {
    const folders = new Set(server.map(({ path }) => sliceOf(path)).filter((slice) => slice !== null));
    expect([...folders].filter((folder) => folder !== 'graphql' && !slices.includes(folder))).toEqual([]);
  });

  it('has slices in a line, which import only to the left', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [here, there] = [sliceOf(from), sliceOf(to)];
      if (here === null || there === null || here === there) return false;
      if (here === 'graphql' || there === 'graphql') return false;
      return slices.indexOf(there) > slices.indexOf(here);
    });
    expect(shown(wrong)).toEqual([]);
  });

  it('lets only the edge of GraphQL know its folder and its packages', () => {
    const isGraphql = ({ to }: Import) =>
      sliceOf(to) === 'graphql' || /^(graphql|graphql-.*|@pothos\/.*)(\/|$)/.test(to);
    const wrong = imports.filter(
      (each) => each.from.startsWith('server/') && isGraphql(each) && !isGraphqlEdge(each.from),
    );
    expect(shown(wrong)).toEqual([]);
  });

  it('lets nobody import a schema but the schema’s assembly and schemas to the right', () => {
    const wrong = imports.filter(
      ({ from, to }) => isSchema(to) && !isSchema(from) && sliceOf(from) !== 'graphql' && !isTop(from),
    );
    expect(shown(wrong)).toEqual([]);
  });

  it('has thin schema.ts: each imports every file of its folder schema/ and nothing else', () => {
    const thin = [...slices.map((slice) => `server/${slice}/schema`), 'server/hosts/agent-schema'];
    const wrong = thin.flatMap((stem) => {
      const folder = server.map(({ path }) => path).filter((path) => path.startsWith(`${stem}/`));
      const own = server.find(({ path }) => path === `${stem}.ts`)?.imports.map(({ to }) => to) ?? [];
      const assembles = stem.endsWith('agent-schema') ? ['graphql'] : [];
      const left = own.filter((to) => !folder.includes(to) && !assembles.includes(to));
      return [...left, ...folder.filter((path) => !own.includes(path))].map((to) => `${stem}.ts: ${to}`);
    });
    expect(wrong).toEqual([]);
  });

  it('keeps callers’ schema and agents’ schema apart', () => {
    const isCallers = (path: string) => isSchema(path) || sliceOf(path) === 'graphql';
    const wrong = imports.filter(
      ({ from, to }) => (isAgentSchema(from) && isCallers(to)) || (isSchema(from) && isAgentSchema(to)),
    );
    expect(shown(wrong)).toEqual([]);
  });

  it('lets slices know the top only by its context, in schemas', () => {
    const wrong = imports.filter(
      ({ from, to, isTypeOnly }) =>
        isTop(to) && !isTop(from) && !(to === 'server/context.ts' && isTypeOnly && isGraphqlEdge(from)),
    );
    expect(shown(wrong)).toEqual([]);
  });

  it('keeps server/ and agent/ apart, and both from lab/, test/, web/, bench/, client/ and cli/', () => {
    const top = (path: string): string => path.split('/', 1)[0] ?? '';
    const others = ['server', 'agent', 'lab', 'test', 'web', 'bench', 'client', 'cli'];
    const wrong = imports.filter(({ from, to }) => others.includes(top(to)) && top(to) !== top(from));
    expect(shown(wrong)).toEqual([]);
  });

  it('keeps the console to itself: it knows the others by schema.graphql alone', () => {
    const outside = web
      .flatMap((source) => source.imports)
      .filter(({ to }) => /^(server|agent|lab|test|bench|prisma|cli)\//.test(to));
    expect(shown(outside)).toEqual([]);
    expect(web.length).toBeGreaterThan(50);
  });

  it('keeps the client to itself, and lets the command line know it alone', () => {
    const outside = (own: string, sources: typeof client, allowed: readonly string[]) =>
      sources
        .flatMap((source) => source.imports)
        .filter(({ to }) => {
          const [top = '', below] = to.split('/');
          const isOurs = below !== undefined && existsSync(top) && top !== 'node_modules';
          return isOurs && top !== own && !allowed.includes(top);
        });
    expect(shown(outside('client', client, []))).toEqual([]);
    expect(shown(outside('cli', cli, ['client']))).toEqual([]);
    expect(cli.length).toBeGreaterThan(50);
    const packages = client
      .flatMap((source) => source.imports)
      .map(({ to }) => to)
      .filter((to) => !to.startsWith('client/'));
    // What a browser has no use for would come along.
    expect([...new Set(packages)].sort()).toEqual(['graphql', 'graphql-ws/client', 'ws']);
  });

  it('names files after what they do', () => {
    const refused = /^(utils?|helpers?|common|misc|shared|manager|index)\.tsx?$|^service\.ts$/;
    const sources = [
      ...server,
      ...agent,
      ...readSources('lab'),
      ...readSources('test'),
      ...readSources('bench'),
      ...web,
      ...client,
      ...cli,
    ];
    expect(sources.map(({ path }) => path).filter((path) => refused.test(basename(path)))).toEqual([]);
    const notKebab = sources
      .map(({ path }) => path)
      .filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.tsx?$/.test(basename(path)));
    expect(notKebab).toEqual([]);
  });

  it('has no file longer than 400 lines', () => {
    const long = [...server, ...agent, ...web, ...client, ...cli]
      .filter(({ lineCount }) => lineCount > 400)
      .map(({ path, lineCount }) => `${path}: ${lineCount}`);
    expect(long).toEqual([]);
  });

  it('has no import in a circle between slices’ files', () => {
    const targets = new Map(server.map(({ path, imports: own }) => [path, own]));
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' → '));
      if (done.has(path) || way.includes(path)) return;
      for (const { to, isTypeOnly } of targets.get(path) ?? []) if (!isTypeOnly) walk(to, [...way, path]);
      done.add(path);
    };
    for (const path of targets.keys()) walk(path, []);
    expect(circles).toEqual([]);
  });
});

// `skep context`: several servers by name, each with its key. Nothing here asks a server.
import type { Command } from 'commander';
import { examplesOf, group, type Setting } from '../command.ts';
import { misuse } from '../complaint.ts';
import { type Contexts, contextNamed, contextsFile, readContexts, writeContexts } from '../contexts.ts';
import { tableOf } from '../print.ts';
import { graphqlUrl, inClear, resolveSettings } from '../settings.ts';
import { readKey } from '../values.ts';

const out = (text: string): void => void process.stdout.write(`${text}\n`);

/** What may be shown of a context: all but its key. */
const shown = ({ current, contexts }: Contexts) =>
  Object.entries(contexts)
    .map(([name, { server, cluster, on }]) => ({ name, current: name === current, server, cluster, on }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

export const addContext = ({ env }: Setting, program: Command): void => {
  const context = group(program, 'context', 'Keep several servers with their keys');
  const command = (words: string, summary: string, examples: readonly string[]): Command =>
    context.command(words).summary(summary).description(summary).addHelpText('after', examplesOf(examples));

  command('create <name>', 'Keep a server and a key; the first one is used from then on', [
    'context create shop --server https://skep.example.org --key-file shop.key',
    'context create shop --server https://skep.example.org --cluster shop < shop.key',
  ])
    .requiredOption('--server <url>', 'address of the server')
    .option('--key-file <file>', 'file that holds the key; - for standard input', '-')
    .option('--cluster <cluster>', 'cluster that is meant when none is named')
    .option('--on <host>', 'host that self means')
    .option('--use', 'use it from now on')
    .option('--replace', 'also when there is one of this name')
    .action((name: string, options: Record<string, string> & { use?: boolean; replace?: boolean }) => {
      if (!/^[\w.-]+$/.test(name)) throw misuse(`${name} is no name`, 'letters, digits, _, - and .');
      const all = readContexts(env);
      if (Object.hasOwn(all.contexts, name) && !options.replace)
        throw misuse(`there is a context ${name} already`, 'add --replace, or take it away: skep context rm');
      const made = {
        server: graphqlUrl(options.server ?? ''),
        key: readKey(options.keyFile ?? '-'),
        cluster: options.cluster ?? null,
        on: options.on ?? null,
      };
      const warning = inClear(made.server);
      if (warning !== null) process.stderr.write(`${warning}\n`);
      const current = options.use || all.current === null ? name : all.current;
      writeContexts(env, { current, contexts: { ...all.contexts, [name]: made } });
      out(name);
    });

  command('use <name>', 'Use a context from now on', ['context use shop']).action((name: string) => {
    const all = readContexts(env);
    contextNamed(all, name);
    writeContexts(env, { ...all, current: name });
    out(name);
  });

  command('ls', 'List contexts; keys are not shown', ['context ls', 'context ls --format json'])
    .alias('list')
    .option('--format <form>', 'table or json')
    .option('-q, --quiet', 'only names')
    .action(({ format, quiet }: { format?: string; quiet?: boolean }) => {
      const rows = shown(readContexts(env));
      if (quiet) for (const { name } of rows) out(name);
      else if (format === 'json') out(JSON.stringify(rows, null, 2));
      else
        out(
          tableOf(
            ['NAME', 'SERVER', 'CLUSTER', 'ON'],
            rows.map(({ name, current, server, cluster, on }) => [
              `${name}${current ? ' *' : ''}`,
              server,
              cluster ?? '',
              on ?? '',
            ]),
          ),
        );
    });

  command('rm <name...>', 'Forget contexts with their keys', ['context rm shop'])
    .alias('remove')
    .action((names: string[]) => {
      const all = readContexts(env);
      for (const name of names) contextNamed(all, name);
      const contexts = Object.fromEntries(
        Object.entries(all.contexts).filter(([name]) => !names.includes(name)),
      );
      const current = all.current !== null && Object.hasOwn(contexts, all.current) ? all.current : null;
      writeContexts(env, { current, contexts });
      for (const name of names) out(name);
    });

  command('show [name]', 'Show a context, or what commands use now', ['context show', 'context show shop'])
    .option('--format <form>', 'table or json')
    .action((name: string | undefined, { format }: { format?: string }) => {
      const { url, keyFrom, cluster, on } = resolveSettings(name === undefined ? {} : { context: name }, env);
      if (format === 'json')
        out(JSON.stringify({ server: url, keyFrom, cluster, on, file: contextsFile(env) }, null, 2));
      else
        out(
          [
            `Server:\t\t${url}`,
            `Key from:\t${keyFrom}`,
            `Cluster:\t${cluster ?? 'the only one'}`,
            `On:\t\t${on ?? 'the leader’s host'}`,
            `Kept in:\t${contextsFile(env)}`,
          ].join('\n'),
        );
    });
};

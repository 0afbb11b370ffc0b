// What may come next on a command line: `skep complete -- words…`, which the shells' scripts ask.
import type { RootCommand } from '@bomb.sh/tab';
import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { guards } from './command.ts';
import { readContexts } from './contexts.ts';
import {
  ClusterNamesDocument,
  HostNamesDocument,
  NodeNamesDocument,
  WebhookNamesDocument,
} from './generated/documents.ts';
import { kebab } from './report.ts';
import { openSession, type Session } from './session.ts';
import { resolveSettings } from './settings.ts';

/** Somebody waits for the next letter. */
const patienceMs = 1_500;

const words: Record<string, readonly string[]> = {
  availability: ['active', 'pause', 'drain'],
  format: ['table', 'json'],
  override: guards.map(kebab),
};

/** Names by the argument or option that takes them. */
const askFor: Record<string, (session: Session) => Promise<string[]>> = {
  node: async (session) =>
    (await session.ask(NodeNamesDocument, {})).nodes.edges.map(({ node }) => node.hostname),
  host: async (session) =>
    (await session.ask(HostNamesDocument, {})).hosts.edges.map(({ node }) => node.name),
  cluster: async (session) => (await session.ask(ClusterNamesDocument, {})).clusters.map(({ name }) => name),
  webhook: async (session) => (await session.ask(WebhookNamesDocument, {})).webhooks.map(({ name }) => name),
};
const kindOfOption: Record<string, string> = { host: 'host', on: 'host', cluster: 'cluster', node: 'node' };

const commandOf = (program: Command, line: readonly string[]): Command => {
  let found = program;
  for (const word of line) {
    const next = found.commands.find((child) => child.name() === word || child.aliases().includes(word));
    if (next) found = next;
  }
  return found;
};

/**
 * What stands on a command line as it is. Shells expand what they are told may come next (bash: `compgen -W`), so that a
 * machine which calls itself `$(…)` would run that where somebody presses Tab.
 */
const isWord = (name: string): boolean => /^[\p{L}\p{N}_][\p{L}\p{N}_.@+-]*$/u.test(name);

/** Without an answer in time there are no names: a shell is not told of errors. */
const namesOf = async (kind: string, env: NodeJS.ProcessEnv): Promise<string[]> => {
  try {
    if (kind === 'context') return Object.keys(readContexts(env).contexts);
    const signal = AbortSignal.timeout(patienceMs);
    const session = openSession(resolveSettings({}, env), { format: 'json', quiet: true, signal });
    const late = new Promise<string[]>((resolve) => {
      signal.addEventListener('abort', () => resolve([]));
    });
    return await Promise.race([askFor[kind]?.(session) ?? [], late]);
  } catch {
    return [];
  }
};

/** Prints the suggestions. @param line what was typed after `skep`; the last word may be unfinished */
export const complete = async (
  program: Command,
  line: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> => {
  const command = commandOf(program, line.slice(0, -1));
  const option = kindOfOption[line.at(-2)?.replace(/^--/, '') ?? ''];
  const isContext = command.parent?.name() === 'context' || line.at(-2) === '--context';
  const kind = isContext ? 'context' : (option ?? command.registeredArguments[0]?.name() ?? '');
  const found = kind === 'context' || kind in askFor ? (await namesOf(kind, env)).filter(isWord) : [];
  const root = tab(program);
  suggest(root, kind, found);
  root.parse([...line]);
};

const suggest = (root: RootCommand, kind: string, found: readonly string[]): void => {
  for (const command of root.commands.values()) {
    for (const argument of command.arguments.values())
      if (argument.name === kind || (kind === 'context' && argument.name === 'name'))
        argument.handler = (add) => {
          for (const name of found) add(name, '');
        };
    for (const [name, option] of command.options) {
      const fixed = words[name] ?? ((kindOfOption[name] ?? name) === kind ? found : undefined);
      if (fixed)
        option.handler = (add) => {
          for (const word of fixed) add(word, '');
        };
    }
  }
};

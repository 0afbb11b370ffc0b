// Servers by name with their keys, in one file that only its owner can read: $XDG_CONFIG_HOME/skep/contexts.json.
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { misuse } from './complaint.ts';

export type Context = {
  server: string;
  key: string;
  /** Name or id; null: the only one. */
  cluster: string | null;
  /** The host that `self` means; null: the leader's. */
  on: string | null;
};

export type Contexts = { current: string | null; contexts: Record<string, Context> };

export const contextsFile = (env: NodeJS.ProcessEnv): string =>
  join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'skep', 'contexts.json');

/** @throws Complaint when others can read the file, or when it is none of ours. */
export const readContexts = (env: NodeJS.ProcessEnv): Contexts => {
  const path = contextsFile(env);
  let text: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0)
      throw misuse(`${path} holds keys and is open to other users`, `chmod 600 ${path}`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { current: null, contexts: {} };
    throw error;
  }
  try {
    const { current = null, contexts = {} } = JSON.parse(text) as Partial<Contexts>;
    return { current, contexts };
  } catch {
    throw misuse(`${path} is no JSON`, 'mend or delete it, then: skep context create');
  }
};

/** Replaces the file at once: a reader finds the old one or the new one. */
export const writeContexts = (env: NodeJS.ProcessEnv, contexts: Contexts): void => {
  const path = contextsFile(env);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.${process.pid}`;
  writeFileSync(part, `${JSON.stringify(contexts, null, 2)}\n`, { mode: 0o600 });
  chmodSync(part, 0o600);
  renameSync(part, path);
};

/** @throws Complaint when there is none of that name. */
export const contextNamed = (contexts: Contexts, name: string): Context => {
  const found = Object.hasOwn(contexts.contexts, name) ? contexts.contexts[name] : undefined;
  if (!found) throw misuse(`there is no context ${name}`, 'list them: skep context ls');
  return found;
};

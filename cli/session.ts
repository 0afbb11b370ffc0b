// What a command works with: the server, and where its words go.
import type { SkepClient, TypedDocument } from '../client/client.ts';
import { fetchByPost } from './post.ts';
import { printable } from './printable.ts';
import { scrub } from './scrub.ts';
import { inClear, type Settings } from './settings.ts';

export type Format = 'table' | 'json';

export type Session = {
  settings: Settings;
  format: Format;
  /** Only ids, names and secrets that were asked for. */
  quiet: boolean;
  /** Standard error is a terminal: progress may be drawn. */
  drawn: boolean;
  /** Ended by Ctrl-C; `interrupted` says so to whoever did not expect the end. */
  signal: AbortSignal;
  out(text: string): void;
  err(text: string): void;
  ask<Data, Variables extends object>(
    document: TypedDocument<Data, Variables>,
    variables: Variables,
  ): Promise<Data>;
  listen<Data, Variables extends object>(
    document: TypedDocument<Data, Variables>,
    variables: Variables,
    options?: { after?: string; signal?: AbortSignal; onLine?(up: boolean): void },
  ): AsyncIterableIterator<Data>;
  close(): Promise<void>;
};

export const openSession = (
  settings: Settings,
  { format, quiet, signal }: { format: Format; quiet: boolean; signal: AbortSignal },
): Session => {
  let made: Promise<SkepClient> | undefined;
  // Loaded when it is needed: `skep --help` opens no connection.
  const client = (): Promise<SkepClient> => {
    made ??= (async () => {
      const key = settings.key();
      const warning = inClear(settings.url);
      if (warning !== null) process.stderr.write(`${warning}\n`);
      const { createSkepClient } = await import('../client/client.ts');
      return createSkepClient({ url: settings.url, key, fetch: fetchByPost });
    })();
    return made;
  };
  return {
    settings,
    format,
    quiet,
    drawn: process.stderr.isTTY === true,
    signal,
    out: (text) => void process.stdout.write(`${printable(text)}\n`),
    err: (text) => void process.stderr.write(`${scrub(text)}\n`),
    ask: async (document, variables) => {
      // What was sent of a mutation may be done: whoever sends it says what a Ctrl-C means.
      const isMutation = String(document).trimStart().startsWith('mutation');
      return (await client()).request(document, variables, isMutation ? {} : { signal });
    },
    async *listen(document, variables, options) {
      yield* (await client()).subscribe(document, variables, { signal, ...options });
    },
    close: async () => {
      await made?.then(
        (opened) => opened.close(),
        () => undefined,
      );
    },
  };
};

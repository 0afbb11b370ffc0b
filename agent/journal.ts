// The agent's memory of commands that change something: what makes each of them take effect at most once.
import {
  closeSync,
  existsSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { type Completion, completion } from './contract.ts';
import { replaceFile } from './durable-file.ts';

const lineShape = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('accepted'),
    id: z.string(),
    at: z.number(),
    kind: z.string(),
    argsHash: z.string(),
    args: z.unknown(),
  }),
  z.object({ state: z.literal('started'), id: z.string(), at: z.number() }),
  z.object({ state: z.literal('result'), id: z.string(), at: z.number(), completion }),
  z.object({ state: z.literal('confirmed'), id: z.string(), at: z.number() }),
]);

type Line = z.infer<typeof lineShape>;

/** What the journal knows of a command. */
export interface JournalEntry {
  readonly state: 'accepted' | 'started' | 'result';
  readonly completion?: Completion;
  /** The server has taken the result. */
  readonly isConfirmed: boolean;
}

/** An effect as it is told to a server whose database was restored; `at`: milliseconds since 1970. */
export interface Remembered {
  readonly id: string;
  readonly kind: string;
  readonly at: number;
  readonly outcome: Completion['outcome'] | null;
  readonly args: unknown;
}

/** The journal. Each method throws when the disk refuses; `started` is on the disk when it returns, the others as told. */
export interface Journal {
  get(id: string): JournalEntry | undefined;
  /** Results that the server has not confirmed, oldest first. */
  unconfirmed(): { id: string; completion: Completion }[];
  /** All effects that are remembered, oldest first. */
  all(): Remembered[];
  /** Ids that were started and have no result: the process was stopped in between. */
  interrupted(): string[];
  /**
   * `args` without secrets; `argsHash` over those.
   *
   * @param isDurable - on the disk when it returns; otherwise when `started` does
   */
  accepted(id: string, command: { kind: string; argsHash: string; args: unknown }, isDurable?: boolean): void;
  started(id: string): void;
  /** On its way to the disk: a power cut may lose it, and costs no more than an answer (UNKNOWN) then. */
  result(id: string, completion: Completion): void;
  /** Not waited for: a lost confirmation only sends a result twice. */
  confirmed(id: string): void;
  close(): void;
}

const keptMs = 7 * 24 * 3600 * 1000;
/** Settled commands that are kept, the newest. */
const keptMost = 10_000;
const compactAboveBytes = 4 * 1024 * 1024;

/**
 * Opens the journal of a state folder: one JSON object a line. A torn last line, the mark of a crash in the middle of
 * an append, was never acted on and is cut off. A result goes once it is confirmed and older than seven days, or not among the newest 10,000.
 *
 * @throws Error when a line before the last cannot be read: a lost «started» could let a command run twice
 */
export function openJournal({ folder, now = Date.now }: { folder: string; now?: () => number }): Journal {
  const path = join(folder, 'journal.jsonl');
  const commands = new Map<string, Line[]>();
  for (const line of readLines(path)) remember(line);
  let handle = -1;
  let bytes = 0;
  let compactAbove = compactAboveBytes;
  let isBroken = false;
  compact();

  function remember(line: Line): void {
    commands.set(line.id, [...(commands.get(line.id) ?? []), line]);
  }

  // Also the way in: it rewrites the file without its torn end.
  function compact(): void {
    const oldest = now() - keptMs;
    // Never begun counts as settled too: sent again, it would be accepted anew.
    const settled = [...commands].filter(
      ([, lines]) => lines.some((line) => line.state === 'confirmed') || entryOf(lines).state === 'accepted',
    );
    const tooMany = settled.length - keptMost;
    for (const [index, [id, lines]] of settled.entries())
      if (index < tooMany || lines.every((line) => line.at < oldest)) commands.delete(id);
    const content = [...commands.values()].flat().map((line) => `${JSON.stringify(line)}\n`);
    replaceFile(path, content.join(''));
    if (handle !== -1) closeSync(handle);
    handle = openSync(path, 'a', 0o600);
    bytes = Buffer.byteLength(content.join(''));
    compactAbove = Math.max(compactAboveBytes, 2 * bytes);
  }

  function append(line: Line, isDurable: boolean): void {
    if (isBroken) throw new Error('the journal is closed, or could not be mended: start the agent again');
    const data = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      if (writeSync(handle, data) !== data.length) throw new Error('the journal was written in part only');
      if (isDurable) fsyncSync(handle);
    } catch (error) {
      // Half a line must not stand before the next one.
      isBroken = true;
      ftruncateSync(handle, bytes);
      isBroken = false;
      throw error;
    }
    bytes += data.length;
    remember(line);
  }

  return {
    get: (id) => {
      const lines = commands.get(id);
      return lines === undefined ? undefined : entryOf(lines);
    },
    unconfirmed: () =>
      [...commands].flatMap(([id, lines]) => {
        const entry = entryOf(lines);
        return entry.completion === undefined || entry.isConfirmed
          ? []
          : [{ id, completion: entry.completion }];
      }),
    all: () =>
      [...commands].flatMap(([id, lines]) => {
        const accepted = lines.find((line) => line.state === 'accepted');
        if (accepted === undefined) return [];
        const { kind, at, args = null } = accepted;
        return [{ id, kind, at, outcome: entryOf(lines).completion?.outcome ?? null, args }];
      }),
    interrupted: () =>
      [...commands].filter(([, lines]) => entryOf(lines).state === 'started').map(([id]) => id),
    accepted: (id, command, isDurable = true) =>
      append({ state: 'accepted', id, at: now(), ...command }, isDurable),
    started: (id) => append({ state: 'started', id, at: now() }, true),
    result: (id, ended) => {
      append({ state: 'result', id, at: now(), completion: ended }, false);
      // Not waited for, nor is what becomes of it: a disk that refuses says so at the next `started`.
      fsync(handle, () => {});
      if (bytes > compactAbove) compact();
    },
    confirmed: (id) => append({ state: 'confirmed', id, at: now() }, false),
    close: () => {
      // The number of a closed handle may soon be another file's.
      isBroken = true;
      closeSync(handle);
    },
  };
}

function entryOf(lines: readonly Line[]): JournalEntry {
  const result = lines.find((line) => line.state === 'result');
  const isConfirmed = lines.some((line) => line.state === 'confirmed');
  if (result !== undefined) return { state: 'result', completion: result.completion, isConfirmed };
  return { state: lines.some((line) => line.state === 'started') ? 'started' : 'accepted', isConfirmed };
}

function readLines(path: string): Line[] {
  if (!existsSync(path)) return [];
  const texts = readFileSync(path, 'utf8').split('\n');
  // Behind the last newline stands nothing, or a line whose append was never finished.
  return texts.slice(0, -1).map((text, index) => {
    const parsed = lineShape.safeParse(parseJson(text));
    if (!parsed.success) throw new Error(`${path}, line ${index + 1} cannot be read: the disk changed it`);
    return parsed.data;
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

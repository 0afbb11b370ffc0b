// Which life of the database this is. A database that is older than what it is known to have been was restored: that
// begins a new generation, whose cursors, heads and open operations are its own.
import { closeSync, fsyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import { uuidv7 } from './ids.ts';

/** Why a generation began, until what was open in the database is ended (`settle`). */
export type Restored = {
  previous: string;
  why: string;
  /** The last event of the database, and the last that is known to have been written; null: not known. */
  eventSeq: number;
  knownSeq: number | null;
  at: string;
  isRecorded: boolean;
};

export type Generation = {
  id: string;
  /** What this database was before, and what it took over from. */
  former: readonly string[];
  restored: Restored | null;
  /** An event was committed: remembered outside the database. */
  keep(eventSeq: number): void;
  /** The database is older than somebody knows: the next start begins a new generation. */
  doubt(why: string): void;
  /** What was done about a restore is on record. */
  recorded(): Promise<void>;
  settle(): Promise<void>;
  close(): void;
};

const side = z.object({ generation: z.string(), seq: z.number(), doubt: z.string().nullable() });
type Side = z.infer<typeof side>;

/** In one write of one length: a reader meets the old text or the new. */
const lineLength = 400;

const readSide = (file: string): Side | null => {
  try {
    return side.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
};

const lineOf = (content: Side): string => `${JSON.stringify(content).padEnd(lineLength)}\n`;

/**
 * Says beside a database that no server has open that it was restored: its next start begins a new generation.
 *
 * @param database what it says of itself. @param replaced `generation.json` of the folder that it takes the place of:
 * what agents know of that generation is then known to be of this installation.
 */
export const foretellRestore = ({
  folder,
  database,
  replaced,
  why,
}: {
  folder: string;
  database: { generation: string; former: readonly string[]; lastEvent: number };
  replaced: string | null;
  why: string;
}): void => {
  const old = replaced === null ? null : readSide(replaced);
  const { generation, former, lastEvent } = database;
  const known = old !== null && !former.includes(old.generation) ? old : { generation, seq: lastEvent };
  const content = { generation: known.generation, seq: known.seq, doubt: why.slice(0, 200) };
  writeFileSync(join(folder, 'generation.json'), lineOf(content), { mode: 0o600, flush: true });
};

/** Why the database is an older one than the file beside it knows, or null. */
const olderBecause = (
  id: string,
  former: readonly string[],
  eventSeq: number,
  kept: Side | null,
): string | null => {
  if (kept === null) return 'the file that stands beside the database is missing: it was restored, or moved';
  if (kept.generation !== id)
    return former.includes(kept.generation)
      ? null
      : 'the data folder was of a generation that the database does not know';
  if (kept.doubt !== null) return kept.doubt;
  return kept.seq > eventSeq ? 'events are missing that the server had written' : null;
};

/**
 * @param folder of `generation.json`, which is never in a backup: what the database is held against.
 * @param takeOver a generation of another server with this one's key, which is to go on here; null: none.
 */
export const openGeneration = async ({
  db,
  folder,
  takeOver,
  clock,
}: {
  db: Database;
  folder: string;
  takeOver: string | null;
  clock: Clock;
}): Promise<Generation> => {
  const setting = async (key: string): Promise<string | null> =>
    (await db.read.setting.findUnique({ where: { key } }))?.value ?? null;
  const store = (key: string, value: string) => ({
    where: { key },
    create: { key, value },
    update: { value },
  });

  const file = join(folder, 'generation.json');
  const kept = readSide(file);
  const eventSeq = (await db.read.event.aggregate({ _max: { seq: true } }))._max.seq ?? 0;
  const known = await setting('generation');
  let id = known ?? uuidv7();
  const former: string[] = JSON.parse((await setting('formerGenerations')) ?? '[]');
  let restored: Restored | null = JSON.parse((await setting('restored')) ?? 'null');

  const isKnown = (other: string): boolean => other === id || former.includes(other);
  const taken = takeOver !== null && known !== null && !isKnown(takeOver) ? takeOver : null;
  const why =
    known === null
      ? null
      : taken !== null
        ? `told to take over from generation ${taken}`
        : olderBecause(id, former, eventSeq, kept);
  if (known === null) await db.write(async (tx) => void (await tx.setting.upsert(store('generation', id))));
  else if (why !== null) {
    const others = [taken, kept?.generation ?? null].filter((one) => one !== null && !isKnown(one));
    former.push(id, ...others.map(String));
    restored = {
      previous: id,
      why,
      eventSeq,
      knownSeq: kept?.seq ?? null,
      at: clock.now().toISOString(),
      isRecorded: false,
    };
    id = uuidv7();
    await db.write(async (tx) => {
      await tx.setting.upsert(store('generation', id));
      await tx.setting.upsert(store('formerGenerations', JSON.stringify(former)));
      await tx.setting.upsert(store('restored', JSON.stringify(restored)));
    });
  }

  const handle = openSync(file, kept === null ? 'w' : 'r+', 0o600);
  let doubted: string | null = null;
  const write = (seq: number): void => {
    writeSync(handle, lineOf({ generation: id, seq, doubt: doubted }), 0);
  };
  let last = eventSeq;
  write(last);
  fsyncSync(handle);

  return {
    id,
    former,
    restored,
    keep: (seq) => {
      last = seq;
      try {
        write(seq);
      } catch {
        // It is behind then, which makes no restore of what is none.
      }
    },
    doubt: (reason) => {
      doubted = reason.slice(0, 200);
      write(last);
    },
    recorded: async () => {
      const value = JSON.stringify({ ...restored, isRecorded: true });
      await db.write(async (tx) => void (await tx.setting.upsert(store('restored', value))));
    },
    settle: async () => {
      await db.write(async (tx) => void (await tx.setting.deleteMany({ where: { key: 'restored' } })));
    },
    close: () => closeSync(handle),
  };
};

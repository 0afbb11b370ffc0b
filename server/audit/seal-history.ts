// Retention: a first part of the history goes into a file, which is read back, then sealed on record, and only then deleted.
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Events } from '../platform/events.ts';
import { failpoint } from '../platform/failpoints.ts';
import type { Log } from '../platform/log.ts';
import { system } from './actor.ts';
import { exportLines } from './export.ts';
import { createCheck } from './offline/check.ts';
import { readExport } from './offline/read-lines.ts';
import type { Audit } from './record.ts';
import { type Seal, sealText } from './seal.ts';
import { digestOf, unsealed } from './sealed-file.ts';

export type SealHistory = {
  /** The number of the last record that is older, of those that no seal covers; null: there is none. */
  lastBefore(before: Date): Promise<number | null>;
  /** Seals all records up to this one, and deletes them. Goes on where an earlier try was broken off. @returns new seals. */
  upTo(seq: number): Promise<Seal[]>;
  /** Deletes what is sealed and still there: an earlier process may have been killed in between. */
  finish(): Promise<void>;
};

/** Records of one file. */
const mostInSeal = 50_000;
/** Records that are deleted in one transaction. */
const deletedAtOnce = 500;

const syncPath = async (path: string): Promise<void> => {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
};

/** @param folder of the sealed files. @param about the installation; `sign` with the key that agents trust. */
export const createSealHistory = ({
  db,
  events,
  audit,
  folder,
  about,
  sign,
  clock,
  log,
}: {
  db: Database;
  events: Events;
  audit: Audit;
  folder: string;
  about: { server: string; generation: string; publicKey: string };
  sign: (text: string) => string;
  clock: Clock;
  log: Log;
}): SealHistory => {
  const lastSeal = () => db.read.auditSeal.findFirst({ orderBy: { toSeq: 'desc' } });
  // One after the other, whoever asks: a mutation and the timer.
  let tail: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };

  /** Durable and read back when it resolves; nothing in the database has changed. */
  const writeFile = async (fromSeq: number, toSeq: number): Promise<{ file: string; digest: string }> => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const part = join(folder, `audit-${fromSeq}.part`);
    const lines = exportLines(db, { filter: {}, scope: null, fromSeq, toSeq }, { ...about, at: clock.now() });
    await pipeline(Readable.from(lines), createGzip(), createWriteStream(part, { mode: 0o600 }));
    await syncPath(part);
    const digest = await digestOf(part);
    const file = `audit-${String(fromSeq).padStart(12, '0')}-${String(toSeq).padStart(12, '0')}-${digest.slice(0, 8)}.ndjson.gz`;
    renameSync(part, join(folder, unsealed(file)));
    await syncPath(folder);
    return { file, digest };
  };

  /** @throws Error when the file is not the history, verified, from one record to the other. */
  const readBack = async (file: string, fromSeq: number, toSeq: number): Promise<void> => {
    const check = createCheck({ kept: [], publicKey: about.publicKey });
    for await (const line of readExport(join(folder, unsealed(file)))) check.take(line);
    const { ok, from, to, records, faults } = check.end();
    if (ok && from === fromSeq && to === toSeq && records === toSeq - fromSeq + 1) return;
    rmSync(join(folder, unsealed(file)));
    const [fault] = faults;
    throw new Error(
      `the history is not sealed, for it does not verify: ${fault ? `record ${fault.seq}: ${fault.message}` : 'records are missing'}`,
    );
  };

  /** Gives a file that is sealed its name; one that an earlier process sealed may have it already. */
  const keep = async (file: string): Promise<void> => {
    if (!existsSync(join(folder, unsealed(file)))) return;
    renameSync(join(folder, unsealed(file)), join(folder, file));
    await syncPath(folder);
  };

  const seal = async (fromSeq: number, toSeq: number): Promise<Seal> => {
    const { file, digest } = await writeFile(fromSeq, toSeq);
    await readBack(file, fromSeq, toSeq);
    await failpoint('seal.fileWritten');
    const ends = await db.read.auditRecord.findMany({
      where: { seq: { in: [fromSeq, toSeq] } },
      select: { previousHash: true, hash: true },
      orderBy: { seq: 'asc' },
    });
    const content: Omit<Seal, 'signature'> = {
      server: about.server,
      generation: about.generation,
      fromSeq,
      toSeq,
      firstPreviousHash: ends[0]?.previousHash ?? '',
      lastHash: ends.at(-1)?.hash ?? '',
      count: toSeq - fromSeq + 1,
      file,
      digest,
      at: clock.now().toISOString(),
    };
    const made: Seal = { ...content, signature: sign(sealText(content)) };
    await events.transact(async (tx, emit) => {
      await tx.auditSeal.create({ data: made });
      await audit.append(tx, emit, { phase: 'OBSERVED', action: 'auditSealed', actor: system, input: made });
    });
    await failpoint('seal.sealed');
    await keep(file);
    log.info({ fromSeq, toSeq, file }, 'a part of the history is sealed');
    return made;
  };

  const deleteSealed = async (): Promise<void> => {
    for (const { fromSeq, toSeq, file, digest } of await db.read.auditSeal.findMany({
      orderBy: { toSeq: 'asc' },
    })) {
      if (!(await db.read.auditRecord.findFirst({ where: { seq: { gte: fromSeq, lte: toSeq } } }))) continue;
      await keep(file);
      const path = join(folder, file);
      if (!existsSync(path) || (await digestOf(path)) !== digest) {
        log.error({ file }, 'a sealed file is missing or was changed: its records are not deleted');
        return;
      }
      for (let upTo = fromSeq; upTo <= toSeq; ) {
        upTo = Math.min(upTo + deletedAtOnce, toSeq + 1);
        const seq = { lt: upTo };
        await db.write(async (tx) => {
          await tx.auditTarget.deleteMany({ where: { seq } });
          await tx.auditHead.deleteMany({ where: { seq } });
          await tx.auditRecord.deleteMany({ where: { seq } });
        });
        await failpoint('seal.someDeleted');
      }
    }
  };

  return {
    lastBefore: async (before) => {
      const sealed = (await lastSeal())?.toSeq ?? 0;
      const newest = await db.read.auditRecord.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true } });
      const found = await db.read.auditRecord.findFirst({
        where: { at: { lt: before }, seq: { gt: sealed, lt: newest?.seq ?? 0 } },
        orderBy: { seq: 'desc' },
        select: { seq: true },
      });
      return found?.seq ?? null;
    },
    upTo: (seq) =>
      alone(async () => {
        const made: Seal[] = [];
        for (;;) {
          const fromSeq = ((await lastSeal())?.toSeq ?? 0) + 1;
          if (fromSeq > seq) break;
          made.push(await seal(fromSeq, Math.min(seq, fromSeq + mostInSeal - 1)));
        }
        await deleteSealed();
        return made;
      }),
    finish: () => alone(deleteSealed),
  };
};

// Signs the head of the history, keeps what it signed, and tells of the newest.
import { EventEmitter } from 'node:events';
import type { AuditHead as Row } from '../../prisma/generated/client.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Events } from '../platform/events.ts';
import type { Log } from '../platform/log.ts';
import { system } from './actor.ts';
import { headText, type SignedHead } from './head.ts';
import type { Audit, Phase } from './record.ts';

export type Heads = {
  /** The newest of this generation; null in an empty history. */
  newest(): SignedHead | null;
  /** A record was appended: an outcome is signed at once, others within ten seconds. */
  appended(phase: Phase): void;
  /** Calls when there is a newer one. @returns what forgets the call. */
  onMade(listener: () => void): () => void;
  /** Signs what is not signed yet, and stops. */
  stop(): Promise<void>;
};

/** Between an outcome and its head, so that a burst of outcomes has one. */
const soonMs = 250;
const laterMs = 10_000;

export const headOf = (server: string, row: Omit<Row, 'at'> & { at: Date }): SignedHead => ({
  server,
  generation: row.generation,
  seq: row.seq,
  hash: row.hash,
  at: row.at.toISOString(),
  signature: row.signature,
});

/**
 * A database that is of another generation than its newest head was restored: that is put on record as
 * `generationBegan`, with the record after which the new one goes on.
 *
 * @param server the installation's id. @param sign with the key that agents trust.
 */
export const createHeads = async ({
  db,
  events,
  audit,
  sign,
  server,
  generation,
  clock,
  log,
}: {
  db: Database;
  events: Events;
  audit: Audit;
  sign: (text: string) => string;
  server: string;
  generation: string;
  clock: Clock;
  log: Log;
}): Promise<Heads> => {
  const bell = new EventEmitter().setMaxListeners(0);
  const ofGeneration = await db.read.auditHead.findFirst({
    where: { generation },
    orderBy: { seq: 'desc' },
  });
  let newest = ofGeneration && headOf(server, ofGeneration);
  let timer: NodeJS.Timeout | null = null;
  let dueAtMs = Number.POSITIVE_INFINITY;

  const make = (): Promise<SignedHead | null> =>
    db.write(
      async (tx) => {
        const record = await tx.auditRecord.findFirst({
          orderBy: { seq: 'desc' },
          select: { seq: true, hash: true },
        });
        if (!record || record.seq <= (newest?.seq ?? 0)) return null;
        const content = { server, generation, ...record, at: clock.now().toISOString() };
        const head = { ...content, signature: sign(headText(content)) };
        const { server: _, ...row } = head;
        await tx.auditHead.create({ data: { ...row, at: new Date(row.at) } });
        return head;
      },
      (head) => {
        if (!head) return;
        newest = head;
        bell.emit('made');
      },
    );

  const within = (ms: number): void => {
    const atMs = performance.now() + ms;
    if (atMs >= dueAtMs) return;
    if (timer) clearTimeout(timer);
    dueAtMs = atMs;
    timer = setTimeout(() => {
      timer = null;
      dueAtMs = Number.POSITIVE_INFINITY;
      make().catch((error: unknown) => {
        log.warn({ err: error }, 'a head of the history was not signed');
        within(laterMs);
      });
    }, ms);
  };

  const last = await db.read.auditHead.findFirst({ orderBy: { at: 'desc' } });
  if (last && last.generation !== generation) {
    await events.transact(async (tx, emit) => {
      const record = await tx.auditRecord.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true } });
      const input = { generation, previous: last.generation, afterSeq: record?.seq ?? 0 };
      await audit.append(tx, emit, { phase: 'OBSERVED', action: 'generationBegan', actor: system, input });
    });
  }
  await make();

  return {
    newest: () => newest,
    appended: (phase) => within(phase === 'OUTCOME' ? soonMs : laterMs),
    onMade: (listener) => {
      bell.on('made', listener);
      return () => void bell.off('made', listener);
    },
    stop: async () => {
      if (timer) clearTimeout(timer);
      dueAtMs = Number.NEGATIVE_INFINITY;
      await make().catch((error: unknown) =>
        log.warn({ err: error }, 'the last head of the history was not signed'),
      );
    },
  };
};

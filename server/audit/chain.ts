// The hash chain: what is hashed, and how it is verified.
import { createHash } from 'node:crypto';
import type { PrismaClient } from '../../prisma/generated/client.ts';

/** `previousHash` of the first record. */
export const chainStart = '0'.repeat(64);

/** What the hash covers: every column but the hash itself. */
export type ChainedContent = { seq: number; at: Date; previousHash: string } & Record<string, unknown>;

/**
 * SHA-256, hex, over the record's columns as JSON with sorted keys. Hashing the stored texts, not what they mean, makes
 * the check independent of how JSON is written.
 */
export const hashOf = (content: ChainedContent): string => {
  const { hash: _, ...covered } = content;
  const sorted = Object.fromEntries(Object.entries(covered).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update('skep-audit-v1\0').update(JSON.stringify(sorted)).digest('hex');
};

export type Verification = {
  ok: boolean;
  /** Records read. */
  checked: number;
  /** Sequence number and hash of the newest record read. */
  head: { seq: number; hash: string } | null;
  /** The first record that does not fit, and why. */
  fault: { seq: number; message: string } | null;
};

export type Link = { seq: number; hash: string };

/** What is wrong with a record that comes after another; null: it fits. */
const faultOf = (row: ChainedContent & { hash: string }, previous: Link): string | null => {
  if (row.seq !== previous.seq + 1) return `record ${previous.seq + 1} is missing`;
  if (row.previousHash !== previous.hash) return 'it does not follow from the record before';
  return row.hash === hashOf(row) ? null : 'its content was changed';
};

const pageSize = 1_000;

/**
 * Where the chain begins: at its first record, or at the last seal whose records were deleted. Records that a seal
 * covers and that are still there are checked too.
 */
const beginning = async (read: PrismaClient): Promise<Link> => {
  const lowest = await read.auditRecord.findFirst({
    orderBy: { seq: 'asc' },
    select: { seq: true, previousHash: true },
  });
  if (!lowest || lowest.seq === 1) return { seq: 0, hash: chainStart };
  const seal = await read.auditSeal.findFirst({
    where: { toSeq: { gte: lowest.seq - 1 } },
    orderBy: { toSeq: 'asc' },
  });
  if (!seal) return { seq: 0, hash: chainStart };
  // In the middle of a sealed part, whose deletion was broken off: its end is held against the seal below.
  return { seq: lowest.seq - 1, hash: seal.toSeq === lowest.seq - 1 ? seal.lastHash : lowest.previousHash };
};

/** Reads the whole history and checks each link: edited, missing, reordered and inserted records show. */
export const verifyChain = async (read: PrismaClient): Promise<Verification> => {
  const seals = new Map((await read.auditSeal.findMany()).map(({ toSeq, lastHash }) => [toSeq, lastHash]));
  let previous = await beginning(read);
  let checked = 0;
  for (;;) {
    const rows = await read.auditRecord.findMany({
      where: { seq: { gt: previous.seq } },
      orderBy: { seq: 'asc' },
      take: pageSize,
    });
    for (const row of rows) {
      const sealed = seals.get(row.seq);
      const message =
        faultOf(row, previous) ??
        (sealed !== undefined && sealed !== row.hash ? 'its seal says that it had another hash' : null);
      if (message !== null) return { ok: false, checked, head: previous, fault: { seq: row.seq, message } };
      previous = { seq: row.seq, hash: row.hash };
      checked += 1;
    }
    if (rows.length < pageSize) break;
  }
  return { ok: true, checked, head: previous.seq === 0 ? null : previous, fault: null };
};

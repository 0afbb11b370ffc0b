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

const pageSize = 1_000;

/** Reads the whole history and checks each link: edited, missing, reordered and inserted records show. */
export const verifyChain = async (read: PrismaClient): Promise<Verification> => {
  let previous = { seq: 0, hash: chainStart };
  for (;;) {
    const rows = await read.auditRecord.findMany({
      where: { seq: { gt: previous.seq } },
      orderBy: { seq: 'asc' },
      take: pageSize,
    });
    for (const row of rows) {
      const message =
        row.seq !== previous.seq + 1
          ? `record ${previous.seq + 1} is missing`
          : row.previousHash !== previous.hash
            ? 'it does not follow from the record before'
            : row.hash !== hashOf(row)
              ? 'its content was changed'
              : null;
      if (message !== null)
        return { ok: false, checked: row.seq - 1, head: previous, fault: { seq: row.seq, message } };
      previous = { seq: row.seq, hash: row.hash };
    }
    if (rows.length < pageSize) break;
  }
  return { ok: true, checked: previous.seq, head: previous.seq === 0 ? null : previous, fault: null };
};

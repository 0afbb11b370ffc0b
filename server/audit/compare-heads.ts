// Holds heads that somebody kept against the history as it stands now.
import type { PrismaClient } from '../../prisma/generated/client.ts';
import type { SignedHead } from './head.ts';

/**
 * FITS: the history still has this hash there. CONTRADICTS: it has another one, or ends before, so it was changed.
 * BRANCHED: of a generation that was left before this record, by a restore. UNKNOWN: the record is below what is kept.
 */
export type HeadVerdict = 'FITS' | 'CONTRADICTS' | 'BRANCHED' | 'UNKNOWN';
export type ComparedHead = { head: SignedHead; verdict: HeadVerdict; hash: string | null };

/** The record after which each earlier generation was left: what the history itself says of restores. */
const cutsOf = async (read: PrismaClient): Promise<Map<string, number>> => {
  const began = await read.auditRecord.findMany({
    where: { action: 'generationBegan', actorKind: 'SYSTEM' },
    select: { inputJson: true },
    orderBy: { seq: 'asc' },
  });
  return new Map(
    began.map(({ inputJson }) => {
      const { previous, afterSeq } = JSON.parse(inputJson ?? '{}');
      return [String(previous), Number(afterSeq)];
    }),
  );
};

/** @param generation the present one. */
export const compareHeads = async (
  read: PrismaClient,
  generation: string,
  heads: readonly SignedHead[],
): Promise<ComparedHead[]> => {
  if (heads.length === 0) return [];
  const rows = await read.auditRecord.findMany({
    where: { seq: { in: [...new Set(heads.map(({ seq }) => seq))] } },
    select: { seq: true, hash: true },
  });
  const hashes = new Map(rows.map(({ seq, hash }) => [seq, hash]));
  const lowest = await read.auditRecord.findFirst({ orderBy: { seq: 'asc' }, select: { seq: true } });
  const cuts = await cutsOf(read);
  const verdictOf = (head: SignedHead): HeadVerdict => {
    if (head.generation !== generation && head.seq > (cuts.get(head.generation) ?? 0)) return 'BRANCHED';
    if (lowest && head.seq < lowest.seq) return 'UNKNOWN';
    return hashes.get(head.seq) === head.hash ? 'FITS' : 'CONTRADICTS';
  };
  return heads.map((head) => ({ head, verdict: verdictOf(head), hash: hashes.get(head.seq) ?? null }));
};

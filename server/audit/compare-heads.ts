// Holds heads that somebody kept against the history as it stands now.
import type { PreparedRead } from '../platform/prepared-sql.ts';
import type { SignedHead } from './head.ts';

/**
 * FITS: the history still has this hash there. CONTRADICTS: it has another one, or ends before, so it was changed.
 * BRANCHED: of a generation that was left before this record, by a restore. UNKNOWN: the record is below what is kept.
 */
export type HeadVerdict = 'FITS' | 'CONTRADICTS' | 'BRANCHED' | 'UNKNOWN';
export type ComparedHead = { head: SignedHead; verdict: HeadVerdict; hash: string | null };

const beganSql =
  'SELECT "inputJson" FROM "AuditRecord" WHERE "action" = ? AND "actorKind" = ? ORDER BY "seq"';
const hashesSql = 'SELECT "seq", "hash" FROM "AuditRecord" WHERE "seq" IN (SELECT value FROM json_each(?))';
const lowestSql = 'SELECT "seq" FROM "AuditRecord" ORDER BY "seq" LIMIT 1';

/** The record after which each earlier generation was left: what the history itself says of restores. */
const cutsOf = (sql: PreparedRead): Map<string, number> =>
  new Map(
    sql.all<{ inputJson: string | null }>(beganSql, ['generationBegan', 'SYSTEM']).map(({ inputJson }) => {
      const { previous, afterSeq } = JSON.parse(inputJson ?? '{}');
      return [String(previous), Number(afterSeq)];
    }),
  );

/** The hashes of these records that there are. */
export const hashesOf = (sql: PreparedRead, seqs: readonly number[]): Map<number, string> =>
  new Map(
    sql
      .all<{ seq: number; hash: string }>(hashesSql, [JSON.stringify([...new Set(seqs)])])
      .map(({ seq, hash }) => [seq, hash]),
  );

/** @param generation the present one. */
export const compareHeads = (
  sql: PreparedRead,
  generation: string,
  heads: readonly SignedHead[],
): ComparedHead[] => {
  if (heads.length === 0) return [];
  const hashes = hashesOf(
    sql,
    heads.map(({ seq }) => seq),
  );
  const lowest = sql.all<{ seq: number }>(lowestSql)[0];
  const isBefore = heads.some((head) => head.generation !== generation);
  const cuts = isBefore ? cutsOf(sql) : new Map<string, number>();
  const verdictOf = (head: SignedHead): HeadVerdict => {
    if (head.generation !== generation && head.seq > (cuts.get(head.generation) ?? 0)) return 'BRANCHED';
    if (lowest && head.seq < lowest.seq) return 'UNKNOWN';
    return hashes.get(head.seq) === head.hash ? 'FITS' : 'CONTRADICTS';
  };
  return heads.map((head) => ({ head, verdict: verdictOf(head), hash: hashes.get(head.seq) ?? null }));
};

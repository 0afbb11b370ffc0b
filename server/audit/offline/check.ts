// Checks a history line by line, without a server and without a database: chain, seals, signed heads, heads of agents.
import { type ChainedContent, hashOf } from '../chain.ts';
import { headText, isSigned, type SignedHead } from '../head.ts';
import { type Seal, sealText } from '../seal.ts';

export type Line =
  | { kind: 'export'; whole: boolean; publicKey: string; generation: string; server: string }
  | ({
      kind: 'record';
      hash: string;
      action: string;
      actorKind: string;
      inputJson: string | null;
    } & ChainedContent)
  | ({ kind: 'head' } & SignedHead)
  | ({ kind: 'seal' } & Seal)
  | { kind: 'end'; records: number };

export type Fault = { seq: number; message: string };
export type Findings = {
  ok: boolean;
  records: number;
  from: number | null;
  to: number | null;
  /** Signed heads in the history that were checked. */
  signedHeads: number;
  /** Heads that others kept, by what became of them. */
  keptHeads: { fit: number; contradicted: number; branched: number; notReached: number };
  seals: number;
  faults: Fault[];
  /** What is not wrong but should be known. */
  notes: string[];
};

export type Check = { take(line: Line): void; end(): Findings };

const mostFaults = 100;

/**
 * @param kept heads that agents, or somebody, kept outside the database.
 * @param publicKey of the server; null: the one that the export names, which proves less.
 */
export const createCheck = ({
  kept,
  publicKey,
}: {
  kept: readonly { head: SignedHead; from: string }[];
  publicKey: string | null;
}): Check => {
  const faults: Fault[] = [];
  const notes: string[] = [];
  const fault = (seq: number, message: string): void => {
    if (faults.length < mostFaults) faults.push({ seq, message });
  };
  const bySeq = groupBySeq(kept);
  const mismatched: { head: SignedHead; from: string }[] = [];
  const cuts = new Map<string, number>();
  const seals: Seal[] = [];
  const sealed = new Map<string, unknown>();
  let key = publicKey;
  let generation: string | null = null;
  let isWhole = true;
  let inFile = 0;
  let sawEnd = true;
  let previous: { seq: number; hash: string } | null = null;
  let lastHead = 0;
  let [records, first, signedHeads, fit] = [0, 0, 0, 0];

  const takeRecord = (row: Extract<Line, { kind: 'record' }>): void => {
    const { kind: _, ...content } = row;
    records += 1;
    inFile += 1;
    if (first === 0) first = row.seq;
    const seal = seals.find(({ toSeq }) => toSeq === row.seq - 1);
    const before: { seq: number; hash: string } | null =
      previous ?? (seal ? { seq: seal.toSeq, hash: seal.lastHash } : null);
    if (before && row.seq <= before.seq) fault(row.seq, `it comes after record ${before.seq}`);
    else if (before && row.seq !== before.seq + 1) {
      if (isWhole) fault(row.seq, `records ${before.seq + 1} to ${row.seq - 1} are missing before it`);
    } else if (before && row.previousHash !== before.hash)
      fault(row.seq, 'it does not follow from the record before');
    else if (!before && isWhole && row.seq !== 1)
      fault(
        row.seq,
        `the history begins here: records 1 to ${row.seq - 1} are missing, and no seal speaks of them`,
      );
    else if (!before && row.seq === 1 && row.previousHash !== '0'.repeat(64))
      fault(row.seq, 'it is the first and follows from another one');
    if (row.hash !== hashOf(content)) fault(row.seq, 'its content was changed');
    if (row.actorKind === 'SYSTEM' && row.inputJson !== null) {
      const input = JSON.parse(row.inputJson);
      if (row.action === 'generationBegan') cuts.set(String(input.previous), Number(input.afterSeq));
      if (row.action === 'auditSealed') sealed.set(String(input.digest), input);
    }
    for (const one of bySeq.get(row.seq) ?? []) {
      if (one.head.hash === row.hash) fit += 1;
      else mismatched.push(one);
    }
    const ending = seals.find(({ toSeq }) => toSeq === row.seq);
    if (ending && ending.lastHash !== row.hash) fault(row.seq, 'the seal says that it had another hash');
    previous = { seq: row.seq, hash: row.hash };
  };

  const takeHead = (head: SignedHead): void => {
    signedHeads += 1;
    lastHead = Math.max(lastHead, head.seq);
    if (key !== null && !isSigned(key, headText(head), head.signature))
      fault(head.seq, 'its signed head has a signature that is not the server’s');
    if (previous?.seq === head.seq && previous.hash !== head.hash)
      fault(head.seq, 'the server’s signed head says that it had another hash');
  };

  const takeSeal = (seal: Seal): void => {
    if (seals.some(({ digest }) => digest === seal.digest)) return;
    seals.push(seal);
    if (key !== null && !isSigned(key, sealText(seal), seal.signature))
      fault(seal.toSeq, 'its seal has a signature that is not the server’s');
  };

  return {
    take: (line) => {
      switch (line.kind) {
        case 'export':
          isWhole = line.whole;
          generation = line.generation;
          inFile = 0;
          sawEnd = false;
          if (!isWhole)
            notes.push('the export is filtered: records between those that it has cannot be missed');
          if (key === null) {
            key = line.publicKey;
            notes.push('signatures are checked with the key that the export itself names: give --server-key');
          }
          break;
        case 'record':
          takeRecord(line);
          break;
        case 'head':
          takeHead(line);
          break;
        case 'seal':
          takeSeal(line);
          break;
        case 'end':
          sawEnd = true;
          if (line.records !== inFile)
            fault(
              previous?.seq ?? 0,
              `the export says that it has ${line.records} records, and has ${inFile}`,
            );
          break;
      }
    },
    end: () => {
      if (!sawEnd) fault(previous?.seq ?? 0, 'the export was cut off: its last line is missing');
      const last = previous?.seq ?? 0;
      if (isWhole && lastHead > last)
        fault(lastHead, 'the server signed a head of this record, and the history ends before it');
      let [contradicted, branched, notReached] = [0, 0, 0];
      const contradict = (one: { head: SignedHead; from: string }, what: string): void => {
        const { head, from } = one;
        if (key !== null && !isSigned(key, headText(head), head.signature))
          return void notes.push(`${from}: its head of record ${head.seq} is not signed by the server`);
        if (
          generation !== null &&
          head.generation !== generation &&
          head.seq > (cuts.get(head.generation) ?? 0)
        ) {
          branched += 1;
          return;
        }
        contradicted += 1;
        fault(head.seq, `the head that ${from} keeps says ${what}`);
      };
      for (const one of mismatched) contradict(one, 'that it had another hash');
      for (const one of kept) {
        if (one.head.seq > last && isWhole) contradict(one, 'that there was such a record');
        else if (one.head.seq < first || one.head.seq > last) notReached += 1;
      }
      if (branched > 0)
        notes.push(`${branched} kept heads are of records that a restored backup has left behind`);
      const lastSeal = seals.at(-1);
      // Of an earlier one the record is sealed itself.
      for (const seal of seals)
        if (isWhole && !sealed.has(seal.digest) && last > seal.toSeq && seal.toSeq >= first - 1)
          fault(seal.toSeq, 'a seal that no record speaks of');
      if (lastSeal && first > lastSeal.toSeq)
        notes.push(`records 1 to ${lastSeal.toSeq} are sealed in files that were not given`);
      faults.sort((a, b) => a.seq - b.seq);
      return {
        ok: faults.length === 0,
        records,
        from: first || null,
        to: last || null,
        signedHeads,
        keptHeads: { fit, contradicted, branched, notReached },
        seals: seals.length,
        faults,
        notes,
      };
    },
  };
};

// Node 20 has no Map.groupBy.
function groupBySeq<T extends { head: SignedHead }>(all: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const one of all) groups.set(one.head.seq, [...(groups.get(one.head.seq) ?? []), one]);
  return groups;
}

// Rounds of two sides, interleaved, and what is made of their samples.
import type { Row, Sample } from './measure.ts';

/** A row with its figures, as results.json has it. */
export type Result = {
  id: string;
  what: string;
  /** Medians over the rounds. */
  ours: number;
  reference: number;
  /** Of the medians; 0 when there is no reference. */
  ratio: number;
  /** The least and the most of what is held against the goal, over the rounds: how far to trust it. */
  spread: readonly [number, number];
  rounds: number;
  goal: number;
  holds: boolean;
  unit: string;
  compare: Row['compare'];
};

/** Runs both sides in each round, and lets them take turns in who goes first: ours, theirs, theirs, ours, … */
export const alternate = async <Ours, Reference>(
  rounds: number,
  { ours, reference }: { ours: () => Promise<Ours>; reference: () => Promise<Reference> },
): Promise<{ ours: Ours; reference: Reference }[]> => {
  const samples: { ours: Ours; reference: Reference }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) {
      const first = await ours();
      samples.push({ ours: first, reference: await reference() });
    } else {
      const first = await reference();
      samples.push({ ours: await ours(), reference: first });
    }
  }
  return samples;
};

/** @throws RangeError: there is nothing. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError('no values');
  return (low + high) / 2;
};

const compared = ({ compare }: Row, { ours, reference }: Sample): number =>
  ({ ratio: ours / reference, difference: ours - reference, ours })[compare];

/** Four digits are more than any of this is exact. */
const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(4)) : 0);

/** @throws RangeError: no samples, or some that are not numbers. */
export const summarise = (row: Row, samples: readonly Sample[]): Result => {
  const each = samples.map((sample) => compared(row, sample));
  if (!each.every(Number.isFinite)) throw new RangeError(`${row.id}: no numbers: ${JSON.stringify(samples)}`);
  const ours = median(samples.map((sample) => sample.ours));
  const reference = median(samples.map((sample) => sample.reference));
  return {
    id: row.id,
    what: row.what,
    ours: rounded(ours),
    reference: rounded(reference),
    ratio: rounded(ours / reference),
    spread: [rounded(Math.min(...each)), rounded(Math.max(...each))],
    rounds: samples.length,
    goal: row.goal,
    holds: compared(row, { ours, reference }) <= row.goal,
    unit: row.unit,
    compare: row.compare,
  };
};

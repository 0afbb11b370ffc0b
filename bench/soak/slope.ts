// How steep samples rise, and how sure that is, whatever single ones of them caught that was under way just then.
// Sen, Estimates of the regression coefficient based on Kendall's tau: https://doi.org/10.1080/01621459.1968.10480934

/** `least` and `most`: the 95 % confidence of `slope`, taking what is left over as independent. */
export type Slope = { slope: number; least: number; most: number };

/** The median of the slopes between each two points. @throws Error of fewer than three points. */
export const slopeOf = (points: readonly { x: number; y: number }[]): Slope => {
  if (points.length < 3) throw new Error('three points at least');
  const slopes = points
    .flatMap((from, index) => points.slice(index + 1).map((to) => (to.y - from.y) / (to.x - from.x)))
    .sort((a, b) => a - b);
  const at = (index: number): number =>
    slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(index)))] ?? Number.NaN;
  const n = points.length;
  const width = 1.96 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const middle = (slopes.length - 1) / 2;
  return { slope: at(middle), least: at(middle - width / 2), most: at(middle + width / 2) };
};

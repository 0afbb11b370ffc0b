// A straight line through samples: how steep, and how sure that is.

/** `halfWidth`: of the 95 % confidence of `slope`, taking what is left over as independent. */
export type Slope = { slope: number; halfWidth: number };

/** @throws Error of fewer than three points. */
export const slopeOf = (points: readonly { x: number; y: number }[]): Slope => {
  if (points.length < 3) throw new Error('three points at least');
  const mean = (numbers: number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const [x0, y0] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  const spread = points.reduce((sum, { x }) => sum + (x - x0) ** 2, 0);
  const slope = points.reduce((sum, { x, y }) => sum + (x - x0) * (y - y0), 0) / spread;
  const left = points.reduce((sum, { x, y }) => sum + (y - y0 - slope * (x - x0)) ** 2, 0);
  return { slope, halfWidth: 2 * Math.sqrt(left / (points.length - 2) / spread) };
};

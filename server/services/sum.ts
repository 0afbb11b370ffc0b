// The progress of several services as one.

/** @param told the sums, after each change of one of them. */
export const createSum = (told: (done: number, total: number) => void) => {
  const parts = new Map<string, { done: number; total: number }>();
  return (id: string, done: number, total: number): void => {
    parts.set(id, { done, total });
    const all = [...parts.values()];
    told(
      all.reduce((sum, part) => sum + part.done, 0),
      all.reduce((sum, part) => sum + part.total, 0),
    );
  };
};

// Progress for what takes long and says nothing meanwhile.

/** Runs `work`; every 15 seconds says that it goes on, and for how long it has. */
export const sayWhile = async <T>(say: (line: string) => void, work: () => Promise<T>): Promise<T> => {
  const began = performance.now();
  const ticker = setInterval(
    () => say(`  … still at it, ${Math.round((performance.now() - began) / 1_000)} s`),
    15_000,
  );
  try {
    return await work();
  } finally {
    clearInterval(ticker);
  }
};

// Work that can wait, one piece for each turn of the event loop: what many ask for at once holds up nobody else.

export type Turns = {
  /** Pieces run in the order in which they were added. A piece never throws. */
  add(piece: () => void): void;
};

export const createTurns = (): Turns => {
  const waiting: (() => void)[] = [];
  const run = (): void => {
    const piece = waiting.shift();
    piece?.();
    if (waiting.length > 0) setImmediate(run);
    else running = false;
  };
  let running = false;
  return {
    add: (piece) => {
      waiting.push(piece);
      if (running) return;
      running = true;
      setImmediate(run);
    },
  };
};

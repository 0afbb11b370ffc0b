// What the two halves of the short lane share.

export const engines = { kind: 'simulated', version: '20.10', speed: 10 } as const;
export const say = (line: string): void => console.log(line);
export const sum = (counts: Map<string, number>): number =>
  [...counts.values()].reduce((all, count) => all + count, 0);

// The demo's machines: real engines where they can run, else simulated ones, and why.
import { labFolder, ownPrefix } from './engines/lab.ts';
import { prepareEngine } from './engines/packages.ts';
import type { Lifetime } from './lifetime.ts';
import { type Machines, startMachines, whyNoRealEngines } from './machines.ts';
import { sayWhile } from './say-while.ts';

const version = '20.10';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Starts `count` machines that end with the lifetime; says which kind, and why not real ones. */
export const startDemoMachines = async ({
  count,
  lifetime,
  say,
}: {
  count: number;
  lifetime: Lifetime;
  say: (line: string) => void;
}): Promise<Machines> => {
  const start = (kind: Machines['kind']): Promise<Machines> =>
    lifetime.own(
      () => startMachines({ engines: { kind, version }, count, prefix: ownPrefix('d'), onProgress: say }),
      (machines) => machines.down(),
    );
  const simulated = (why: string): Promise<Machines> => {
    say(`engines: SIMULATED, and not real Docker Engines: ${why}`);
    return start('simulated');
  };
  const why = whyNoRealEngines();
  if (why !== null) return simulated(why);
  try {
    await lifetime.own(
      () => sayWhile(say, () => prepareEngine({ dir: labFolder(), version, onProgress: say })),
      () => undefined,
    );
    say(`engines: REAL Docker Engines ${version}, ${count} of them, each in namespaces of its own …`);
    return await start('real');
  } catch (error) {
    if (lifetime.isEnding()) throw error;
    return simulated(messageOf(error));
  }
};

// An operation whose server kills itself in the middle, at a place that is named, and is started again.
import { expect } from 'vitest';
import { at } from './at.ts';
import { begin, connected, ended } from './operations.ts';
import type { System } from './system.ts';
import { until } from './until.ts';

/** After it was killed: its end is noticed a moment after the connection's. */
export const startsAgain = ({ server }: System): Promise<boolean> =>
  until(
    () =>
      server.start().then(
        () => true,
        () => false,
      ),
    'the server starts again',
  );

/**
 * @param env of the server, the object that `startSystem` was given.
 * @param place a failpoint; `@2` behind it: the second time that it is come by.
 * @returns the operation once it has ended.
 */
export const killedAt = async (
  system: System,
  env: NodeJS.ProcessEnv,
  place: string,
  mutation: string,
  input: Record<string, unknown>,
): Promise<Record<string, any>> => {
  const [name, count = '1'] = place.split('@');
  await system.server.stop();
  env.SKEP_FAILPOINTS = `${name}=kill@${count}`;
  await system.server.start();
  await connected(system.ask);
  await expect(begin(system.ask, mutation, { waitSeconds: 60, ...input })).rejects.toThrow();
  delete env.SKEP_FAILPOINTS;
  await startsAgain(system);
  const { operations } = await system.ask(
    `{ operations(filter: { action: "${mutation}" }, first: 1) { edges { node { id } } } }`,
  );
  return ended(system.ask, at(operations.edges as any[], 0).node.id);
};

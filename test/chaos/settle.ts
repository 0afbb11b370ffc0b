// Between two rounds: everything is healed, all must come to rest in time, and everything is checked.
import { setTimeout as delay } from 'node:timers/promises';
import type { Effect } from '../../lab/simulated/effects.ts';
import { until } from '../support/until.ts';
import type { Arena } from './arena.ts';
import { checkLogs, checkUse, type Use } from './check-processes.ts';
import { checkAnswers, checkAudit, checkEnds } from './check-records.ts';
import { checkSecrets } from './check-secrets.ts';
import { checkEffects, checkSuccess } from './check-truth.ts';
import type { Clients } from './clients.ts';
import { readStored, type Stored } from './database.ts';
import type { Subscribers } from './subscribers.ts';

/** From the healing on (research: I4, I8). */
const endMs = 120_000;
const connectMs = 45_000;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Waits until agents are connected, clusters are read and operations have ended. @returns what did not come to rest. */
export const comeToRest = async ({ system, clusters }: Arena): Promise<string[]> => {
  const faults: string[] = [];
  const healed = performance.now();
  const connected = async (): Promise<boolean> => {
    const { hosts, clusters: seen } = await system.ask(
      '{ hosts(first: 1000) { edges { node { name status } } } clusters { id state watcher { stale } } }',
    );
    return (
      hosts.edges.every(({ node }: Record<string, any>) => node.status === 'CONNECTED') &&
      seen
        .filter(({ id }: { id: string }) => clusters.includes(id))
        .every(({ watcher }: Record<string, any>) => !watcher.stale)
    );
  };
  await until(connected, 'agents are connected and clusters are read', connectMs).catch((error: unknown) =>
    faults.push(messageOf(error)),
  );
  const open = async (): Promise<string[]> =>
    (
      await system.ask(
        '{ operations(filter: { open: true }, first: 100) { edges { node { id action state } } } }',
      )
    ).operations.edges.map(({ node }: Record<string, any>) => `${node.action} ${node.id} ${node.state}`);
  await until(
    async () => (await open()).length === 0,
    'all operations have ended',
    Math.max(1_000, endMs - (performance.now() - healed)),
  ).catch(async () =>
    faults.push(`not ended ${endMs / 1_000} s after healing: ${(await open().catch(() => [])).join(', ')}`),
  );
  return faults;
};

/** All that can be asked of a system at rest. `parts`: what is looked at beside the records. */
export const checkAll = async ({
  arena,
  clients,
  subscribers,
  base,
  isLast,
}: {
  arena: Arena;
  clients: Clients;
  subscribers: Subscribers;
  base: Use;
  isLast: boolean;
}): Promise<{ faults: string[]; stored: Stored }> => {
  // The last answers of the watchers and of the subscribers' tables.
  await delay(500);
  const streams = await subscribers.check(() => readStored(arena));
  const stored = readStored(arena);
  const effects: readonly Effect[] = arena.system.machines.world?.effects() ?? [];
  const isTrue =
    arena.system.machines.world === null
      ? []
      : [...checkEffects(arena, effects, stored), ...checkSuccess(arena, effects, stored)];
  return {
    stored,
    faults: [
      ...stored.faults.map((fault) => `the database: ${fault}`),
      ...(await checkAudit(arena.system.ask, stored)),
      ...checkAnswers(clients.calls, stored),
      ...checkEnds(stored),
      ...isTrue,
      ...streams,
      ...checkLogs(arena),
      ...(await checkUse(arena, base)),
      ...(isLast ? checkSecrets(arena) : []),
    ],
  };
};

// kill -9 of the server and of agents in the middle of mutations: half at random moments, half at a failpoint.
import { setTimeout as delay } from 'node:timers/promises';
import { failpointNames as agentFailpoints } from '../../agent/failpoints.ts';
import { failpointNames as serverFailpoints } from '../../server/platform/failpoints.ts';
import type { Member } from '../support/system.ts';
import type { Arena } from './arena.ts';
import type { Clients } from './clients.ts';

/** Not passed by a mutation: the database is migrated, hosts are enrolled (test/restart/enrolment-killed.test.ts), alarms are delivered (test/webhooks/killed.test.ts). */
const elsewhere = /^(migration|enrolment|webhook)\.|^link\.(beforeEnrol|enrolled|identityKept)/;
export const serverKillpoints = serverFailpoints.filter((name) => !elsewhere.test(name));
export const agentKillpoints = agentFailpoints.filter((name) => !elsewhere.test(name));
/** How long it is waited for somebody to pass the failpoint; then it is killed all the same. */
export const passMs = 5_000;

export type Kill = { who: 'server' | 'agent'; where: string; inFlight: number };

/** Waits until a call has been answered since, and another waits: then mutations are under way again. */
export const untilUnderWay = async (clients: Clients): Promise<void> => {
  const answered = clients.answered();
  const isUnderWay = (): boolean => clients.answered() > answered && clients.inFlight() > 0;
  for (let turn = 0; turn < passMs / 20 && !isUnderWay(); turn += 1) await delay(20);
};

export const endOf = (arena: Arena, who: 'server' | Member): Promise<'died'> =>
  (who === 'server' ? arena.system.server : who.agent).whenEnded().then(() => 'died' as const);

/** Kills once and starts again. `at`: a failpoint; null: now. */
export const killOnce = async (
  arena: Arena,
  clients: Clients,
  who: 'server' | Member,
  at: string | null,
): Promise<Kill> => {
  const { random, serverEnv, agentEnv } = arena;
  const env = who === 'server' ? serverEnv : agentEnv(who.host);
  const variable = who === 'server' ? 'SKEP_FAILPOINTS' : 'SKEP_AGENT_FAILPOINTS';
  let where = 'random';
  if (at === null) {
    await untilUnderWay(clients);
    // The moment is what is varied.
    await delay(random.below(300));
  } else {
    // Armed from its start on: the kill before this one is where it begins.
    env[variable] = `${at}=kill@${1 + random.below(3)}`;
    await arena.kill(who, 'kill9');
    await arena.start(who, true).catch(() => undefined);
    const passed = await Promise.race([endOf(arena, who), delay(passMs)]);
    where = passed === 'died' ? at : `${at} (not passed)`;
  }
  const inFlight = clients.inFlight();
  await arena.kill(who, 'kill9');
  delete env[variable];
  await arena.start(who);
  const kill: Kill = { who: who === 'server' ? 'server' : 'agent', where, inFlight };
  arena.note('faults', kill);
  return kill;
};

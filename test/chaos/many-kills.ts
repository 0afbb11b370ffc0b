// Many kills, one after the other: each start arms the failpoint of the next kill, so that none is spent on arming.
import { setTimeout as delay } from 'node:timers/promises';
import type { Member } from '../support/system.ts';
import type { Arena } from './arena.ts';
import type { Clients } from './clients.ts';
import { agentKillpoints, endOf, type Kill, passMs, serverKillpoints, untilUnderWay } from './kills.ts';

type Told = (kill: Kill) => void;

/** Half of them at a failpoint, at its first, second or third time. */
const nextPoint = ({ random }: Arena, points: readonly string[]): string | null =>
  random.below(2) === 0 ? random.pick(points) : null;

const arm = (env: NodeJS.ProcessEnv, variable: string, point: string | null, nth: number): void => {
  if (point === null) delete env[variable];
  else env[variable] = `${point}=kill@${nth}`;
};

/** Kills the server so often: at the failpoint that it was started with, or when mutations are under way again. */
export const killServers = async (
  arena: Arena,
  clients: Clients,
  count: number,
  told: Told,
): Promise<void> => {
  const { random, serverEnv } = arena;
  let point: string | null = null;
  for (let turn = 0; turn < count; turn += 1) {
    const died = endOf(arena, 'server');
    const patience =
      point === null ? untilUnderWay(clients).then(() => delay(random.below(300))) : delay(passMs);
    const atPoint = (await Promise.race([died, patience])) === 'died';
    const kill: Kill = {
      who: 'server',
      where: atPoint && point !== null ? point : 'random',
      inFlight: clients.inFlight(),
    };
    await arena.kill('server', 'kill9');
    point = turn === count - 1 ? null : nextPoint(arena, serverKillpoints);
    arm(serverEnv, 'SKEP_FAILPOINTS', point, 1 + random.below(3));
    // A failpoint of the start itself kills before it listens.
    await arena.start('server', point !== null).catch(() => undefined);
    arena.note('faults', kill);
    told(kill);
  }
  // The last may have been killed by its own start.
  arm(serverEnv, 'SKEP_FAILPOINTS', null, 1);
};

/** The agents that carry commands out: leaders', and sometimes another's. */
const likely = ({ system, random }: Arena): Member => {
  const leaders = (system.machines.world?.clusters() ?? []).map(
    ({ leader, nodes }) => nodes.find(({ id }) => id === leader)?.hostname,
  );
  const busy = system.members.filter(({ host }) => leaders.includes(host.hostname));
  return random.pick(busy.length > 0 && random.below(4) > 0 ? busy : system.members);
};

/** Kills agents so often: whoever passes the failpoint that he was started with, or a likely one after a moment. */
export const killAgents = async (
  arena: Arena,
  clients: Clients,
  count: number,
  told: Told,
): Promise<void> => {
  const { random, agentEnv } = arena;
  const armed = new Map<Member, { point: string; died: Promise<Member> }>();
  const startAgain = async (member: Member, point: string | null): Promise<void> => {
    await arena.kill(member, 'kill9');
    armed.delete(member);
    arm(agentEnv(member.host), 'SKEP_AGENT_FAILPOINTS', point, 1 + random.below(2));
    await arena.start(member, point !== null);
    if (point !== null) armed.set(member, { point, died: endOf(arena, member).then(() => member) });
  };
  for (let turn = 0; turn < count; turn += 1) {
    const moment = untilUnderWay(clients).then(() => delay(random.below(1_000)));
    const died = await Promise.race([...[...armed.values()].map(({ died: end }) => end), moment]);
    const member = died ?? likely(arena);
    const kill: Kill = {
      who: 'agent',
      where: (died && armed.get(died)?.point) ?? 'random',
      inFlight: clients.inFlight(),
    };
    await startAgain(member, nextPoint(arena, agentKillpoints));
    arena.note('faults', kill);
    told(kill);
  }
  // At rest nobody may die any more.
  for (const member of [...armed.keys()]) await startAgain(member, null);
};

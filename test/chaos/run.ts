// The game: clients ask all the time, faults come one after the other; at the end of each round all heals and is checked.
import { performance } from 'node:perf_hooks';
import type { EngineKind } from '../../lab/machines.ts';
import type { Random } from '../support/random.ts';
import { type Arena, createArena } from './arena.ts';
import { useOf } from './check-processes.ts';
import { type Call, type Clients, createClients } from './clients.ts';
import type { Stored } from './database.ts';
import { type Fault, faultsOf } from './faults.ts';
import type { Kill } from './kills.ts';
import { killAgents, killServers } from './many-kills.ts';
import { mend } from './mend.ts';
import { checkAll, comeToRest } from './settle.ts';
import { createSubscribers } from './subscribers.ts';

export type Result = {
  seed: number;
  /** Where the histories are; null when they were taken away. */
  folder: string | null;
  /** How often each fault was played. */
  faults: Map<string, number>;
  /** Kills that met at least one call in flight. */
  killsInFlight: number;
  calls: number;
  /** Operations by how they ended, and by the code of their failure. */
  ends: Map<string, number>;
  records: number;
  commands: number;
  effects: number;
  violations: string[];
};

/** A part of a game: until it says that the round is over. */
type Play = (
  arena: Arena,
  clients: Clients,
  count: (fault: string, inFlight: number) => void,
) => Promise<boolean>;

/** The longest that a mutation can be asked to wait. */
const answeredWithinMs = 120_000;

/** Calls whose answer came, or was given up, long after everything had healed: somebody waited for nothing. */
const lateAnswers = (calls: readonly Call[], healedAt: number): string[] =>
  calls
    .filter(({ until }) => until - healedAt > answeredWithinMs)
    .map(
      ({ mutation, input, operation, attempts, until }) =>
        `${mutation} ${input.idempotencyKey} was answered ${Math.round((until - healedAt) / 1_000)} s after all had healed, at attempt ${attempts}: operation ${operation?.id ?? 'none'}`,
    );

const countUp = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);

/** @param play plays one round; false: it was the last. */
const game = async ({
  engines,
  random,
  say,
  play,
}: {
  engines: EngineKind;
  random: Random;
  say: (line: string) => void;
  play: Play;
}): Promise<Result> => {
  const arena = await createArena({ engines, random });
  const result: Result = {
    seed: random.seed,
    folder: arena.folder,
    faults: new Map(),
    killsInFlight: 0,
    calls: 0,
    ends: new Map(),
    records: 0,
    commands: 0,
    effects: 0,
    violations: arena.violations,
  };
  let keep = true;
  try {
    say(`seed ${random.seed}, histories in ${arena.folder}, the server's folder is ${arena.system.dir}`);
    const clients = createClients(arena);
    const subscribers = await createSubscribers(arena);
    const base = useOf(arena);
    let stored: Stored | null = null;
    const told = new Set<string>();
    for (let goesOn = true, round = 1; goesOn; round += 1) {
      clients.start();
      goesOn = await play(arena, clients, (fault, inFlight) => {
        countUp(result.faults, fault);
        if (inFlight > 0 && fault.includes('kill -9')) result.killsInFlight += 1;
      });
      const played = [...result.faults.values()].reduce((sum, count) => sum + count, 0);
      const since = performance.now();
      const healedAt = Date.now();
      for (const proxy of arena.proxies.values()) proxy.heal();
      const [, faults] = await Promise.all([clients.stop(), comeToRest(arena)]);
      const late = await comeToRest(arena);
      const checked = await checkAll({ arena, clients, subscribers, base, isLast: !goesOn });
      stored = checked.stored;
      const waited = lateAnswers(clients.calls, healedAt);
      for (const fault of [...faults, ...late, ...waited, ...checked.faults]) {
        if (told.has(fault)) continue;
        told.add(fault);
        arena.violations.push(fault);
      }
      for (const fault of arena.violations) arena.note('violations', { fault });
      const restMs = Math.round(performance.now() - since);
      say(
        `round ${round}: ${played} faults, ${clients.calls.length} calls, ${stored.operations.length} operations, ${arena.violations.length} violations; at rest and checked in ${restMs} ms`,
      );
      if (goesOn) await mend(arena);
    }
    await subscribers.stop();
    result.calls = clients.calls.length;
    for (const { state, failure } of stored?.operations ?? [])
      countUp(result.ends, failure === null ? state : `${state} ${failure.code}`);
    result.records = stored?.records.length ?? 0;
    result.commands = stored?.commands.length ?? 0;
    result.effects = arena.system.machines.world?.effects().length ?? 0;
    keep = arena.violations.length > 0;
    return { ...result, folder: keep ? arena.folder : null };
  } finally {
    await arena.stop({ keep });
  }
};

/** One random fault after the other, for so long; each round as many as `perRound`. */
export const playFaults = ({
  engines,
  random,
  forMs,
  perRound = 20,
  withLong = true,
  say,
}: {
  engines: EngineKind;
  random: Random;
  forMs: number;
  perRound?: number;
  withLong?: boolean;
  say: (line: string) => void;
}): Promise<Result> => {
  const until = performance.now() + forMs;
  const bag = faultsOf(engines.kind === 'simulated')
    .filter(({ isLong }) => withLong || !isLong)
    .flatMap((fault) => Array<Fault>(fault.weight).fill(fault));
  return game({
    engines,
    random,
    say,
    play: async (arena, clients, count) => {
      for (let played = 0; played < perRound && performance.now() < until; played += 1) {
        const { name, play } = random.pick(bag);
        arena.note('faults', { fault: name });
        await play(arena, clients);
        count(name, clients.inFlight());
      }
      return performance.now() < until;
    },
  });
};

/** So many kills of each, the server's and the agents' beside one another, half of them at a failpoint. */
export const playKills = ({
  engines,
  random,
  server,
  agent,
  perRound = 50,
  say,
}: {
  engines: EngineKind;
  random: Random;
  server: number;
  agent: number;
  perRound?: number;
  say: (line: string) => void;
}): Promise<Result> => {
  const left = { server, agent };
  return game({
    engines,
    random,
    say,
    play: async (arena, clients, count) => {
      const told = ({ who, where, inFlight }: Kill): void => {
        left[who] -= 1;
        count(`${who} kill -9, ${where === 'random' ? 'at random' : where}`, inFlight);
      };
      await Promise.all([
        killServers(arena, clients, Math.min(perRound, left.server), told),
        killAgents(arena, clients, Math.min(perRound, left.agent), told),
      ]);
      return left.server + left.agent > 0;
    },
  });
};

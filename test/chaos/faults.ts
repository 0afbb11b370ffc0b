// The faults that chaos picks from. Each holds for a moment and is healed by itself; nothing is broken twice at once.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import type { LabHost } from '../../lab/host.ts';
import type { FaultRule } from '../../lab/simulated/faults.ts';
import type { FaultProxy, MessageFault } from '../support/fault-proxy.ts';
import type { Member } from '../support/system.ts';
import type { Arena } from './arena.ts';
import type { Clients } from './clients.ts';
import { agentKillpoints, killOnce, serverKillpoints } from './kills.ts';

export type Fault = {
  name: string;
  weight: number;
  /** Takes half a minute. */
  isLong: boolean;
  play(arena: Arena, clients: Clients): Promise<void>;
};

const memberOf = ({ random, system }: Arena): Member => random.pick(system.members);
const someMs = ({ random }: Arena, least: number, most: number): number => least + random.below(most - least);

const onWay =
  (breakIt: (proxy: FaultProxy, arena: Arena) => void, least = 300, most = 4_000) =>
  async (arena: Arena): Promise<void> => {
    // One agent, or all of them at once: as a switch that fails.
    const all = [...arena.proxies.values()];
    const broken = arena.random.below(4) === 0 ? all : [arena.random.pick(all)];
    for (const proxy of broken) breakIt(proxy, arena);
    await delay(someMs(arena, least, most));
    for (const proxy of broken) proxy.heal();
  };

const onMessages = (fault: MessageFault): Fault['play'] =>
  onWay((proxy, { random }) => proxy.disturb(fault, random.pick([0.05, 0.2, 0.5])), 1_000, 4_000);

const onMachine =
  (breakIt: (host: LabHost) => Promise<void>, mendIt: (host: LabHost) => Promise<void>, most = 5_000) =>
  async (arena: Arena): Promise<void> => {
    const { host } = memberOf(arena);
    await breakIt(host);
    await delay(someMs(arena, 200, most));
    await mendIt(host);
  };

const calls = [
  'POST /nodes/*/update',
  'POST /nodes/*/update',
  'POST /swarm/*',
  'DELETE /nodes/*',
  'GET /nodes',
  'GET /swarm',
  'GET /info',
  'GET /nodes/*',
];

/** On an engine of the simulation: the next calls of a kind. */
const onCalls =
  (rule: (arena: Arena) => Omit<FaultRule, 'match'>) =>
  async (arena: Arena): Promise<void> => {
    for (const { host } of arena.system.members)
      arena
        .simulated(host)
        ?.fault({ match: arena.random.pick(calls), times: 1 + arena.random.below(3), ...rule(arena) });
    await delay(someMs(arena, 1_000, 4_000));
    for (const { host } of arena.system.members) arena.simulated(host)?.clearFaults();
  };

const beforeOrAfter = ({ random }: Arena): 'before' | 'after' => random.pick(['before', 'after']);

/** SIGSTOP: neither dead nor answering. */
const freeze =
  (pidOf: (arena: Arena) => number): Fault['play'] =>
  async (arena) => {
    const pid = pidOf(arena);
    process.kill(pid, 'SIGSTOP');
    await delay(someMs(arena, 200, 4_000));
    process.kill(pid, 'SIGCONT');
  };

/** Started with a failpoint armed that kills nobody, and after a while without. */
const withFailpoint =
  (who: 'server' | 'agent', action: (arena: Arena) => string): Fault['play'] =>
  async (arena) => {
    const member = memberOf(arena);
    const subject = who === 'server' ? who : member;
    const env = who === 'server' ? arena.serverEnv : arena.agentEnv(member.host);
    const variable = who === 'server' ? 'SKEP_FAILPOINTS' : 'SKEP_AGENT_FAILPOINTS';
    env[variable] = action(arena);
    await arena.kill(subject, 'kill9');
    await arena.start(subject);
    await delay(someMs(arena, 1_000, 5_000));
    delete env[variable];
    await arena.kill(subject, 'kill9');
    await arena.start(subject);
  };

/** What may fail without a crash: before something is durable, or beside it. After a commit nothing throws. */
const thrown = [
  'audit.beforeIntent',
  'audit.intentWritten',
  'operation.beforeSave',
  'command.beforeAcknowledged',
  'command.beforeResult',
  'command.resultWritten',
  'audit.beforeOutcome',
  'audit.outcomeWritten',
];

/** Another program holds the database's lock. */
const lockDatabase: Fault['play'] = async (arena) => {
  const db = new Sqlite(join(arena.system.dir, 'data', 'skep.db'), { timeout: 5_000 });
  try {
    db.exec('BEGIN IMMEDIATE');
    await delay(someMs(arena, 100, 4_000));
    db.exec('ROLLBACK');
  } finally {
    db.close();
  }
};

const stopServer: Fault['play'] = async (arena) => {
  const ending = arena.system.server.whenEnded();
  const began = performance.now();
  await arena.kill('server', 'stop');
  const { code, signal } = await ending;
  const tookMs = Math.round(performance.now() - began);
  if (code !== 0)
    arena.violations.push(`the server was asked to stop and ended with code ${code}, signal ${signal}`);
  if (tookMs > 10_000) arena.violations.push(`the server took ${tookMs} ms to stop`);
  await arena.start('server');
};

const fault = (name: string, weight: number, play: Fault['play']): Fault => ({
  name,
  weight,
  isLong: name.includes('until it is noticed'),
  play,
});

const onProcesses: readonly Fault[] = [
  fault('server kill -9', 4, async (arena, clients) => void (await killOnce(arena, clients, 'server', null))),
  fault(
    'server kill -9 at a failpoint',
    4,
    async (arena, clients) =>
      void (await killOnce(arena, clients, 'server', arena.random.pick(serverKillpoints))),
  ),
  fault('server asked to stop', 2, stopServer),
  fault(
    'server frozen',
    2,
    freeze(({ system }) => system.server.pid()),
  ),
  fault(
    'server slow at a failpoint',
    2,
    withFailpoint(
      'server',
      ({ random }) => `${random.pick(serverKillpoints)}=sleep(${100 + random.below(900)})@0.3`,
    ),
  ),
  fault(
    'server failing at a failpoint',
    2,
    withFailpoint('server', ({ random }) => `${random.pick(thrown)}=throw@0.2`),
  ),
  fault(
    'agent kill -9',
    4,
    async (arena, clients) => void (await killOnce(arena, clients, memberOf(arena), null)),
  ),
  fault(
    'agent kill -9 at a failpoint',
    4,
    async (arena, clients) =>
      void (await killOnce(arena, clients, memberOf(arena), arena.random.pick(agentKillpoints))),
  ),
  fault('agent asked to stop', 1, async (arena) => {
    const member = memberOf(arena);
    await arena.kill(member, 'stop');
    await arena.start(member);
  }),
  fault(
    'agent frozen',
    2,
    freeze((arena) => memberOf(arena).agent.pid()),
  ),
  fault(
    'agent slow at a failpoint',
    2,
    withFailpoint(
      'agent',
      ({ random }) => `${random.pick(agentKillpoints)}=sleep(${100 + random.below(900)})@0.5`,
    ),
  ),
  fault('server and all agents kill -9', 1, async (arena) => {
    const all = ['server' as const, ...arena.system.members];
    await Promise.all(all.map((who) => arena.kill(who, 'kill9')));
    await Promise.all(all.map((who) => arena.start(who)));
  }),
  fault('database locked by another program', 2, lockDatabase),
];

const onConnections: readonly Fault[] = [
  fault(
    'way cut',
    2,
    onWay((proxy) => proxy.cut()),
  ),
  fault(
    'way reset',
    2,
    onWay((proxy) => proxy.reset()),
  ),
  fault(
    'way half-open',
    2,
    onWay((proxy) => proxy.freeze(true), 1_000, 8_000),
  ),
  fault(
    'way half-open until it is noticed',
    1,
    onWay((proxy) => proxy.freeze(true), 22_000, 32_000),
  ),
  fault(
    'way closed',
    2,
    onWay((proxy) => {
      proxy.refuse(true);
      proxy.reset();
    }),
  ),
  fault('way flapping', 1, async (arena) => {
    const proxy = arena.random.pick([...arena.proxies.values()]);
    for (let turn = 0; turn < 8; turn += 1) {
      proxy.reset();
      await delay(someMs(arena, 50, 400));
    }
  }),
  fault(
    'way late',
    2,
    onWay((proxy, { random }) => proxy.delayBy(20 + random.below(500))),
  ),
  fault(
    'way slow',
    1,
    onWay((proxy, { random }) => proxy.slowTo(2_000 + random.below(20_000))),
  ),
  fault('messages twice', 2, onMessages('duplicate')),
  fault('messages out of order', 2, onMessages('reorder')),
  fault('messages of before again', 2, onMessages('replay')),
  fault('messages broken', 1, onMessages('corrupt')),
];

const onEngines: readonly Fault[] = [
  fault(
    'engine kill -9',
    3,
    onMachine(
      (host) => host.kill9(),
      (host) => host.start(),
    ),
  ),
  fault(
    'engine frozen',
    2,
    onMachine(
      (host) => host.pause(),
      (host) => host.resume(),
    ),
  ),
  fault(
    'engine cut off from the others',
    2,
    onMachine(
      (host) => host.cut(),
      (host) => host.heal(),
    ),
  ),
  fault(
    'machine off',
    1,
    onMachine(
      (host) => host.powerOff(),
      (host) => host.start(),
      8_000,
    ),
  ),
];

const onSimulated: readonly Fault[] = [
  fault(
    'engine calls late',
    2,
    onCalls((arena) => ({
      kind: 'delay',
      when: beforeOrAfter(arena),
      delayMs: 200 + arena.random.below(3_000),
    })),
  ),
  fault(
    'engine calls that hang',
    1,
    onCalls((arena) => ({ kind: 'hang', when: beforeOrAfter(arena) })),
  ),
  fault(
    'engine calls that die',
    3,
    onCalls((arena) => ({ kind: 'die', when: beforeOrAfter(arena) })),
  ),
  fault(
    'engine answers that are no JSON',
    2,
    onCalls((arena) => ({ kind: 'bad-json', when: beforeOrAfter(arena) })),
  ),
  fault(
    'engine answers 500',
    2,
    onCalls(() => ({ kind: 'status', status: 500 })),
  ),
  fault(
    'engine out of sequence',
    1,
    onCalls(() => ({
      kind: 'status',
      status: 500,
      message: 'rpc error: code = Unknown desc = update out of sequence',
    })),
  ),
  fault('events lost', 2, async (arena) => {
    for (const { host } of arena.system.members) arena.simulated(host)?.loseEvents(true);
    await delay(someMs(arena, 1_000, 5_000));
    for (const { host } of arena.system.members) arena.simulated(host)?.loseEvents(false);
  }),
  fault('event storm', 1, async (arena) => {
    const engine = arena.simulated(memberOf(arena).host);
    for (let turn = 0; turn < 10; turn += 1) {
      engine?.stormEvents(2_000);
      await delay(100);
    }
  }),
];

/** @param simulated whether the engines are: the others take fewer faults. */
export const faultsOf = (simulated: boolean): readonly Fault[] => [
  ...onProcesses,
  ...onConnections,
  ...onEngines,
  ...(simulated ? onSimulated : []),
];

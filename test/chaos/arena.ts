// Where chaos plays: two clusters, each agent behind a proxy of its own, and all that is needed to break any part.
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabHost } from '../../lab/host.ts';
import type { EngineKind } from '../../lab/machines.ts';
import type { End } from '../../lab/processes.ts';
import type { SimulatedEngine } from '../../lab/simulated/world.ts';
import { at } from '../support/at.ts';
import { createFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { begin, ended } from '../support/operations.ts';
import type { Random } from '../support/random.ts';
import { createService } from '../support/services.ts';
import { type Member, type System, startSystem } from '../support/system.ts';

/** What is looked for at the end: it may have been on the way, and must have stayed nowhere. */
const secrets =
  /SWMTKN-1-[\w-]+|SWMKEY-1-[\w+/=]+|skep_enr_[0-9a-f]{12}\.[\w-]{43}|skep_key_\w{8}_[\w-]{43}/g;

export type Arena = {
  system: System;
  random: Random;
  clusters: readonly string[];
  proxies: ReadonlyMap<LabHost, FaultProxy>;
  /** Read by the next start of the server or of the agent on that host. */
  serverEnv: NodeJS.ProcessEnv;
  agentEnv(host: LabHost): NodeJS.ProcessEnv;
  /** Folder of histories, kept after a violation. */
  folder: string;
  /** One line of a history, on the disk. */
  note(history: string, line: object): void;
  /** Secrets that crossed the proxies or were answered. */
  secrets: Set<string>;
  /** Violations found while things happen. */
  violations: string[];
  simulated(host: LabHost): SimulatedEngine | null;
  /** Says that the end of this process is wanted, and ends it. */
  kill(who: 'server' | Member, how: 'kill9' | 'stop'): Promise<void>;
  /** Starts it, and calls each end that nobody wanted a violation. `mayDie`: a failpoint is armed to kill it. */
  start(who: 'server' | Member, mayDie?: boolean): Promise<void>;
  stop(options: { keep: boolean }): Promise<void>;
};

/** Engines of each cluster: managers, then workers. */
const shape = [
  { name: 'alpha', managers: 3, workers: 1 },
  { name: 'beta', managers: 3, workers: 0 },
];

/** @param engines simulated ones have faults by name and a truth of their own; real ones can be killed, frozen and cut off. */
export const createArena = async ({
  engines,
  random,
}: {
  engines: EngineKind;
  random: Random;
}): Promise<Arena> => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-chaos-'));
  const proxies = new Map<LabHost, FaultProxy>();
  // Whatever ends this process ends them.
  const endWithParent = new URL('../../lab/end-with-parent.mjs', import.meta.url).href;
  const ours = { NODE_OPTIONS: `--import ${endWithParent}` };
  const serverEnv: NodeJS.ProcessEnv = { ...ours, SKEP_EVENTS_KEPT: '5000000' };
  const agentEnvs = new Map<LabHost, NodeJS.ProcessEnv>();
  const agentEnv = (host: LabHost): NodeJS.ProcessEnv => {
    const env = agentEnvs.get(host) ?? { ...ours };
    agentEnvs.set(host, env);
    return env;
  };
  const violations: string[] = [];
  const found = new Set<string>();
  const wanted = new Set<unknown>();
  const system = await startSystem({
    engines,
    hosts: shape.reduce((sum, { managers, workers }) => sum + managers + workers, 0),
    env: serverEnv,
    agentEnv,
    through: async (url, host) => {
      const path = join(folder, `p${proxies.size}.sock`);
      const proxy = await createFaultProxy({ path, server: url, random, collect: secrets });
      proxies.set(host, proxy);
      return proxy.url;
    },
  });

  const watchEnd = (who: 'server' | Member, mayDie: boolean): void => {
    const process = who === 'server' ? system.server : who.agent;
    const name = who === 'server' ? 'the server' : `the agent of ${who.host.hostname}`;
    const pid = process.pid();
    void process.whenEnded().then(({ code, signal }: End) => {
      if (wanted.delete(pid) || (mayDie && signal === 'SIGKILL')) return;
      violations.push(`${name} ended by itself: code ${code}, signal ${signal}`);
    });
  };
  watchEnd('server', false);
  for (const member of system.members) watchEnd(member, false);

  const form = async (): Promise<string[]> => {
    const clusters: string[] = [];
    let next = 0;
    for (const { name, managers, workers } of shape) {
      const members = system.members.slice(next, next + managers + workers);
      next += members.length;
      const first = at(members, 0);
      const init = await begin(system.ask, 'initCluster', {
        host: first.hostId,
        name,
        advertiseAddr: first.host.address,
        waitSeconds: 60,
      });
      const cluster: string = (await ended(system.ask, init.id)).clusterId.id;
      for (const [role, joining] of [
        ['MANAGER', members.slice(1, managers)],
        ['WORKER', members.slice(managers)],
      ] as const) {
        if (joining.length === 0) continue;
        const hosts = joining.map(({ hostId }) => ({ host: hostId }));
        const { id } = await begin(system.ask, 'joinHosts', { cluster, hosts, role, waitSeconds: 60 });
        const operation = await ended(system.ask, id);
        if (operation.state !== 'SUCCEEDED') throw new Error(`join: ${JSON.stringify(operation)}`);
      }
      // Something to move when a node is drained.
      if (engines.kind === 'simulated') await createService(first.host, { name: 'web', replicas: 4 });
      clusters.push(cluster);
    }
    return clusters;
  };

  const stop: Arena['stop'] = async ({ keep }) => {
    for (const { agent } of system.members) wanted.add(agent.pid());
    wanted.add(system.server.pid());
    if (keep) process.env.SKEP_KEEP_TEST_DIRS = 'yes';
    await system.stop();
    await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    if (!keep) rmSync(folder, { recursive: true, force: true });
  };

  try {
    return {
      system,
      random,
      clusters: await form(),
      proxies,
      serverEnv,
      agentEnv,
      folder,
      note: (history, line) =>
        appendFileSync(join(folder, `${history}.jsonl`), `${JSON.stringify({ t: Date.now(), ...line })}\n`),
      secrets: found,
      violations,
      simulated: (host) =>
        system.machines.world?.engines().find(({ hostname }) => hostname === host.hostname) ?? null,
      kill: async (who, how) => {
        const process = who === 'server' ? system.server : who.agent;
        wanted.add(process.pid());
        await process[how]();
      },
      start: async (who, mayDie = false) => {
        const process = who === 'server' ? system.server : who.agent;
        await process.start();
        watchEnd(who, mayDie);
      },
      stop,
    };
  } catch (error) {
    await stop({ keep: false });
    throw error;
  }
};

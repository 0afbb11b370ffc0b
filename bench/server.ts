// The built server, started for a measure, with a cluster in its projection.
import type { Ask } from '../lab/client.ts';
import { callEngine } from '../lab/engines/engine-http.ts';
import { type System, startSystem } from '../test/support/system.ts';
import { until } from '../test/support/until.ts';
import type { Context } from './measure.ts';

/** A server with a cluster. */
export type BenchServer = {
  pid: number;
  url: string;
  socketUrl: string;
  adminKey: string;
  ask: Ask;
  /** Id of its one cluster. */
  cluster: string;
  system: System;
};

/** Joins machines as somebody does who has no Skep: they need no agent. */
const joinByHand = async (system: System, count: number): Promise<void> => {
  const [manager] = system.machines.hosts;
  if (!manager) throw new Error('no host');
  const swarm = JSON.parse((await callEngine(manager.socketPath, { path: '/swarm' })).text);
  const body = {
    ListenAddr: '0.0.0.0:2377',
    RemoteAddrs: [`${manager.address}:2377`],
    JoinToken: swarm.JoinTokens.Worker,
  };
  for (let joined = 0; joined < count; joined += 1) {
    const { socketPath } = await system.machines.addHost();
    const answer = await callEngine(socketPath, { method: 'POST', path: '/swarm/join', body });
    if (answer.status !== 200) throw new Error(`join: ${answer.status} ${answer.text}`);
  }
};

/**
 * Starts the built server with a fresh data folder and a cluster of so many nodes on the simulated engine, one of which
 * has an agent; all of it ends with the measure. Once the nodes are seen, the watcher reads again only every minute, so
 * that what is measured is what was asked for.
 * @param env more settings of the server.
 */
export const startBenchServer = async (
  context: Context,
  { nodes, env = {} }: { nodes: number; env?: NodeJS.ProcessEnv },
): Promise<BenchServer> => {
  const system = await context.own(
    () =>
      startSystem({
        engines: { kind: 'simulated', version: '28.5', speed: 50 },
        hosts: 1,
        env: { SKEP_WATCH_INTERVAL_MS: '60000', SKEP_LOG_LEVEL: 'info', ...env },
      }),
    (started) => started.stop(),
  );
  const cluster = await system.formSwarm();
  await joinByHand(system, nodes - 1);
  await until(
    async () => {
      const { nodes: seen } = await system.ask('{ nodes { totalCount edges { node { hostname } } } }');
      return (
        seen.totalCount === nodes &&
        seen.edges.every(({ node }: { node: { hostname: string } }) => node.hostname !== '')
      );
    },
    `the projection has ${nodes} nodes`,
    90_000,
  );
  const { server, ask } = system;
  return {
    pid: server.pid(),
    url: server.url,
    socketUrl: server.socketUrl,
    adminKey: server.adminKey,
    ask,
    cluster,
    system,
  };
};

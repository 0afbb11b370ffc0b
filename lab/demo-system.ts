// The demo's parts, started one after the other: machines, the server, an agent on each machine.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Ask, createAsk } from './client.ts';
import { startDemoMachines } from './demo-machines.ts';
import type { LabHost } from './host.ts';
import type { Lifetime } from './lifetime.ts';
import type { Machines } from './machines.ts';
import { type AgentProcess, startAgent, startServer } from './processes.ts';

/** A machine of the demo and its name in Skep. */
export type DemoHost = { id: string; machine: LabHost };

/** The running demo. */
export type DemoSystem = {
  url: string;
  /** The console's address. */
  console: string;
  adminKey: string;
  engines: Machines['kind'];
  hosts: readonly DemoHost[];
  ask: Ask;
};

const endWithParent = new URL('./end-with-parent.mjs', import.meta.url).href;

/** SIGTERM, and SIGKILL for what does not heed it. */
const endProcess = async (child: { stop(): Promise<void>; kill9(): Promise<void> }): Promise<void> => {
  await Promise.race([child.stop(), delay(5_000, undefined, { ref: false }).then(() => child.kill9())]);
};

/** The engine's sockets' own folder: short, for the path of a socket has 107 bytes at most. */
const socketFolder = ({ kind, hosts }: Machines): string => {
  const folder = dirname(hosts[0]?.socketPath ?? '');
  return kind === 'real' ? dirname(folder) : folder;
};

/** The id of a host whose agent has reported its engine. */
const reported = async (ask: Ask, hostname: string): Promise<string | undefined> => {
  const { hosts } = await ask(
    'query($text: String) { hosts(filter: { text: $text }) { edges { node { id hostname engine { id } } } } }',
    {
      text: hostname,
    },
  );
  const edges: { node: { id: string; hostname: string; engine: unknown } }[] = hosts.edges;
  return edges.find(({ node }) => node.hostname === hostname && node.engine !== null)?.node.id;
};

const waitForReport = async (ask: Ask, agent: AgentProcess, hostname: string): Promise<string> => {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const id = await reported(ask, hostname);
    if (id !== undefined) return id;
    if (performance.now() > deadline)
      throw new Error(`the agent of ${hostname} did not report within a minute; its log: ${agent.logPath}`);
    await delay(100);
  }
};

/**
 * Starts all; each part ends with the lifetime.
 * @param dir folder of data and logs
 * @param noteFolder told the folder outside the checkout that was made
 */
export const startDemoSystem = async ({
  dir,
  count,
  port,
  lifetime,
  noteFolder,
  say,
}: {
  dir: string;
  count: number;
  port: number;
  lifetime: Lifetime;
  noteFolder: (folder: string) => void;
  say: (line: string) => void;
}): Promise<DemoSystem> => {
  const machines = await startDemoMachines({ count, lifetime, say });
  const sockets = socketFolder(machines);
  if (machines.kind === 'simulated') noteFolder(sockets);

  say(`server: starting; its log is ${join(dir, 'server.log')}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const socket = join(sockets, 'server.sock');
  const withParent = { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${endWithParent}` };
  const server = await lifetime.own(
    // `development` is what brings GraphiQL.
    () => startServer({ dir, port, env: { ...withParent, SKEP_SOCKET: socket, NODE_ENV: 'development' } }),
    endProcess,
  );
  // Shown at a database's first start only; --keep has it from here.
  const keyFile = join(dir, 'admin-key');
  if (server.adminKey) writeFileSync(keyFile, server.adminKey, { mode: 0o600 });
  const adminKey = server.adminKey || (existsSync(keyFile) ? readFileSync(keyFile, 'utf8') : '');
  const ask = createAsk(() => server.url, adminKey);

  say(`agents: starting ${count}, each on its machine; their logs are ${join(dir, 'agent-*.log')}`);
  const startOne = async (host: LabHost): Promise<AgentProcess> => {
    const { createEnrolment } = await ask(
      'mutation { createEnrolment(input: { reason: "the demo sets up its hosts" }) { secret } }',
    );
    // A folder of that name is another machine's, of a demo before.
    rmSync(join(dir, `agent-${host.hostname}`), { recursive: true, force: true });
    const enrolment: string = createEnrolment.secret;
    return startAgent({ dir, host, server: `ws+unix:${socket}:/agent`, enrolment, env: withParent });
  };
  const hosts = await Promise.all(
    machines.hosts.map(async (machine) => {
      const agent = await lifetime.own(() => startOne(machine), endProcess);
      return { id: await waitForReport(ask, agent, machine.hostname), machine };
    }),
  );
  const { origin } = new URL(server.url);
  return { url: server.url, console: origin, adminKey, engines: machines.kind, hosts, ask };
};

// The real system, started for a test: engines, the built server, an agent on each host.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ask, createAsk } from '../../lab/client.ts';
import { ownPrefix } from '../../lab/engines/lab.ts';
import type { LabHost } from '../../lab/host.ts';
import { type EngineKind, type Machines, startMachines } from '../../lab/machines.ts';
import { type AgentProcess, type ServerProcess, startAgent, startServer } from '../../lab/processes.ts';
import { until } from './until.ts';

export type Member = { host: LabHost; hostId: string; agent: AgentProcess };

export type System = {
  /** Everything that its processes keep: data, state, logs. */
  dir: string;
  machines: Machines;
  server: ServerProcess;
  members: readonly Member[];
  /** As the first admin, who holds every permission. */
  ask: Ask;
  /** As somebody else. */
  as(key: string): Ask;
  /** Enrols a machine and waits until its agent has reported. */
  enrol(host: LabHost): Promise<Member>;
  /** A swarm of all members: the first the manager, the others as told. @returns the cluster's id. */
  formSwarm(options?: { managers?: number }): Promise<string>;
  stop(): Promise<void>;
};

/** Fields that most tests want of an operation. */
export const operationFields =
  'id action state clusterId: cluster { id } reason actor { kind id name } guards { guard message } warnings { code message target } failure { code message hint retryable } targets { kind id name state failure { code message } } steps { name target state detail startedAt endedAt } overrides observedAt startedAt endedAt impact { managersBefore managersAfter reachableAfter toleratesBefore toleratesAfter tasksMoving servicesWithGap unplaceable standaloneContainers } progress { done total unit }';

let systems = 0;

/**
 * @param engines which engines; see engines.ts for what a run asks for.
 * @param launch starts the server. @default the built one, as a process of its own
 * @param env more settings of the server; read at each start, so that a test may change the object in between.
 * @param agentEnv the same for each agent.
 * @param agentEntry the agent's program. @default the one that this checkout built
 * @param through what an agent dials instead of the server, such as a proxy that breaks its way.
 */
export const startSystem = async ({
  engines,
  hosts = 3,
  env = {},
  launch = startServer,
  agentEnv = () => ({}),
  agentEntry,
  through = async (url) => url,
}: {
  engines: EngineKind;
  hosts?: number;
  env?: NodeJS.ProcessEnv;
  launch?: typeof startServer;
  agentEnv?: (host: LabHost) => NodeJS.ProcessEnv;
  agentEntry?: string;
  through?: (agentUrl: string, host: LabHost) => Promise<string>;
}): Promise<System> => {
  const letter = String.fromCharCode(97 + (systems % 26));
  systems += 1;
  const dir = mkdtempSync(join(tmpdir(), 'skep-'));
  const machines = await startMachines({ engines, count: hosts, prefix: ownPrefix(`s${letter}`) });
  // One key does in a minute what people do in a day; test/transports has the limits themselves.
  const unlimited = { SKEP_MUTATIONS_PER_MINUTE: '1000000', SKEP_REVEALS_PER_HOUR: '1000000' };
  // The caller's own object, not a copy: it is read anew at each start.
  const server = await launch({ dir, env: Object.assign(env, { ...unlimited, ...env }) });
  const ask = createAsk(() => server.url, server.adminKey);
  const members: Member[] = [];
  const agents: AgentProcess[] = [];

  const attach = async (host: LabHost): Promise<Member> => {
    const { createEnrolment } = await ask(
      'mutation($name: String) { createEnrolment(input: { name: $name }) { secret } }',
      { name: host.hostname },
    );
    const agent = await startAgent({
      dir,
      host,
      server: await through(server.agentUrl, host),
      enrolment: createEnrolment.secret,
      env: agentEnv(host),
      ...(agentEntry === undefined ? {} : { entry: agentEntry }),
    });
    agents.push(agent);
    const hostId = await until(
      async () => {
        const { hosts: page } = await ask(
          'query($text: String) { hosts(filter: { text: $text }, first: 1000) { edges { node { id name engine { id } } } } }',
          { text: host.hostname },
        );
        return page.edges.find(
          ({ node }: { node: { name: string; engine: unknown } }) =>
            node.name === host.hostname && node.engine !== null,
        )?.node.id as string | undefined;
      },
      `the agent of ${host.hostname} has reported`,
      60_000,
    );
    return { host, hostId, agent };
  };

  const system: System = {
    dir,
    machines,
    server,
    members,
    ask,
    as: (key) => createAsk(() => server.url, key),
    enrol: async (host) => {
      const member = await attach(host);
      members.push(member);
      return member;
    },
    formSwarm: async ({ managers = 1 } = {}) => {
      const [first, ...others] = members;
      if (!first) throw new Error('no host');
      const { initCluster } = await ask(
        `mutation($input: InitClusterInput!) { initCluster(input: $input) { ${operationFields} } }`,
        { input: { host: first.hostId, name: 'test', advertiseAddr: first.host.address } },
      );
      if (initCluster.state !== 'SUCCEEDED') throw new Error(`init: ${JSON.stringify(initCluster)}`);
      const cluster: string = initCluster.clusterId.id;
      const join = async (joining: readonly Member[], role: string): Promise<void> => {
        if (joining.length === 0) return;
        const { joinHosts } = await ask(
          `mutation($input: JoinHostsInput!) { joinHosts(input: $input) { ${operationFields} } }`,
          {
            input: {
              cluster,
              hosts: joining.map(({ hostId }) => ({ host: hostId })),
              role,
              waitSeconds: 120,
            },
          },
        );
        if (joinHosts.state !== 'SUCCEEDED') throw new Error(`join: ${JSON.stringify(joinHosts)}`);
      };
      await join(others.slice(0, managers - 1), 'MANAGER');
      await join(others.slice(managers - 1), 'WORKER');
      return cluster;
    },
    stop: async () => {
      await Promise.all(agents.map((agent) => agent.kill9()));
      await server.stop();
      await machines.down();
      if (!process.env.SKEP_KEEP_TEST_DIRS) rmSync(dir, { recursive: true, force: true });
    },
  };
  try {
    members.push(...(await Promise.all(machines.hosts.map(attach))));
  } catch (error) {
    await system.stop();
    throw error;
  }
  return system;
};

// The main scenario, played through the API: each act is printed as it is sent, and what came of it.
import type { Ask } from './client.ts';
import { showAudit, showNodes } from './demo-report.ts';
import type { DemoHost, DemoSystem } from './demo-system.ts';

/** What every act is asked for; printed without it. */
const result =
  'state failure { code message } guards { guard message } warnings { code message } impact { managersBefore managersAfter toleratesBefore toleratesAfter } clusterId: cluster { id }';

type Operation = {
  state: string;
  failure: { code: string; message: string } | null;
  guards: { guard: string; message: string }[];
  warnings: { code: string; message: string }[];
  impact: Record<string, number | null> | null;
  clusterId: { id: string } | null;
};

/** A text as GraphQL writes it. */
const text = (value: string): string => JSON.stringify(value);

const list = (values: readonly string[]): string => `[${values.map(text).join(', ')}]`;

const describe = ({ state, failure, guards, warnings, impact }: Operation, seconds: string): string[] => [
  `${state} after ${seconds} s${failure && guards.length === 0 ? ` · ${failure.code}: ${failure.message}` : ''}`,
  ...guards.map(({ guard, message }) => `guard ${guard}: ${message}`),
  ...warnings.map(({ code, message }) => `warning ${code}: ${message}`),
  ...(typeof impact?.managersAfter === 'number'
    ? [
        `managers ${impact.managersBefore} → ${impact.managersAfter}, can lose ${impact.toleratesBefore} → ${impact.toleratesAfter}`,
      ]
    : []),
];

type Act = (what: string, field: string, wanted?: 'SUCCEEDED' | 'REFUSED') => Promise<Operation>;
type Asked = { act: Act; reveal: (what: string, field: string) => Promise<void> };

/** Never a whole token on a screen that others may see. */
const mask = (command: string): string => command.replace(/(SWMTKN-1-\w{4})\w+-\w+/, '$1…(masked)');

/** @throws Error when an act does not end as the scenario has it. */
const createActs = (ask: Ask, say: (line: string) => void): Asked => {
  let count = 0;
  const begin = (what: string, field: string): (() => string) => {
    count += 1;
    say(`\n${count}. ${what}`);
    say(`   mutation { ${field} }`);
    const began = performance.now();
    return () => ((performance.now() - began) / 1_000).toFixed(1);
  };
  const end = (
    what: string,
    operation: Operation | undefined,
    wanted: string,
    seconds: string,
  ): Operation => {
    if (!operation) throw new Error(`${what}: no operation came back`);
    for (const line of describe(operation, seconds)) say(`   → ${line}`);
    if (operation.state !== wanted) throw new Error(`${what}: wanted ${wanted}, got ${operation.state}`);
    return operation;
  };
  return {
    act: async (what, field, wanted = 'SUCCEEDED') => {
      const seconds = begin(what, field);
      const answer = await ask<Record<string, Operation>>(`mutation { ${field} { ${result} } }`);
      return end(what, Object.values(answer)[0], wanted, seconds());
    },
    reveal: async (what, field) => {
      const seconds = begin(what, field);
      const { revealJoinToken } = await ask<{ revealJoinToken: { operation: Operation; command: string } }>(
        `mutation { ${field} { operation { ${result} } command } }`,
      );
      end(what, revealJoinToken.operation, 'SUCCEEDED', seconds());
      say(`   → ${mask(revealJoinToken.command)}`);
    },
  };
};

const form = async (act: Act, hosts: readonly DemoHost[], name: string): Promise<string> => {
  const [first, ...others] = hosts;
  if (!first) throw new Error('a swarm needs a host');
  const { clusterId } = await act(
    `Make a swarm on ${first.machine.hostname}`,
    `initCluster(input: { host: ${text(first.id)}, name: ${text(name)}, advertiseAddr: ${text(first.machine.address)}, reason: "the demo begins" })`,
  );
  if (!clusterId) throw new Error('the new cluster has no id');
  if (others.length > 0) {
    const joining = others.map(({ id }) => `{ host: ${text(id)} }`).join(', ');
    await act(
      `Let ${others.map(({ machine }) => machine.hostname).join(', ')} join as workers; nobody sees a token`,
      `joinHosts(input: { cluster: ${text(clusterId.id)}, hosts: [${joining}], role: WORKER, waitSeconds: 120, reason: "more machines" })`,
    );
  }
  return clusterId.id;
};

const manage = async (
  { act, reveal }: Asked,
  hosts: readonly DemoHost[],
  cluster: string,
  say: (line: string) => void,
): Promise<void> => {
  const names = hosts.map(({ machine }) => machine.hostname);
  const at = `cluster: ${text(cluster)}`;
  const last = names.at(-1) ?? '';
  await act(
    'Label a node',
    `updateNodeLabels(input: { ${at}, nodes: ${list([last])}, set: [{ key: "zone", value: "b" }, { key: "ssd" }], reason: "it has the fast disks" })`,
  );
  if (hosts.length >= 3) {
    const promoted = names.slice(1, 3);
    await act(
      'Promote to three managers, so that one can be lost',
      `promoteNodes(input: { ${at}, nodes: ${list(promoted)}, waitSeconds: 120, reason: "tolerate the loss of a manager" })`,
    );
    await act(
      'Demote one: that would leave two managers, of which none can be lost',
      `demoteNodes(input: { ${at}, nodes: ${list(promoted.slice(0, 1))}, reason: "do we need three?" })`,
      'REFUSED',
    );
  } else say('\n   (With three hosts there would be a promotion to three managers, and a refused demotion.)');
  if (hosts.length >= 2) {
    for (const [availability, reason] of [
      ['DRAIN', 'a new kernel'],
      ['ACTIVE', 'the new kernel runs'],
    ] as const)
      await act(
        availability === 'DRAIN' ? 'Drain a node' : 'Take it back',
        `setNodeAvailability(input: { ${at}, nodes: ${list([last])}, availability: ${availability}, reason: ${text(reason)} })`,
      );
  }
  await reveal(
    'Reveal the worker join token, which is on record before it is read',
    `revealJoinToken(input: { ${at}, role: WORKER, reason: "a machine without an agent" })`,
  );
  await act(
    'Rotate it: the revealed one joins nobody any more',
    `rotateJoinToken(input: { ${at}, role: WORKER, reason: "it was shown on a screen" })`,
  );
};

/** A name that no cluster has: --keep knows the one of the demo before. */
const freeName = async (ask: Ask): Promise<string> => {
  const { clusters } = await ask<{ clusters: { name: string }[] }>('{ clusters { name } }');
  const taken = new Set(clusters.map(({ name }) => name));
  let name = 'demo';
  for (let n = 2; taken.has(name); n += 1) name = `demo-${n}`;
  return name;
};

/**
 * Forms a swarm of all hosts and manages it.
 * @returns the cluster's id.
 * @throws Error when an act does not end as it should.
 */
export const playScenario = async (
  { ask, hosts }: DemoSystem,
  say: (line: string) => void,
): Promise<string> => {
  const acts = createActs(ask, say);
  const cluster = await form(acts.act, hosts, await freeName(ask));
  await manage(acts, hosts, cluster, say);
  await showNodes(ask, cluster, say);
  await showAudit(ask, cluster, say);
  return cluster;
};

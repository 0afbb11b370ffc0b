// Skep on the swarm that it manages: the server as a service pinned to a labelled node, an agent in a plain container on
// each host, by the commands of docs/install.md. By hand is only what has to be there before: a swarm of two, the label,
// the images.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ask } from '../../lab/client.ts';
import type { LabHost } from '../../lab/engines/host.ts';
import { createLab, type Lab, labFolder, ownPrefix } from '../../lab/engines/lab.ts';
import { whyNoRealEngines } from '../../lab/machines.ts';
import { at } from '../support/at.ts';
import { boxesBelow, commandsOf, typeOn } from '../support/boxes.ts';
import { callDocker, docker } from '../support/docker.ts';
import { type Images, makeImages } from '../support/images.ts';
import type { Perform } from '../support/perform.ts';
import { callServerOn, firstKeyIn, type ServerInside } from '../support/server-inside.ts';
import { until } from '../support/until.ts';

const page = 'docs/install.md';
const [build = '', , runAgent = ''] = boxesBelow(page, '## In containers');
const [service = ''] = boxesBelow(page, '## The server as a service of its own swarm');

/** The one command of a box that begins so. */
const commandOf = (box: string, start: string): string => {
  const [command, ...more] = commandsOf(box, start);
  if (command === undefined || more.length > 0) throw new Error(`${page} has not one ${start}`);
  return command;
};

const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

describe.skipIf(whyNoRealEngines() !== null)('Skep on its own swarm, on real engines 20.10', () => {
  let lab: Lab;
  let hosts: LabHost[];
  let images: Images;
  let server: ServerInside;
  let ask: Ask;
  let perform: Perform;
  let cluster: string;
  const [home, manager, third] = [0, 1, 2];
  const host = (index: number): LabHost => at(hosts, index);
  const hostIds: string[] = [];

  /** The container of the server that runs now. */
  const serverContainer = async (): Promise<string> => {
    const id = await docker(
      host(home),
      'ps',
      '--quiet',
      '--no-trunc',
      '--filter',
      'label=com.docker.swarm.service.name=skep',
    );
    return id.trim();
  };

  const nodeId = async (index: number): Promise<string> =>
    (await callDocker<{ Swarm: { NodeID: string } }>(host(index), 'GET', '/info')).Swarm.NodeID;

  const startAgent = async (index: number): Promise<void> => {
    const { payload } = await perform('createEnrolment', { name: host(index).hostname });
    await typeOn(
      host(index),
      runAgent
        .replace('10.0.0.1', host(home).address)
        .replace('skep_enr_…', payload.secret)
        // The lab's hosts share a kernel: the others say that theirs is another.
        .replace('--env', `--env SKEP_AGENT_BOOT_ID=${index === home ? bootId : `other-${index}`} --env`),
    );
    hostIds[index] = await server.hostWithEngine(host(index).hostname);
  };

  beforeAll(async () => {
    lab = createLab({ dir: labFolder(), prefix: ownPrefix('sv'), subnet: '10.88.0' });
    images = makeImages();
    hosts = await Promise.all([0, 1, 2].map(() => lab.addHost({ version: '20.10' })));
    hosts.sort((a, b) => a.index - b.index);
    for (const index of [home, manager, third]) {
      const checkout = await images.bring(host(index));
      for (const target of index === home ? ['server', 'agent'] : ['agent'])
        await typeOn(
          host(index),
          commandOf(build, `docker build --file packages/docker/Dockerfile --target ${target}`),
          checkout,
        );
    }

    await docker(host(manager), 'swarm', 'init', '--advertise-addr', host(manager).address);
    const token = (await docker(host(manager), 'swarm', 'join-token', '--quiet', 'worker')).trim();
    await docker(host(home), 'swarm', 'join', '--token', token, `${host(manager).address}:2377`);
    await docker(host(manager), 'node', 'update', '--label-add', 'skep=yes', host(home).hostname);
    const create = commandOf(service, 'docker service create');
    await typeOn(host(manager), create.replace('10.0.0.1', host(home).address));
    const key = firstKeyIn(await docker(host(home), 'logs', await serverContainer()));
    server = await callServerOn(lab, host(home), key);
    ({ ask, perform } = server);
    await server.answers();
    for (const index of [home, manager, third]) await startAgent(index);
  }, 300_000);

  afterAll(async () => {
    await server?.close();
    await lab?.down();
    images?.remove();
  }, 120_000);

  it('runs as nobody special, and is healthy', async () => {
    const id = await serverContainer();
    expect((await docker(host(home), 'exec', id, 'id', '-u')).trim()).toBe('1000');
    await until(
      async () =>
        (await docker(host(home), 'inspect', '--format', '{{.State.Health.Status}}', id)).trim() ===
        'healthy',
      'the health check has passed',
      60_000,
    );
  }, 90_000);

  it('is backed up where it runs, by its name', async () => {
    const run = async (...args: string[]): Promise<string> =>
      docker(host(home), 'exec', await serverContainer(), 'skep-server', 'backup', ...args);
    expect(await run('--to', '/tmp/skep.tar.gz')).toContain('is made and verified');
    expect(await run('--verify', '/tmp/skep.tar.gz')).toContain('is a good backup');
  }, 60_000);

  it('adopts the swarm that it runs on, and brings a third host in as a manager', async () => {
    cluster = await until(
      async () => (await ask('{ clusters { id } }')).clusters[0]?.id as string | undefined,
      'the swarm was found',
      60_000,
    );
    expect(await perform('adoptCluster', { cluster, name: 'home' })).toMatchObject({ state: 'SUCCEEDED' });
    const joined = await perform('joinHosts', {
      cluster,
      hosts: [{ host: hostIds[third] }],
      role: 'MANAGER',
      reason: 'a second manager',
      waitSeconds: 120,
    });
    expect(joined).toMatchObject({ state: 'SUCCEEDED' });
  }, 180_000);

  it('refuses to drain the node that it runs on, which it finds by the boot id from inside its container', async () => {
    const drain = { cluster, nodes: [await nodeId(home)] };
    expect(await perform('drainNodes', drain)).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'HOSTS_SKEP' },
    });
  }, 60_000);

  /** A swarm of two managers has no leader while one of them is late, on a busy machine. */
  const isWhole = (): Promise<unknown> =>
    until(
      async () => {
        const { clusters, nodes, hosts } = await ask(
          '{ clusters { state watcher { stale } } nodes { edges { node { status { state } } } } hosts { edges { node { status engine { id } } } } }',
        );
        return (
          clusters.every((one: any) => !one.watcher.stale && /^(HEALTHY|AT_RISK)$/.test(one.state)) &&
          nodes.edges.every(({ node }: any) => node.status.state === 'READY') &&
          hosts.edges.every(({ node }: any) => node.status === 'CONNECTED' && node.engine !== null)
        );
      },
      'the swarm is whole',
      90_000,
    );
  /** How each ended: its state, or why it did not succeed. */
  const endings = (operations: readonly Record<string, any>[]): string[] =>
    operations.map(({ state, failure }) =>
      failure ? `${state} ${failure.code}: ${failure.message}` : state,
    );

  it('is killed in the midst of operations, started again by the swarm, and goes on with its history whole', async () => {
    await isWhole();
    // Another time of this test asks for other operations.
    const keys = randomUUID();
    const before = await serverContainer();
    const ids = await Promise.all([home, manager, third].map(nodeId));
    const asked = Array.from({ length: 30 }, (_, n) =>
      perform('updateNodeLabels', {
        cluster,
        nodes: [at(ids, n % ids.length)],
        set: [{ key: `n${n}`, value: 'yes' }],
        idempotencyKey: `label-${n}-${keys}`,
        reason: `label ${n}`,
        waitSeconds: 60,
      }),
    );
    // Some are done, others are not.
    await Promise.race(asked);
    await docker(host(home), 'kill', '--signal', 'KILL', before);
    await Promise.allSettled(asked);
    const after = await until(
      async () => {
        const id = await serverContainer();
        return id !== '' && id !== before && (await ask('{ eventCursor }')).eventCursor ? id : null;
      },
      'the swarm has started another server, and it answers',
      60_000,
    );
    expect(after).not.toBe(before);
    // Asked again: those that were on record are the same ones.
    const again = await until(
      async () => {
        const all = await Promise.all(
          Array.from({ length: 30 }, (_, n) =>
            perform('updateNodeLabels', {
              cluster,
              nodes: [at(ids, n % ids.length)],
              set: [{ key: `n${n}`, value: 'yes' }],
              idempotencyKey: `label-${n}-${keys}`,
              reason: `label ${n}`,
              waitSeconds: 60,
            }),
          ),
        );
        return all.every(({ endedAt }) => endedAt !== null) ? all : null;
      },
      'each operation is final',
      150_000,
    );
    expect(endings(again)).toEqual(again.map(() => 'SUCCEEDED'));
    expect(new Set(again.map(({ id }) => id)).size).toBe(30);
    const { auditLog, verifyAudit } = await ask(
      'query ($filter: AuditFilter) { auditLog(filter: $filter, first: 100) { edges { node { phase operation { id } } } } verifyAudit { ok } }',
      { filter: { action: 'updateNodeLabels', phase: ['OUTCOME'] } },
    );
    const outcomes = auditLog.edges.flatMap(
      ({ node }: { node: { phase: string; operation: { id: string } } }) =>
        node.phase === 'OUTCOME' ? [node.operation.id] : [],
    );
    expect(outcomes).toEqual(expect.arrayContaining(again.map(({ id }) => id)));
    expect(new Set(outcomes).size).toBe(outcomes.length);
    expect(verifyAudit).toEqual({ ok: true });
  }, 300_000);

  it('goes on managing when every manager is drained: the agents are no tasks', async () => {
    await isWhole();
    const nodes = [await nodeId(manager), await nodeId(third)];
    const drained = await perform('drainNodes', { cluster, nodes, parallel: true, waitSeconds: 120 });
    expect(endings([drained])).toEqual(['SUCCEEDED']);
    const labelled = await perform('updateNodeLabels', {
      cluster,
      nodes,
      set: [{ key: 'drained', value: 'yes' }],
      waitSeconds: 60,
    });
    expect(labelled).toMatchObject({ state: 'SUCCEEDED' });
    const back = await perform('setNodeAvailability', {
      cluster,
      nodes,
      availability: 'ACTIVE',
      waitSeconds: 60,
    });
    expect(back).toMatchObject({ state: 'SUCCEEDED' });
    for (const index of [manager, third])
      expect(
        await docker(host(index), 'ps', '--filter', 'name=skep-agent', '--format', '{{.Status}}'),
      ).toMatch(/^Up /);
  }, 240_000);
});

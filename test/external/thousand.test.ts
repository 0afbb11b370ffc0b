// The promise of EXTERNAL in numbers: a thousand changes of ours write none, a hundred of somebody else write a hundred.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/host.ts';
import type { EngineKind } from '../../lab/machines.ts';
import { startAppInProcess } from '../support/app-in-process.ts';
import { at } from '../support/at.ts';
import { changeNode, docker, listNodes } from '../support/docker.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { auditHead, faultsOfHistory, readExternal } from '../support/history.ts';
import { byClients } from '../support/labels.ts';
import { createRandom } from '../support/random.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const random = createRandom();
console.log(`SKEP_TEST_SEED=${random.seed}`);

const simulated: EngineKind = { kind: 'simulated', version: '20.10', speed: 10 };
/** A role step waits for raft: on real engines half a minute after a demotion, so there are few of them. */
const runs = [
  { title: 'SIMULATED engines', engines: simulated, ours: 800, theirs: 50, hosts: 4, roleEvery: 40 },
  { title: enginesNote, engines, ours: 200, theirs: 100, hosts: 3, roleEvery: 100 },
];

/** Without Skep: by the docker CLI where a host has one. It gives up at a stale version; a person types it again. */
const labelByHand = async (host: LabHost, id: string, key: string, value: string): Promise<void> => {
  if (!host.exec) return changeNode(host, id, ({ Labels }) => ({ Labels: { ...Labels, [key]: value } }));
  for (;;) {
    try {
      await docker(host, 'node', 'update', '--label-add', `${key}=${value}`, id);
      return;
    } catch (error) {
      if (!String(error).includes('out of sequence')) throw error;
    }
  }
};

describe.each(runs)('$ours changes by Skep and $theirs without it, on $title', (run) => {
  let system: System;
  let cluster: string;
  let ids: string[];
  let pause: (paused: boolean) => void;

  beforeAll(async () => {
    const launch: typeof startAppInProcess = async (options) => {
      const app = await startAppInProcess(options);
      pause = (paused) => app.app().pauseWatcher(paused);
      return app;
    };
    system = await startSystem({ engines: run.engines, hosts: run.hosts, launch });
    cluster = await system.formSwarm();
    ids = (await listNodes(at(system.members, 0).host)).map(({ ID }) => ID);
  });
  afterAll(() => system?.stop());

  /** Any change that is not refused; what it refuses, it must refuse for a reason that chance can have made. */
  const change = async (number: number): Promise<void> => {
    const node = random.pick(ids);
    const [leader] = ids.filter((id) => id === manager);
    const kind =
      number % run.roleEvery === 7 && node !== leader
        ? 'role'
        : random.below(4) === 0
          ? 'availability'
          : 'labels';
    const labels =
      random.below(3) === 0
        ? { remove: [`k${random.below(5)}`] }
        : { set: [{ key: `k${random.below(5)}`, value: `v${random.below(3)}` }] };
    const asked = {
      role: { mutation: random.below(2) === 0 ? 'promoteNodes' : 'demoteNodes', input: {} },
      availability: {
        mutation: 'setNodeAvailability',
        input: { availability: random.pick(['ACTIVE', 'PAUSE', 'DRAIN']) },
      },
      labels: { mutation: 'updateNodeLabels', input: labels },
    }[kind];
    const name = `${asked.mutation[0]?.toUpperCase()}${asked.mutation.slice(1)}`;
    const data = await system.ask(
      `mutation($input: ${name}Input!) { ${asked.mutation}(input: $input) { state failure { code message } } }`,
      {
        input: {
          cluster,
          nodes: [node],
          waitSeconds: 120,
          reason: 'chance',
          override: ['NO_FAULT_TOLERANCE', 'LAST_ACTIVE_NODE'],
          ...asked.input,
        },
      },
    );
    const { state, failure } = data[asked.mutation];
    if (state !== 'SUCCEEDED')
      expect({ kind, state, code: failure?.code }).toMatchObject({ code: 'LAST_MANAGER' });
  };
  let manager: string;

  it('writes no EXTERNAL record, whenever the watcher is paused', { timeout: 300_000 }, async () => {
    const found = (await listNodes(at(system.members, 0).host)).find(
      ({ ManagerStatus }) => ManagerStatus?.Leader,
    );
    manager = found?.ID ?? '';
    let paused = false;
    let toggles = 0;
    await byClients(5, run.ours, async (number) => {
      if (random.below(6) === 0) {
        paused = !paused;
        toggles += 1;
        pause(paused);
      }
      await change(number);
    });
    pause(false);
    await agreed();
    expect((await readExternal(system.ask)).map(({ targets, changes }) => ({ targets, changes }))).toEqual(
      [],
    );
    expect(toggles).toBeGreaterThan(10);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  });

  /** What Skep shows is what the engine has. */
  const agreed = () =>
    until(
      async () => {
        const truth = new Map(
          (await listNodes(at(system.members, 0).host)).map((node) => [node.ID, node.Spec]),
        );
        const { nodes } = await system.ask(
          '{ nodes { edges { node { id role availability labels { key value } } } } }',
        );
        return nodes.edges.every(({ node }: Record<string, any>) => {
          const spec = truth.get(node.id);
          const labels = Object.fromEntries(
            node.labels.map((label: { key: string; value: string }) => [label.key, label.value]),
          );
          if (!spec) return false;
          return (
            spec.Role.toUpperCase() === node.role &&
            spec.Availability.toUpperCase() === node.availability &&
            Object.keys(labels).length === Object.keys(spec.Labels ?? {}).length &&
            Object.entries(spec.Labels ?? {}).every(([key, value]) => labels[key] === value)
          );
        });
      },
      'Skep shows what the engine has',
      30_000,
    );

  it('writes each change of somebody else, among ours, and none of ours', { timeout: 200_000 }, async () => {
    const head = await auditHead(system.ask);
    const { host } = at(system.members, 0);
    let paused = false;
    await Promise.all([
      byClients(2, run.theirs, async (number) => {
        await labelByHand(host, random.pick(ids), `theirs${number}`, String(number));
      }),
      byClients(3, run.theirs, async () => {
        paused = random.below(3) === 0;
        pause(paused);
        const key = `k${random.below(5)}`;
        await system.ask(
          'mutation($input: UpdateNodeLabelsInput!) { updateNodeLabels(input: $input) { state } }',
          {
            input: {
              cluster,
              nodes: [random.pick(ids)],
              set: [{ key, value: `w${random.below(3)}` }],
              waitSeconds: 120,
            },
          },
        );
      }),
    ]);
    pause(false);
    await agreed();
    const records = await until(
      async () => {
        const found = await readExternal(system.ask, head);
        return found.flatMap(({ changes }) => changes).length >= run.theirs ? found : null;
      },
      'all changes of somebody else are on record',
      20_000,
    );
    const paths = records.flatMap(({ changes }) => changes.map(({ path }) => path));
    console.log(`${run.theirs} changes without Skep fell into ${records.length} observations`);
    expect(paths.sort()).toEqual(
      Array.from({ length: run.theirs }, (_, number) => `labels.theirs${number}`).sort(),
    );
  });
});

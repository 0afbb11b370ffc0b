// Agents and engines are killed (SIGKILL) while nodes change: what is said is what the engines show, and all come back by themselves.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { begunTwice, effects } from '../support/commands.ts';
import { listNodes } from '../support/docker.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { faultsOfHistory, readExternal } from '../support/history.ts';
import { begin, connected, ended } from '../support/operations.ts';
import { createRandom } from '../support/random.ts';
import { type System, startSystem } from '../support/system.ts';
import { transports } from '../support/transports.ts';
import { until } from '../support/until.ts';

const random = createRandom();
console.log(`SKEP_TEST_SEED=${random.seed}`);

describe(`agents and engines that are killed, on ${enginesNote}`, () => {
  let system: System;
  let cluster: string;
  let ids: string[];

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2 });
    cluster = await system.formSwarm();
    ids = (await listNodes(at(system.members, 0).host)).map(({ ID }) => ID);
  });
  afterAll(() => system?.stop());

  const begun = async (value: string): Promise<string> =>
    (await begin(system.ask, 'updateNodeLabels', { cluster, nodes: ids, set: [{ key: 'l', value }] })).id;

  /** The operation's end, held against what the manager's engine shows. */
  const expectTruth = async (id: string, value: string, afterMs: number): Promise<void> => {
    const operation = await ended(system.ask, id);
    await connected(system.ask);
    const nodes = await listNodes(at(system.members, 0).host);
    for (const target of operation.targets) {
      const shown = nodes.find(({ ID }) => ID === target.id)?.Spec.Labels?.l;
      const told = { afterMs, state: target.state, code: target.failure?.code ?? null, shown };
      if (target.state === 'SUCCEEDED') expect(told).toMatchObject({ shown: value });
      // A failure that is sure of itself has changed nothing.
      else if (target.state === 'FAILED') expect(told.shown).not.toBe(value);
      else expect(told).toMatchObject({ state: expect.stringMatching(/^(UNKNOWN|PENDING)$/) });
      const writes = effects(system.members).filter(
        ({ args, result }) =>
          args?.node === target.id && args?.setLabels?.[0]?.value === value && result?.changed === true,
      );
      expect(writes.length).toBeLessThanOrEqual(1);
    }
  };

  it('tells the truth when the manager’s agent is killed, which comes back as the same host', {
    timeout: 240_000,
  }, async () => {
    const { agent } = at(system.members, 0);
    const known = (await system.ask('{ hosts { edges { node { id name } } } }')).hosts;
    for (const round of Array(5).keys()) {
      const value = `agent ${round}`;
      const id = await begun(value);
      const afterMs = random.below(80);
      // The point in time is what is varied.
      await delay(afterMs);
      await agent.kill9();
      await agent.start();
      await expectTruth(id, value, afterMs);
    }
    expect((await system.ask('{ hosts { edges { node { id name } } } }')).hosts).toEqual(known);
  });

  it('tells the truth when the manager’s engine is killed', { timeout: 300_000 }, async () => {
    const { host } = at(system.members, 0);
    for (const round of Array(4).keys()) {
      const value = `engine ${round}`;
      const id = await begun(value);
      const afterMs = random.below(80);
      await delay(afterMs);
      await host.kill9();
      await host.start();
      await expectTruth(id, value, afterMs);
    }
  });

  it('lets a subscriber go on by its cursor, also across servers that are killed', {
    timeout: 200_000,
  }, async () => {
    const query =
      'subscription($after: String) { nodeChanged(after: $after) { cursor node { id } changes { path old new } } }';
    // What is judged while an engine is still told to be away is refused, and nothing comes of it.
    await until(async () => {
      const { hosts } = await system.ask('{ hosts { edges { node { engine { id } } } } }');
      return hosts.edges.every(({ node }: Record<string, any>) => node.engine !== null);
    }, 'all engines answer their agents');
    const start: string = (await system.ask('{ eventCursor }')).eventCursor;
    const heard: Record<string, any>[] = [];
    for (const round of Array(3).keys()) {
      const subscriber = at(transports, round % 2).listen(system, query, {
        after: heard.at(-1)?.cursor ?? start,
      });
      const id = await begun(`server ${round}`);
      await delay(random.below(120));
      await system.server.kill9();
      heard.push(...subscriber.received);
      subscriber.stop();
      await system.server.start();
      expect(await ended(system.ask, id)).toMatchObject({ state: 'SUCCEEDED', failure: null });
      await connected(system.ask);
    }
    const isLast = ({ changes, node }: Record<string, any>): boolean =>
      changes.some(
        (change: Record<string, unknown>) => change.path === 'labels.l' && change.new === 'server 2',
      ) && node.id === ids[0];
    const rest = at(transports, 0).listen(system, query, { after: heard.at(-1)?.cursor ?? start });
    if (!heard.some(isLast)) await rest.next(isLast, 'the last change');
    const whole = at(transports, 1).listen(system, query, { after: start });
    const all = (): Record<string, any>[] => [...heard, ...rest.received];
    await until(() => whole.received.length >= all().length, 'the whole is told again');
    const cursors = all().map(({ cursor }) => cursor);
    expect(whole.received.map(({ cursor }) => cursor).slice(0, cursors.length)).toEqual(cursors);
    for (const node of ids) {
      const values = whole.received
        .filter((event) => event.node.id === node)
        .flatMap(({ changes }) => changes.filter(({ path }: { path: string }) => path === 'labels.l'))
        .map((change) => change.new);
      expect(values).toEqual(['server 0', 'server 1', 'server 2']);
    }
    rest.stop();
    whole.stop();
  });

  it('leaves a history without a fault', async () => {
    expect(begunTwice(system.members)).toEqual([]);
    expect(await readExternal(system.ask)).toEqual([]);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  });
});

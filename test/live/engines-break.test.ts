// What happens to the machines is told: a leader that dies and comes back, by nodeChanged and by clusterChanged.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { listNodes } from '../support/docker.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { readExternal } from '../support/history.ts';
import { type System, startSystem } from '../support/system.ts';
import { transports } from '../support/transports.ts';
import { until } from '../support/until.ts';

const documents = {
  nodeChanged:
    'subscription($after: String) { nodeChanged(after: $after) { cursor node { id status { state } managerStatus { leader reachability } } changes { path new } operation { id } } }',
  clusterChanged:
    'subscription($after: String) { clusterChanged(after: $after) { cursor leader state changes { path old new } operation { id } } }',
  hostChanged:
    'subscription($after: String) { hostChanged(after: $after) { cursor hostId status changes { path new } host { engineFailure } } }',
};

describe(`engines that break, on ${enginesNote}`, () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    await system.formSwarm({ managers: 3 });
  });
  afterAll(() => system?.stop());

  it('are told when the leader’s engine is killed and when it is back', { timeout: 180_000 }, async () => {
    const { eventCursor: after } = await system.ask('{ eventCursor }');
    const [ws, sse] = transports;
    if (!ws || !sse) throw new Error('no transports');
    const nodes = ws.listen(system, documents.nodeChanged, { after });
    const clusters = sse.listen(system, documents.clusterChanged, { after });
    const hosts = sse.listen(system, documents.hostChanged, { after });
    const before = await listNodes(at(system.members, 0).host);
    const old = before.find(({ ManagerStatus }) => ManagerStatus?.Leader);
    const leading = system.members.find(({ host }) => host.hostname === old?.Description.Hostname);
    if (!old || !leading) throw new Error('no leader');
    await leading.host.kill9();
    const told = await clusters.next(
      ({ leader }) => leader !== null && leader !== old.ID,
      'another leader',
      60_000,
    );
    expect(told.operation).toBeNull();
    const others = system.members.filter((member) => member !== leading);
    const truth = (await listNodes(at(others, 0).host)).find(({ ManagerStatus }) => ManagerStatus?.Leader);
    expect(told.leader).toBe(truth?.ID);
    await nodes.next(
      ({ node }) => node.id === old.ID && node.managerStatus?.reachability === 'UNREACHABLE',
      'the old leader is unreachable',
      60_000,
    );
    await nodes.next(
      ({ node }) => node.id === old.ID && node.status.state === 'DOWN',
      'the old leader is down',
      90_000,
    );
    await hosts.next(({ hostId }) => hostId === leading.hostId, 'its host’s engine is gone');
    expect((await system.ask('{ clusters { state } }')).clusters).toEqual([{ state: 'AT_RISK' }]);
    const mark = nodes.received.length;
    await leading.host.start();
    await until(
      () =>
        nodes.received
          .slice(mark)
          .find(
            ({ node }) =>
              node.id === old.ID &&
              node.status.state === 'READY' &&
              node.managerStatus?.reachability === 'REACHABLE',
          ),
      'the old leader is back',
      60_000,
    );
    await clusters.next(({ state, cursor }) => state === 'HEALTHY' && cursor !== told.cursor, 'all is well');
    // Nobody did it: a machine broke.
    expect(await readExternal(system.ask)).toEqual([]);
    for (const subscriber of [nodes, clusters, hosts]) {
      expect(subscriber.errors).toEqual([]);
      const cursors = subscriber.received.map(({ cursor }) => cursor);
      expect(new Set(cursors).size).toBe(cursors.length);
      subscriber.stop();
    }
  });
});

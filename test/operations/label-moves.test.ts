// A label that is changed where nobody may read what runs: it is set, and the operation says what it does not know.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';

const allow = 'ReadCluster,membership,secrets,nodes';

describe(`labels where the workload is not read, on ${enginesNote}`, () => {
  let system: System;
  let cluster: string;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1, agentEnv: () => ({ SKEP_AGENT_ALLOW: allow }) });
    cluster = await system.formSwarm();
  });
  afterAll(() => system?.stop());

  it('are set with WORKLOAD_UNKNOWN, and without it when nothing changes', async () => {
    const perform = createPerform(system.server.url, system.server.adminKey);
    const { host } = at(system.members, 0);
    const input = { cluster, nodes: [host.hostname], set: [{ key: 'disk', value: 'ssd' }] };
    for (const dryRun of [true, false])
      expect(await perform('updateNodeLabels', { ...input, dryRun })).toMatchObject({
        state: 'SUCCEEDED',
        warnings: [{ code: 'WORKLOAD_UNKNOWN', message: expect.stringContaining('ReadWorkload') }],
      });
    const nodes = await engineOf(host).nodes();
    expect(nodes[host.hostname].Spec.Labels).toEqual({ disk: 'ssd' });
    expect(await perform('updateNodeLabels', input)).toMatchObject({ state: 'SUCCEEDED', warnings: [] });
  });
});

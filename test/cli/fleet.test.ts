// `skep fleet`: refused, planned, applied, drifted, forgotten.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPerform } from '../support/perform.ts';
import { type Skep, skepOf } from '../support/skep.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('skep fleet, on SIMULATED engines', () => {
  let system: System;
  let skep: Skep;
  let cluster: string;
  let viewer: { env: NodeJS.ProcessEnv };
  let file: string;
  let [first, second] = ['', ''];

  const type = async (line: string, options: Parameters<Skep>[1] = {}): Promise<string> => {
    const { code, out, err } = await skep(line, options);
    expect({ line, code, err: code === 0 ? '' : err }).toEqual({ line, code: 0, err: '' });
    return out;
  };
  const labels = async (): Promise<Record<string, string>[]> => {
    const { nodes } = await system.ask('{ nodes { edges { node { hostname labels { key value } } } } }');
    return nodes.edges.find((edge: any) => edge.node.hostname === second).node.labels;
  };
  const fleet = async (): Promise<Record<string, any> | null> =>
    (
      await system.ask('query($id: ID!) { cluster(id: $id) { fleet { document drift { path } } } }', {
        id: cluster,
      })
    ).cluster.fleet;

  beforeAll(async () => {
    system = await startSystem({
      engines: { kind: 'simulated', version: '28.5', speed: 4 },
      env: { SKEP_DRIFT_INTERVAL_MS: '1000' },
    });
    cluster = await system.formSwarm();
    skep = skepOf(system);
    [first, second] = system.members.map(({ host }) => host.hostname) as [string, string];
    const perform = createPerform(system.server.url, system.server.adminKey);
    const { payload } = await perform('createApiKey', { name: 'looks', role: 'VIEWER' });
    viewer = { env: { SKEP_KEY: payload.key } };
    file = join(system.dir, 'fleet.yaml');
    writeFileSync(
      file,
      `skepFleet: 1
cluster: test
nodes:
  - host: ${first}
    role: manager
  - host: ${second}
    role: worker
    labels: { zone: b }
`,
    );
  });
  afterAll(() => system?.stop());

  it('2: a file that is not there, and a document that is wrong, with its line', async () => {
    for (const word of ['plan', 'apply']) {
      expect(await skep(`fleet ${word} nosuch.yaml`)).toMatchObject({ code: 2, out: '' });
      const wrong = await skep(`fleet ${word} -`, {
        input: 'skepFleet: 1\ncluster: test\nnodes:\n  - host: x\n    role: boss\n',
      });
      expect(wrong).toMatchObject({ code: 2, out: '' });
      expect(wrong.err).toContain('BAD_USER_INPUT');
      expect(wrong.err).toContain('line 5');
    }
    expect(await skep('fleet plan')).toMatchObject({ code: 2 });
  });

  it('1: a host that is not there, and a cluster that nothing was declared of', async () => {
    const input = 'skepFleet: 1\ncluster: test\nnodes:\n  - { host: nosuch, role: manager }\n';
    expect(await skep('fleet plan -', { input })).toMatchObject({ code: 1, out: '' });
    for (const line of ['fleet show', 'fleet forget']) {
      const { code, out, err } = await skep(line);
      expect({ line, code, out }).toEqual({ line, code: 1, out: '' });
      expect(err).toContain('no fleet document was applied to test');
    }
  });

  it('5: a viewer may plan and not apply', async () => {
    expect(await skep(`fleet plan ${file}`, viewer)).toMatchObject({ code: 7 });
    expect(await skep(`fleet apply ${file}`, viewer)).toMatchObject({ code: 5, out: '' });
    expect(await labels()).toEqual([]);
  });

  it('3: refused by a guard of a step, and nothing is done', async () => {
    const input = `skepFleet: 1\ncluster: test\nnodes:\n  - { host: ${first}, role: manager, availability: pause }\n  - { match: { name: "*" }, role: worker, availability: pause, labels: { zone: b } }\n`;
    for (const dry of [' --dry-run', '']) {
      const { code, err } = await skep(`fleet apply -${dry}`, { input });
      expect(code, err).toBe(3);
      expect(err).toContain('Guard last-active-node: ');
    }
    expect(await labels()).toEqual([]);
  });

  it('7: a plan with differences, in a table, in JSON and in brief', async () => {
    const { code, out, err } = await skep(`fleet plan ${file}`);
    expect({ code, err }).toEqual({ code: 7, err: '' });
    expect(out).toMatch(/^KIND +NAME +WHAT +DECLARED +ACTUAL +BY STEP$/m);
    expect(out).toMatch(new RegExp(`^Node +${second} +labels.zone +b +none +1$`, 'm'));
    expect(out).toMatch(new RegExp(`^1 +updateNodeLabels +${second} +node:label$`, 'm'));
    expect(out).toContain('Not named by the document, and left alone:');
    expect(await skep(`fleet plan ${file} -q`)).toEqual({
      code: 7,
      out: `node ${second} labels.zone\n`,
      err: '',
    });
    const told = await skep(`fleet plan ${file} --format json`);
    expect(told.code).toBe(7);
    expect(JSON.parse(told.out)).toMatchObject({
      clusterId: cluster,
      inSync: false,
      steps: [{ key: `labels:${second}` }],
    });
    expect(await labels()).toEqual([]);
  });

  it('is applied: a dry run, then the document is so, and a second time does nothing', async () => {
    expect(await type(`fleet apply ${file} --dry-run`)).toContain('Dry run: applyFleet would be done');
    expect(await labels()).toEqual([]);
    expect(await type(`fleet apply ${file} --reason 'the new rack'`)).toBe(`updateNodeLabels ${second}\n`);
    expect(await labels()).toEqual([{ key: 'zone', value: 'b' }]);
    expect(await type(`fleet apply ${file}`)).toBe('All is as the document says already.\n');
    expect(await type(`fleet plan ${file}`)).toContain('All is as the document says.\n');
  });

  it('its declaration is shown, given back, planned anew, and drifts', async () => {
    const shown = await until(async () => {
      const out = await type('fleet show');
      return out.includes('not since') ? undefined : out;
    }, 'it was looked at');
    expect(shown).toMatch(/^Cluster:\ttest\nApplied:\t.* by first admin \(operation [\da-f-]{36}\)$/m);
    expect(shown).toContain('Differs:\tnothing');
    const document = await type('fleet show -q');
    expect(document).toContain(`host: ${second}`);
    expect(await type('fleet plan -', { input: document })).toContain('All is as the document says.');
    await type(`node update --label-rm zone ${second}`);
    await until(async () => (await fleet())?.drift.length === 1, 'it drifts');
    expect(await type('fleet show test')).toMatch(new RegExp(`^Node +${second} +labels.zone +b +none$`, 'm'));
    expect(JSON.parse(await type('fleet show --format json')).drift).toMatchObject([
      { name: second, path: 'labels.zone', changeable: true },
    ]);
  });

  it('is forgotten; the cluster stays as it is', async () => {
    expect(await skep('fleet forget', viewer)).toMatchObject({ code: 5 });
    expect(await type('fleet forget --dry-run')).toContain('Dry run: forgetFleet');
    expect(await fleet()).not.toBeNull();
    expect(await type("fleet forget test --reason 'by hand'")).toBe('test\n');
    expect(await fleet()).toBeNull();
  });
});

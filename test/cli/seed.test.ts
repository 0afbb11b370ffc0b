// The document that Skep was asked to implement, typed with `skep` in the place of `docker`: the same words, and the same states.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineApi, engineOf, setByPeople } from '../support/engine-api.ts';
import { enginesNote, everyEngine } from '../support/engines.ts';
import { type Skep, skepOf } from '../support/skep.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe.each(everyEngine)(`the seed typed with skep on $kind $version (${enginesNote})`, (engines) => {
  let system: System;
  let skep: Skep;
  let manager: EngineApi;
  let address: string;
  let [cloud01, cloud02, cloud03] = ['', '', ''];

  /** Types a line that must succeed. @returns what it printed */
  const type = async (line: string, env: NodeJS.ProcessEnv = {}): Promise<string> => {
    const { code, out, err } = await skep(line, { env });
    const complaints = err.split('\n').filter((each) => each !== '' && !each.startsWith('Warning: '));
    expect({ line, code, complaints }).toEqual({ line, code: 0, complaints: [] });
    return out;
  };
  /** `node ls` as rows by hostname. */
  const list = async (): Promise<Record<string, string>> => {
    const [head, ...rows] = (await type('node ls')).trimEnd().split('\n');
    expect(head).toMatch(/^ID +HOSTNAME +STATUS +AVAILABILITY +MANAGER STATUS +ENGINE VERSION$/);
    return Object.fromEntries(
      rows.map((row) => {
        const [, name = '', rest = ''] = /^\w{25} [* ] +(\S+) +(.*)$/.exec(row) ?? [];
        return [name, `${row.includes(' * ') ? '* ' : ''}${rest.replace(/ +/g, ' ')}`];
      }),
    );
  };
  /** The watcher may be a moment behind the engine. */
  const listed = (expected: Record<string, unknown>): Promise<unknown> =>
    until(async () => {
      expect(await list()).toEqual(expected);
      return true;
    }, 'the list shows it');
  const worker = (availability = 'Active', state = 'Ready') =>
    expect.stringMatching(new RegExp(`^${state} ${availability} \\d+\\.\\d+`));
  const leader = expect.stringMatching(/^\* Ready Active Leader \d+\.\d+/);
  const reachable = expect.stringMatching(/^Ready Active Reachable \d+\.\d+/);

  beforeAll(async () => {
    system = await startSystem({ engines });
    skep = skepOf(system);
    const [first, second, third] = system.members.map(({ host }) => host);
    if (!first || !second || !third) throw new Error('three hosts are needed');
    [cloud01, cloud02, cloud03] = [first.hostname, second.hostname, third.hostname];
    address = first.address;
    manager = engineOf(first);
  });
  afterAll(() => system?.stop());

  it('swarm init begins on the host that has the address', async () => {
    const out = await type(`swarm init --advertise-addr ${address}`);
    const { NodeID } = (await manager.get('/info')).Swarm;
    expect(out).toContain(`Swarm initialized: current node (${NodeID}) is now a manager.`);
    expect(out).toContain('    skep swarm join --host HOST');
    expect(out).toContain("'skep swarm join --host HOST --role manager'");
  });

  it('the others join by their agents; a token on the command line is refused and not repeated', async () => {
    const token = 'SWMTKN-1-2qlhzljar0kw10ke623lvfy9mi9w3fgqgg8z9croosj9d7nl4n-b6789pdldcal2j5c4bs4uyl06';
    const refused = await skep(`swarm join --token ${token} ${address}:2377`, { env: { SKEP_ON: cloud02 } });
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain('skep swarm join --host HOST [--role manager]');
    expect(refused.err).not.toContain('SWMTKN');
    expect(await type(`swarm join --host ${cloud02}`)).toBe('This node joined a swarm as a worker.\n');
    expect(await type('swarm join', { SKEP_ON: cloud03 })).toBe('This node joined a swarm as a worker.\n');
  });

  it('join-token shows the engine’s own tokens', async () => {
    const { JoinTokens } = await manager.get('/swarm');
    for (const [role, token] of [
      ['manager', JoinTokens.Manager],
      ['worker', JoinTokens.Worker],
    ]) {
      expect(await type(`swarm join-token ${role}`)).toBe(
        `To add a ${role} to this swarm, run the following command:\n\n    docker swarm join --token ${token} ${address}:2377\n\n`,
      );
      expect(await type(`swarm join-token -q ${role}`)).toBe(`${token}\n`);
    }
  });

  it('node ls lists all three', async () => {
    await listed({ [cloud01]: leader, [cloud02]: worker(), [cloud03]: worker() });
  });

  it('node inspect self --pretty shows the page, and without it the engine’s JSON', async () => {
    const page = await type('node inspect self --pretty');
    const told = await manager.get(`/nodes/${cloud01}`);
    for (const line of [
      `ID:\t\t\t${told.ID}`,
      `Hostname:              \t${cloud01}`,
      ' State:\t\t\tReady',
      ' Availability:         \tActive',
      'Manager Status:',
      ` Address:\t\t${address}:2377`,
      ' Raft Status:\t\tReachable',
      ' Leader:\t\tYes',
      ` Operating System:\t${told.Description.Platform.OS}`,
      ` CPUs:\t\t\t${told.Description.Resources.NanoCPUs / 1e9}`,
      `Engine Version:\t\t${told.Description.Engine.EngineVersion}`,
    ])
      expect(page.split('\n')).toContain(line);
    expect(page).toMatch(/^ Memory:\t\t[\d.]+GiB$/m);
    expect(page).toMatch(/^ Network:\t\t.*overlay/m);
    const [node] = JSON.parse(await type('node inspect self'));
    const { Version, CreatedAt, UpdatedAt, Status, ...rest } = told;
    expect(node).toMatchObject({ ...rest, Status: { State: 'ready', Addr: Status.Addr } });
    expect(Version.Index).toBeGreaterThanOrEqual(node.Version.Index);
    expect([CreatedAt, UpdatedAt].map((time) => time.slice(0, 19))[0]).toBe(node.CreatedAt.slice(0, 19));
  });

  it('node update --availability Drain, and Active again', async () => {
    expect(await type(`node update --availability Drain ${cloud02}`)).toBe(`${cloud02}\n`);
    await listed({ [cloud01]: leader, [cloud02]: worker('Drain'), [cloud03]: worker() });
    expect(await type(`node update --availability Active ${cloud02}`)).toBe(`${cloud02}\n`);
    await listed({ [cloud01]: leader, [cloud02]: worker(), [cloud03]: worker() });
  });

  it('node update --label-add as key and as key=value', async () => {
    expect(await type(`node update --label-add manager --label-add manager=baz ${cloud01}`)).toBe(
      `${cloud01}\n`,
    );
    expect((await manager.get(`/nodes/${cloud01}`)).Spec.Labels).toEqual({ manager: 'baz' });
    await until(
      async () => (await type('node inspect self --pretty')).includes('\nLabels:\n - manager=baz\nHostname:'),
      'the label is shown',
    );
  });

  it('node promote, both at once', async () => {
    expect(await type(`node promote ${cloud02} ${cloud03}`)).toBe(
      `Node ${cloud02} promoted to a manager in the swarm.\nNode ${cloud03} promoted to a manager in the swarm.\n`,
    );
    await listed({ [cloud01]: leader, [cloud02]: reachable, [cloud03]: reachable });
  });

  it('node demote of the last two of three managers is refused without an override, and done with it', async () => {
    const before = await setByPeople(manager);
    const refused = await skep(`node demote ${cloud02} ${cloud03}`);
    expect(refused).toMatchObject({ code: 3, out: '' });
    expect(refused.err).toContain('Error: REFUSED NO_FAULT_TOLERANCE: ');
    expect(refused.err).toContain('Managers that may be lost: 1 before, 0 after');
    expect(refused.err).toContain('--override no-fault-tolerance --reason');
    expect(await setByPeople(manager)).toEqual(before);
    const bare = await skep(`node demote ${cloud02} ${cloud03} --override no-fault-tolerance`);
    expect(bare).toMatchObject({ code: 2, out: '' });
    expect(bare.err).toContain('--override needs a reason');
    expect(await setByPeople(manager)).toEqual(before);
    const words = '--override no-fault-tolerance --reason';
    expect(await type(`node demote ${cloud02} ${cloud03} ${words} 'one is enough'`)).toBe(
      `Manager ${cloud02} demoted in the swarm.\nManager ${cloud03} demoted in the swarm.\n`,
    );
    await listed({ [cloud01]: leader, [cloud02]: worker(), [cloud03]: worker() });
  });

  it('swarm leave, and node rm of who has left', async () => {
    expect(await type(`swarm leave --host ${cloud02}`)).toBe('Node left the swarm.\n');
    await listed({ [cloud01]: leader, [cloud02]: worker('Active', 'Down'), [cloud03]: worker() });
    expect(await type(`node rm ${cloud02}`)).toBe(`${cloud02}\n`);
    await listed({ [cloud01]: leader, [cloud03]: worker() });
    expect(Object.keys(await manager.nodes()).sort()).toEqual([cloud01, cloud03].sort());
  });
});

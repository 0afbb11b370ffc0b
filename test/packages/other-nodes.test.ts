// What this Node built, at work on another: the server on the oldest one that there may be, and on both an agent that is
// alone in its folder, on SIMULATED engines. npm's registry has the Nodes.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const oldest = '20.19.0';

const run = promisify(execFile);

/** The program of another Node. Beside this process, whose open connections would not outlive that it stands still. */
const fetchNode = async (version: string): Promise<string> => {
  const nodes = fileURLToPath(new URL('../../lab/nodes.mjs', import.meta.url));
  const script = `import(${JSON.stringify(nodes)}).then(({ otherNode }) => console.log(otherNode(${JSON.stringify(version)})))`;
  const { stdout } = await run(process.execPath, ['-e', script]);
  return stdout.trim();
};

describe('what was built', () => {
  let system: System;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 }, hosts: 1 });
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await system?.stop();
  });

  it.each([oldest, '24'])(
    'runs an agent alone in its folder by Node %s',
    { timeout: 120_000 },
    async (version) => {
      const node = await fetchNode(version);
      const folder = mkdtempSync(join(system.dir, `alone-${version}-`));
      copyFileSync(join(dist, 'agent.cjs'), join(folder, 'agent.cjs'));
      const host = await system.machines.addHost();
      const { createEnrolment } = await system.ask(
        'mutation($name: String) { createEnrolment(input: { name: $name }) { secret } }',
        { name: host.hostname },
      );
      children.push(
        spawn(node, [join(folder, 'agent.cjs')], {
          cwd: folder,
          stdio: 'ignore',
          env: {
            SKEP_AGENT_SERVER: system.server.agentUrl,
            SKEP_AGENT_STATE: join(folder, 'state'),
            SKEP_AGENT_DOCKER_SOCKET: host.socketPath,
            SKEP_AGENT_ENROLMENT: createEnrolment.secret,
            SKEP_AGENT_ADDRESSES: host.address,
            SKEP_AGENT_INTERFACES: 'none',
          },
        }),
      );
      await until(async () => {
        const { hosts } = await system.ask('{ hosts { edges { node { name engine { id } } } } }');
        return hosts.edges.some(
          ({ node: { name, engine } }: { node: { name: string; engine: unknown } }) =>
            name === host.hostname && engine !== null,
        );
      }, `the agent on Node ${version} has reported`);
    },
  );

  // The addon is compiled for Node 20 where that runs the tests; for another it would have to be compiled again.
  it.skipIf(process.versions.modules !== '115')(
    `runs the server by Node ${oldest}`,
    { timeout: 120_000 },
    async () => {
      const child = spawn(await fetchNode(oldest), [join(dist, 'server.cjs')], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { SKEP_DATA_DIR: join(system.dir, 'oldest'), SKEP_PORT: '0' },
      });
      children.push(child);
      let told = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (data) => {
          told += data;
        });
      const [, url = ''] = await until(() => /"url":"([^"]+)"/.exec(told), 'it listens');
      expect((await fetch(new URL('/readyz', url))).status).toBe(200);
      const [key = ''] = /skep_key_\w{8}_[\w-]{43}/.exec(told) ?? [];
      const answer = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ verifyAudit { ok } }' }),
      });
      expect(await answer.json()).toEqual({ data: { verifyAudit: { ok: true } } });
    },
  );

  it('says in package.json which Node it needs at least', () => {
    const { engines } = JSON.parse(readFileSync(join(dist, '../package.json'), 'utf8'));
    expect(`>=${oldest}`.startsWith(engines.node)).toBe(true);
  });
});

// What Docker lacks, and what scripts build on: JSON, names, contexts, completion, help.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSkep, type Skep, skepFile, skepOf } from '../support/skep.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('skep, on SIMULATED engines', () => {
  let system: System;
  let skep: Skep;
  let [first, second, third] = ['', '', ''];

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 } });
    await system.formSwarm();
    skep = skepOf(system);
    [first, second, third] = system.members.map(({ host }) => host.hostname) as [string, string, string];
  });
  afterAll(() => system?.stop());

  /** A line that must succeed. */
  const type = async (line: string, options: Parameters<Skep>[1] = {}): Promise<string> => {
    const { code, out, err } = await skep(line, options);
    expect({ line, code, err: code === 0 ? '' : err }).toEqual({ line, code: 0, err: '' });
    return out;
  };

  const rename = async (name: string): Promise<void> => {
    const [{ id }] = (await system.ask('{ clusters { id } }')).clusters;
    await system.ask(
      'mutation($id: ID!, $name: String!) { renameCluster(input: { cluster: $id, name: $name }) { state } }',
      { id, name },
    );
  };

  it('every list and every act prints one JSON document', async () => {
    await type('secret create json -', { input: 'a value' });
    for (const line of [
      'node ls',
      `node inspect ${second}`,
      'node ps self',
      'service ls',
      'network ls',
      'network inspect ingress',
      'secret ls',
      'config ls',
      'host ls',
      'cluster ls',
      'cluster show',
      'op ls -n 3',
      'audit -n 5',
      'audit verify',
      'key ls',
      'webhook ls',
      'maintenance hooks',
      'preflight',
      'version',
      'context ls',
      'context show',
      `node update --label-add a=b ${second}`,
      `node promote ${second} --dry-run`,
    ]) {
      const out = await type(`${line} --format json`);
      expect({ line, kind: typeof JSON.parse(out) }).toEqual({ line, kind: 'object' });
    }
    const refused = await skep(`node rm ${first} --format json`);
    expect(refused.code).toBe(3);
    expect(JSON.parse(refused.out)).toMatchObject({ state: 'REFUSED', failure: { code: 'NODE_IS_MANAGER' } });
  });

  it('a drain takes the tasks away; the operation tells its steps', async () => {
    expect(await type(`drain ${second} ${third} --deadline 2m --reason 'new disks'`)).toBe(
      `${second}\n${third}\n`,
    );
    const id = (await type('op ls --action drainNodes -n 1 -q')).trim();
    expect(await type(`op wait ${id}`)).toBe(`drainNodes ${id}: SUCCEEDED\n`);
    const page = await type(`op show ${id}`);
    expect(page).toContain('Reason:\t\tnew disks');
    expect(page).toContain(` NODE ${second}:\tSUCCEEDED`);
    await type(`node update --availability active ${second} ${third}`);
  });

  it('the same idempotency key is the same act', async () => {
    const line = `node update --label-add once=1 ${second} --idempotency-key one --format json`;
    const ids = [JSON.parse(await type(line)).id, JSON.parse(await type(line)).id];
    expect(ids[0]).toBe(ids[1]);
    const other = await skep(`node update --label-add once=2 ${second} --idempotency-key one`);
    expect(other).toMatchObject({ code: 2 });
    expect(other.err).toContain('IDEMPOTENCY_CONFLICT');
  });

  it('watch tells what changes, and goes on from a cursor', async () => {
    const seen = skep.start('watch nodes --count 1');
    let told = { out: '', err: '' };
    seen.stdout?.setEncoding('utf8').on('data', (text: string) => {
      told = { ...told, out: told.out + text };
    });
    seen.stderr?.setEncoding('utf8').on('data', (text: string) => {
      told = { ...told, err: told.err + text };
    });
    const ended = new Promise((resolve) => seen.once('close', resolve));
    await until(() => told.err.includes('watching nodes'), 'it watches');
    await type(`node update --label-add watched=1 ${second} --reason 'to be seen'`);
    expect(await ended).toBe(0);
    expect(told.out).toMatch(
      new RegExp(
        `^\\S+ updated node ${second} .*labels.watched: none → 1.* \\(updateNodeLabels by first admin: to be seen\\)$`,
        'm',
      ),
    );
    const [, cursor] = /--after (\S+)/.exec(told.err) ?? [];
    await type(`node update --label-rm watched ${second}`);
    const next = JSON.parse(await type(`watch nodes --count 1 --after ${cursor} --format json`));
    expect(next).toMatchObject({
      changes: [{ path: 'labels.watched', old: '1', new: null }],
    });
  });

  it('the history is asked by node, action, actor and time, and followed', async () => {
    const records = JSON.parse(
      await type(`audit --node ${second} --action updateNodeLabels --since 1h --format json`),
    );
    expect(records.length).toBeGreaterThan(2);
    for (const record of records) {
      expect(record.action).toBe('updateNodeLabels');
      expect(record.targets.map(({ name }: any) => name)).toContain(second);
    }
    expect(JSON.parse(await type(`audit --until 1h --format json`))).toEqual([]);
    const byKey = JSON.parse(await type(`audit --actor ${records[0].actor.id} -n 1 --format json`));
    expect(byKey).toHaveLength(1);
    const followed = skep.start('audit -f -n 1 --action renameHost --format json');
    let out = '';
    followed.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const ended = new Promise((resolve) => followed.once('close', resolve));
    await until(async () => {
      await type(`host rename ${third} other-${Math.random().toString(36).slice(2)}`).catch(() => undefined);
      const { hosts } = JSON.parse(`{"hosts":${await type('host ls --format json')}}`);
      const renamed = hosts.find(({ name }: any) => name.startsWith('other-'));
      if (renamed) await type(`host rename ${renamed.name} ${third}`);
      return out.split('\n').length > 2;
    }, 'two records came');
    followed.kill('SIGINT');
    expect(await ended).toBe(0);
    for (const line of out.trimEnd().split('\n')) expect(JSON.parse(line).action).toBe('renameHost');
  });

  it('keys: made once, used, revoked', async () => {
    const made = await skep('key create ci --role operator --expires 30d -q');
    expect(made).toMatchObject({ code: 0, err: '' });
    const key = made.out.trim();
    expect(key).toMatch(/^skep_key_/);
    const env = { SKEP_KEY: key };
    expect(await type('node ls -q', { env })).toMatch(/^\w{25}\n/);
    expect(await type('key ls')).not.toContain(key);
    await type("key revoke ci --reason 'over'");
    expect(await skep('node ls', { env })).toMatchObject({ code: 5 });
  });

  it('clusters: named by name or id, and said when there are several ways', async () => {
    const [cluster] = JSON.parse(await type('cluster ls --format json'));
    for (const name of ['test', cluster.id, cluster.id.slice(0, 6)])
      expect(JSON.parse(await type(`cluster show ${name} --format json`)).id).toBe(cluster.id);
    expect(await skep('node ls', { env: { SKEP_CLUSTER: 'nosuch' } })).toMatchObject({ code: 1 });
    expect(await skep('cluster dissolve test')).toMatchObject({ code: 2 });
    await type('swarm update --task-history-limit 3');
    expect(JSON.parse(await type('cluster show --format json')).settings.taskHistoryLimit).toBe(3);
  });

  describe('contexts', () => {
    let own: Skep;
    let file: string;
    beforeAll(() => {
      own = createSkep(system.dir, {});
      file = join(own.env.XDG_CONFIG_HOME ?? '', 'skep/contexts.json');
    });

    it('keep a key from standard input in a file of its owner’s, and never show it', async () => {
      const key = system.server.adminKey;
      const server = new URL(system.server.url).origin;
      expect(await own(`context create lab --server ${server}`, { input: `${key}\n` })).toEqual({
        code: 0,
        out: 'lab\n',
        err: '',
      });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, 'utf8')).toContain(key);
      expect((await own('node ls -q')).out).toMatch(/^\w{25}\n/);
      for (const line of ['context ls', 'context ls --format json', 'context show', 'context show lab']) {
        const { code, out, err } = await own(line);
        expect(code).toBe(0);
        expect(out).toContain(server);
        expect(out + err).not.toContain(key);
      }
    });

    it('are chosen by --context, SKEP_CONTEXT and use', async () => {
      const nowhere = 'http://127.0.0.1:9';
      await own(`context create off --server ${nowhere} --cluster shop --on ${second}`, { input: 'k\n' });
      expect((await own('context ls -q')).out).toBe('lab\noff\n');
      expect(await own('node ls')).toMatchObject({ code: 0 });
      expect(await own('node ls --context off')).toMatchObject({ code: 6 });
      expect(await own('node ls', { env: { SKEP_CONTEXT: 'off' } })).toMatchObject({ code: 6 });
      expect(await own('context use off')).toMatchObject({ code: 0 });
      expect(await own('node ls')).toMatchObject({ code: 6 });
      expect(await own('node ls --context lab')).toMatchObject({ code: 0 });
      expect(await own('context rm off')).toMatchObject({ code: 0 });
      expect(await own('node ls --context off')).toMatchObject({ code: 2 });
      expect(await own('context use lab')).toMatchObject({ code: 0 });
    });

    it('warn of a server to which the key would go in clear', async () => {
      for (const [server, warns] of [
        ['http://skep.example.org', true],
        ['http://127.skep.example.org', true],
        ['http://127.0.0.1.example.org', true],
        ['https://skep.example.org', false],
        ['http://127.0.0.1:4000', false],
        ['http://localhost', false],
        ['http://[::1]:4000', false],
      ] as const) {
        const { code, err } = await own(`context create clear --replace --server ${server}`, {
          input: 'k\n',
        });
        expect({ server, code, warns: err.includes('NOT_ENCRYPTED') }).toEqual({ server, code: 0, warns });
      }
      expect(await own('context rm clear')).toMatchObject({ code: 0 });
    });

    it('give their key to no other server', async () => {
      for (const [line, env] of [
        [`node ls --server ${system.server.url}`, {}],
        ['node ls', { SKEP_SERVER: system.server.url }],
      ] as const) {
        const { code, err } = await own(line, { env });
        expect({ line, code }).toEqual({ line, code: 5 });
        expect(err).toContain('NO_KEY');
      }
    });

    it('are refused when others can read them', async () => {
      chmodSync(file, 0o644);
      const { code, err } = await own('node ls');
      chmodSync(file, 0o600);
      expect(code).toBe(2);
      expect(err).toContain(`chmod 600 ${file}`);
    });

    it('say which host self is', async () => {
      const self = async (env: NodeJS.ProcessEnv) =>
        JSON.parse((await own('node inspect self', { env })).out)[0].Description.Hostname;
      expect(await self({})).toBe(first);
      expect(await self({ SKEP_ON: third })).toBe(third);
      expect((await own('node ls', { env: { SKEP_ON: third } })).out).toMatch(
        new RegExp(`^\\w{25} \\* +${third} `, 'm'),
      );
    });
  });

  describe('secrets', () => {
    it('are in no list of processes: neither among the arguments nor, with a file, in the environment', async () => {
      const file = join(system.dir, 'admin.key');
      writeFileSync(file, system.server.adminKey, { mode: 0o600 });
      const own = createSkep(system.dir, { SKEP_SERVER: system.server.url, SKEP_KEY_FILE: file });
      const child = own.start('watch nodes');
      let err = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        err += text;
      });
      await until(() => err.includes('watching'), 'it watches');
      for (const name of ['cmdline', 'environ'])
        expect(readFileSync(`/proc/${child.pid}/${name}`, 'utf8')).not.toContain(system.server.adminKey);
      child.kill('SIGINT');
      await new Promise((resolve) => child.once('close', resolve));
    });

    it('are taken by no flag, and cut out of what is said about one that was typed', async () => {
      for (const line of [
        'node ls --key skep_key_12345678_abcdefghijklmnop',
        'node ls --key=skep_key_12345678_abcdefghijklmnop',
        'node ls skep_key_12345678_abcdefghijklmnop',
        'swarm unlock --unlock-key-file SWMKEY-1-abcdefghijklmnop',
        'node inspect skep_key_12345678_abcdefghijklmnop',
      ]) {
        const { code, out, err } = await skep(line);
        expect(code).toBeGreaterThan(0);
        expect(out + err).not.toContain('abcdefghijklmnop');
      }
    });

    it('of services come from a file, byte by byte, and never back', async () => {
      const file = join(system.dir, 'value');
      writeFileSync(file, 'super secret words');
      const made = await skep(`secret create of-file ${file} --label team=a`);
      expect(made.code).toBe(0);
      expect(made.out + made.err).not.toContain('super secret words');
      expect((await skep('secret ls')).out).toContain('of-file');
      expect(await skep('secret rm of-file')).toMatchObject({ code: 0, out: 'of-file\n' });
      expect(await skep('secret create nothing /nosuch')).toMatchObject({ code: 2 });
    });

    it('that are shown once go into a new file of the owner’s', async () => {
      const { env } = skep;
      const path = join(env.HOME ?? '', 'made.key');
      const made = await skep('key create into-file --output made.key');
      expect(made).toMatchObject({ code: 0, out: '' });
      expect(made.err).not.toContain('skep_key_');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readFileSync(path, 'utf8')).toMatch(/^skep_key_\S+\n$/);
      // Refused before another one is made.
      expect(await skep('key create again --output made.key')).toMatchObject({ code: 2 });
      expect((await skep('key ls')).out).not.toContain('again');
      // What to type on the host, and nothing of the secret in it.
      const told = await skep('host enrol another --output enrolment');
      expect(told).toMatchObject({ code: 0, out: '' });
      const { port } = new URL(system.server.url);
      expect(told.err).toMatch(
        new RegExp(`SKEP_AGENT_SERVER=ws://\\S+:${port}/agent SKEP_AGENT_ENROLMENT_FILE=FILE skep-agent\n`),
      );
      expect(told.err).not.toContain('skep_enr_');
      const enrolment = await skep('host enrol new-one -q');
      expect(enrolment).toMatchObject({ code: 0, err: '' });
      expect(enrolment.out).toMatch(/^skep_enr_\S+\n$/);
    });
  });

  it('completion: the script runs in bash and gives commands, flags and names of nodes', async () => {
    const bin = join(system.dir, 'skep');
    writeFileSync(bin, `#!/bin/sh\nexec '${process.execPath}' '${skepFile}' "$@"\n`, { mode: 0o755 });
    const { out } = await skep('completion bash');
    const ask = (line: string): string[] => {
      const words = line.split(' ');
      const script = `${out}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
COMP_LINE='${line}'; COMP_POINT=${line.length}
__skep_complete 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const ran = spawnSync('bash', ['-s'], {
        input: script,
        encoding: 'utf8',
        env: { ...skep.env, PATH: `${system.dir}:${process.env.PATH}` },
      });
      return ran.stdout.split('\n').map((each) => each.split(/\s/)[0] ?? '');
    };
    expect(ask('skep node pro')).toContain('promote');
    expect(ask('skep node update --avail')).toContain('--availability');
    expect(ask('skep node update --availability dr')).toContain('drain');
    for (const shell of ['zsh', 'fish']) expect((await skep(`completion ${shell}`)).out).toContain('skep');
    expect(await skep('completion csh')).toMatchObject({ code: 2 });
    expect(ask('skep node promote ')).toEqual(expect.arrayContaining([first, second, third]));
    expect(ask('skep swarm join --host ')).toEqual(expect.arrayContaining([first, second, third]));
    expect(ask('skep cluster show ')).toContain('test');
    // bash runs what it is told may come next: nobody who names a thing may say what runs where Tab is pressed.
    const ran = join(system.dir, 'ran');
    await rename(`$(echo>${ran})`);
    expect(ask('skep cluster show ')).not.toContain('test');
    expect(existsSync(ran)).toBe(false);
    await rename('test');
  });

  it('a name with control characters commands no terminal and makes up no line', async () => {
    await rename('\u001b[2J\u009b2J\nmade up\u202e');
    const shown = String.raw`\u001b[2J\u009b2J\u000amade up\u202e`;
    const table = await type('cluster ls');
    expect(table).toContain(shown);
    expect(table.trimEnd().split('\n')).toHaveLength(2);
    expect(await type('cluster ls --format json')).toContain(String.raw`\u001b[2J\u009b2J\nmade up\u202e`);
    expect((await type('audit -n 1')).trimEnd().split('\n')).toHaveLength(2);
    const { err } = await skep('cluster show none --cluster none');
    for (const text of [table, err])
      expect(['\u001b', '\u009b', '\u202e'].filter((each) => text.includes(each))).toEqual([]);
    await rename('test');
  });

  it('what could not be written, such as a key to a full disk, is no success', async () => {
    const ran = spawnSync('bash', ['-c', `'${process.execPath}' '${skepFile}' node ls -q > /dev/full`], {
      encoding: 'utf8',
      env: skep.env,
    });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('Error: OUTPUT_LOST: ');
  });

  it('a table that nobody reads to its end is no error', async () => {
    const ran = spawnSync(
      'bash',
      ['-c', `'${process.execPath}' '${skepFile}' help | head -1; echo \${PIPESTATUS[0]}`],
      {
        encoding: 'utf8',
      },
    );
    expect(ran.stdout).toMatch(/^Usage: skep.*\n0\n$/);
  });
});

// The units at work on a machine that systemd has booted: what stands under "From npm" and "With systemd" in
// docs/install.md is typed there, then upgrade, backup, restore and moving of docs/operating.md.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/engines/host.ts';
import { createLab, type Lab, labFolder, ownPrefix } from '../../lab/engines/lab.ts';
import { type BootedMachine, bootMachine, whyNoSystemd } from '../support/booted.ts';
import { boxesBelow } from '../support/boxes.ts';
import { until } from '../support/until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const addon = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node';
const [install = ''] = boxesBelow('docs/install.md', '## From npm');
const [server = '', firstKey = '', agent = ''] = boxesBelow('docs/install.md', '## With systemd');

describe.skipIf(whyNoSystemd() !== null)(
  'server and agent as units of systemd, on a real engine 20.10',
  () => {
    let lab: Lab;
    let host: LabHost;
    let machine: BootedMachine;
    const trust = 'export NODE_EXTRA_CA_CERTS=/var/lib/skep/tls-certificate.pem';
    const env = { npm_config_prefix: '/usr/local', npm_config_ignore_scripts: 'true' };
    const type = (code: string): Promise<string> => machine.type(`${trust}\n${code}`, { env });
    /** What systemd says of a unit. */
    const show = async (unit: string, property: string): Promise<string> =>
      (await type(`systemctl show --property ${property} --value ${unit}`)).trim();
    const isConnected = (): Promise<unknown> =>
      until(
        async () =>
          (await type('skep host ls'))
            .split('\n')
            .find((line) => line.includes('Connected') && line.includes('20.10')),
        'the agent is connected, and the engine answers it',
        60_000,
      );
    const audit = async (): Promise<string> => {
      const told = await type('skep audit verify && skep audit');
      expect(told).toContain('The history is whole.');
      return told;
    };

    beforeAll(async () => {
      const prefix = ownPrefix('sd');
      lab = createLab({ dir: labFolder(), prefix, subnet: '10.85.0' });
      host = await lab.addHost({ version: '20.10' });
      machine = await bootMachine(host, { group: `skep-${prefix}/booted`, shown: [root] });
      mkdirSync(join(machine.folder, 'dist'));
      execFileSync(process.execPath, [join(root, 'lab/pack.mjs'), '--to', join(machine.folder, 'dist/npm')], {
        stdio: 'pipe',
      });
      copyFileSync(join(root, addon), join(machine.folder, 'addon.node'));
      // What a machine with Node and Docker has: Node in systemd's PATH, the group of the engine's socket.
      await machine.type(`
      [ -x /usr/bin/node ] || ln -sf '${process.execPath}' /usr/local/bin/node
      getent group docker || groupadd --system docker
      chgrp docker /run/docker.sock
      chmod 660 /run/docker.sock
      echo '127.0.0.1 skep.example.org' >> /etc/hosts
      mkdir -p /backup
    `);
    }, 300_000);
    afterAll(async () => {
      await lab?.down();
      machine?.remove();
    }, 120_000);

    it('npm puts the three programs where the units find them', { timeout: 120_000 }, async () => {
      // As elsewhere in the tests npm fetches packages, and the addon is the one that this checkout compiled.
      await machine.type(install, { network: 'outside', env });
      await machine.type(`
      into=/usr/local/lib/node_modules/skep-server/node_modules/better-sqlite3/build/Release
      mkdir -p $into
      cp addon.node $into/better_sqlite3.node
      skep-server --version && skep-agent --version && skep --version
    `);
    });

    it('the server starts as nobody special, and its first key is kept', { timeout: 120_000 }, async () => {
      expect(await type(server)).toContain('active (running)');
      expect(await type(firstKey)).not.toContain('skep_key_');
      const pid = await show('skep-server', 'MainPID');
      const status = await type(`cat /proc/${pid}/status`);
      expect(status).toMatch(/^Uid:\t(?!0\t)\d+/m);
      expect(status).toMatch(/^CapEff:\t0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      expect(await type('stat --format %a /var/lib/private/skep/skep.db')).toBe('600\n');
    });

    it('the agent starts as nobody special, enrols itself and reports the engine', {
      timeout: 120_000,
    }, async () => {
      const told = await type("skep host enrol booted --reason 'the first host'");
      const [secret = ''] = /skep_enr_\S+/.exec(told) ?? [];
      await type(agent.replace(/skep_enr_.*/, secret));
      await isConnected();
      const status = await type(`cat /proc/${await show('skep-agent', 'MainPID')}/status`);
      expect(status).toMatch(/^Uid:\t(?!0\t)\d+/m);
      expect(status).toMatch(/^CapEff:\t0+$/m);
      // It has its own key now.
      await type("sed -i '/ENROLMENT/d' /etc/skep/agent.env\nsystemctl restart skep-agent");
      await isConnected();
    });

    it('a swarm is formed from within the sandbox of the unit', { timeout: 120_000 }, async () => {
      await type(`skep swarm init --advertise-addr ${host.address} --name first --reason 'the first swarm'`);
      expect(await type('skep node ls')).toContain('Leader');
      expect(await host.exec(['docker', '--host', 'unix:///run/skep/docker.sock', 'node', 'ls'])).toContain(
        'Leader',
      );
    });

    it('both are started again when they are killed', { timeout: 120_000 }, async () => {
      for (const unit of ['skep-server', 'skep-agent']) {
        const before = await show(unit, 'MainPID');
        await type(`systemctl kill --signal KILL ${unit}`);
        await until(
          async () =>
            (await show(unit, 'ActiveState')) === 'active' && (await show(unit, 'MainPID')) !== before,
          `${unit} runs again`,
          60_000,
        );
      }
      await isConnected();
      await type("skep node update --label-add tier=front self --reason 'after the kills'");
      expect(await audit()).toContain('after the kills');
    });

    it('reload reads the certificate anew, stop ends it well', { timeout: 60_000 }, async () => {
      const before = await show('skep-server', 'MainPID');
      await type('systemctl reload skep-server');
      expect(await show('skep-server', 'MainPID')).toBe(before);
      expect(await show('skep-server', 'Result')).toBe('success');
      await type('systemctl stop skep-server');
      expect(await show('skep-server', 'Result')).toBe('success');
      expect(await show('skep-server', 'ExecMainStatus')).toBe('0');
      await type('systemctl start skep-server');
    });

    it('upgrade, backup, restore and moving, by root, leave the unit what it needs', {
      timeout: 180_000,
    }, async () => {
      await isConnected();
      const answers = async (): Promise<void> => {
        await until(() => type('skep node ls'), 'the server answers', 60_000);
        await audit();
      };
      const [upgrade = ''] = boxesBelow('docs/operating.md', '## Stopping and upgrading');
      await type(upgrade);
      await answers();
      // The third is of a passphrase that this machine has not.
      const [backup = '', , verify = ''] = boxesBelow('docs/operating.md', '## Backup');
      expect(await type(`${backup}\n${verify}`)).toContain('is a good backup');
      await type("skep node update --label-add lost=yes self --reason 'after the backup'");
      const [restore = ''] = boxesBelow('docs/operating.md', '## Restore');
      await type(restore);
      await answers();
      expect(await audit()).not.toContain('after the backup');
      await isConnected();
      const [leave = '', arrive = ''] = boxesBelow(
        'docs/operating.md',
        '## Moving the server to another machine',
      );
      await type(leave);
      // The other machine has never had it.
      await type('rm -rf /var/lib/skep /var/lib/private/skep');
      await type(arrive);
      await answers();
      await isConnected();
    });
  },
);

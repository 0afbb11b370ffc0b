// The commands of docs/operating.md for upgrade, way back, backup, restore and moving, typed one after the other.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAsk } from '../../lab/client.ts';
import { freePort } from '../../lab/processes.ts';
import { boxesBelow } from '../support/boxes.ts';
import { readAudit } from '../support/history.ts';
import { aboutRelease, unpackRelease } from '../support/releases.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const snippets = (heading: string): string[] => boxesBelow('docs/operating.md', heading);

let dir: string;
let port: number;
const data = (): string => join(dir, 'lib/skep');

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'skep-'));
  port = await freePort();
  mkdirSync(join(dir, 'backup'));
  mkdirSync(join(dir, 'lib'));
  writeFileSync(join(dir, 'backup-passphrase'), 'for a test\n', { mode: 0o600 });
});
afterEach(async () => {
  await type('systemctl stop skep-server; gpgconf --kill gpg-agent');
  rmSync(dir, { recursive: true, force: true });
});

/** A machine with a service manager of a few lines, and the folders of the page in a folder of the test. */
const type = (text: string): Promise<{ code: number | null; told: string }> => {
  const here = text
    .replaceAll('/var/lib/skep', data())
    .replaceAll('/root/backup-passphrase', join(dir, 'backup-passphrase'))
    .replaceAll(/(?<=[\s"'(])\/backup/g, join(dir, 'backup'));
  const machine = `
    set -e
    export GNUPGHOME=${dir}/gnupg
    mkdir -p -m 700 $GNUPGHOME
    skep-server() { '${process.execPath}' '${checkout}/dist/server.cjs' "$@"; }
    docker() {
      case "$1" in
        stop|start) systemctl "$1" ;;
        *)
          until [ "$1" = skep-server ]; do shift; done
          SKEP_DATA_DIR=${data()} "$@" ;;
      esac
    }
    systemctl() {
      case "$*" in
        *stop*|*disable*)
          if [ -f ${dir}/pid ]; then
            kill "$(cat ${dir}/pid)" 2>/dev/null && tail --pid="$(cat ${dir}/pid)" -f /dev/null
            rm -f ${dir}/pid
          fi ;;
        *)
          # That of before says that it listens, too.
          rm -f ${dir}/log
          touch ${dir}/log
          SKEP_DATA_DIR=${data()} SKEP_PORT=${port} nohup '${process.execPath}' '${checkout}/dist/server.cjs' > ${dir}/log 2>&1 < /dev/null &
          echo $! > ${dir}/pid
          until grep -q '"msg":"listening"' ${dir}/log; do kill -0 "$(cat ${dir}/pid)"; sleep 0.1; done ;;
      esac
    }
    cd ${dir}
    ${here}`;
  return new Promise((resolve, reject) => {
    const shell = spawn('bash', ['-c', machine], { stdio: ['ignore', 'pipe', 'pipe'] });
    let told = '';
    for (const stream of [shell.stdout, shell.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        told += part;
      });
    shell.once('error', reject);
    shell.once('exit', (code) => resolve({ code, told }));
  });
};
const types = async (...texts: string[]): Promise<string> => {
  let all = '';
  for (const text of texts) {
    const { code, told } = await type(text);
    expect(code, `${text}\n${told}`).toBe(0);
    all += told;
  }
  return all;
};
const about = aboutRelease('before-0.1.0');
const ask = createAsk(() => `http://127.0.0.1:${port}/graphql`, about.adminKey);
const restores = async (): Promise<number> => (await readAudit(ask, { action: 'restored' })).length;
const generationNow = (): string =>
  JSON.parse(readFileSync(join(data(), 'generation.json'), 'utf8')).generation;
const isWhole = async (): Promise<void> =>
  expect((await ask('{ verifyAudit { ok } }')).verifyAudit).toEqual({ ok: true });

it('upgrade, and going back', { timeout: 60_000 }, async () => {
  unpackRelease('before-0.1.0', data());
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  expect(await types(...snippets('## Stopping and upgrading'))).toContain(version);
  expect(await restores()).toBe(0);
  await isWhole();
  await ask('mutation { createEnrolment(input: { name: "lost" }) { secret } }');
  // The old version is not at hand: this one takes its place, and migrates the copy again.
  await types(...snippets('### Going back'));
  expect(await restores()).toBe(1);
  await isWhole();
});

it('backup, restore and moving', { timeout: 120_000 }, async () => {
  unpackRelease('before-0.1.0', data());
  await types('systemctl start skep-server');
  const told = await types(...snippets('## Backup'));
  expect(told).toContain('is a good backup');
  expect(readdirSync(join(dir, 'backup')).sort()).toEqual([
    expect.stringMatching(/^skep-\d{8}T\d{6}Z\.tar\.gz$/),
    'skep.tar.gz.gpg',
  ]);
  await types(
    'gpg --batch --pinentry-mode loopback --passphrase-file /root/backup-passphrase --output /backup/opened.tar.gz --decrypt /backup/skep.tar.gz.gpg',
    'skep-server backup --verify /backup/opened.tar.gz',
  );

  await types(...snippets('## Restore'));
  expect(await restores()).toBe(1);
  await isWhole();
  expect(readdirSync(data())).toEqual(
    expect.arrayContaining([expect.stringMatching(/^before-restore-/), 'server-key.pem', 'sealed']),
  );

  // With a real engine: test/packages/containers.test.ts.
  const [taken = '', given = ''] = snippets('### In containers');
  await types(taken);
  expect(statSync(join(dir, 'backup/skep.tar.gz')).mode & 0o777).toBe(0o600);
  await types(given);
  expect(await restores()).toBe(2);
  await isWhole();

  const [leave = '', arrive = ''] = snippets('## Moving the server to another machine');
  await types(leave);
  const generation = generationNow();
  rmSync(data(), { recursive: true });
  await types(arrive);
  expect(await restores()).toBe(2);
  await isWhole();
  expect(generationNow()).toBe(generation);
});

// What is no good backup is refused with a sentence, and a backup or a restore that is broken off leaves nothing half.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAsk } from '../../lab/client.ts';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { lockFile } from '../../server/platform/lock-file.ts';
import { auditHead } from '../support/history.ts';
import { runServerCommand } from '../support/server-command.ts';
import { behindTheTriggers } from '../support/tamper.ts';
import { tamperedBackup } from '../support/tampered-backup.ts';
import { until } from '../support/until.ts';

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

let dir: string;
let server: ServerProcess;
/** A good one. */
let good: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'skep-'));
  server = await startServer({ dir });
  const ask = createAsk(() => server.url, server.adminKey);
  for (const name of ['a', 'b', 'c'])
    await ask('mutation($name: String!) { createEnrolment(input: { name: $name }) { secret } }', { name });
  const newest = await auditHead(ask);
  expect(newest).toBeGreaterThan(3);
  // A backup of a moment before has no signature over these records, and nobody could miss one.
  await until(
    async () => (await ask('{ auditHead { seq } }')).auditHead?.seq === newest,
    'the newest record is signed for',
  );
  good = join(dir, 'good.tar.gz');
  expect(await runServerCommand(['backup', '--data', data(), '--to', good])).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const changeRows = (at: string, sql: string): void =>
  behindTheTriggers(join(at, 'skep.db'), (db) => db.exec(sql));
const data = (): string => join(dir, 'data');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(dir, 'try-'));
});
const backup = (...args: string[]) => runServerCommand(['backup', '--data', data(), ...args]);
const verify = (file: string) => runServerCommand(['backup', '--verify', file]);
const restore = (from: string, to: string, ...args: string[]) =>
  runServerCommand(['restore', '--from', from, '--to', to, ...args]);
/** What a reader of the folder sees, hidden files and folders included. */
const contentOf = (path: string): string[] => readdirSync(path, { recursive: true }).map(String).sort();

describe('skep-server backup', () => {
  it('is refused, with what to do', async () => {
    expect(await runServerCommand(['backup', '--data', folder, '--to', folder])).toMatchObject({
      code: 2,
      text: expect.stringContaining(`there is no skep.db in ${folder}: give the server's data folder`),
    });
    expect(await backup('--to', join(folder, 'none/b.tar.gz'))).toMatchObject({
      code: 2,
      text: expect.stringContaining('none is not there'),
    });
    const file = join(folder, 'kept');
    writeFileSync(file, 'mine');
    expect(await backup('--to', file)).toMatchObject({
      code: 2,
      text: expect.stringContaining('is there already: give another name, or --force'),
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await backup('--to', file, '--force')).toMatchObject({ code: 0 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await verify(file)).toMatchObject({ code: 0 });
    expect(contentOf(folder)).toEqual(['kept']);
  });

  it.each([
    [['backup']],
    [['backup', '--too', 'x']],
    [['backup', '--to', 'x', '--verify', 'y']],
    [['restore']],
    [['start', 'now']],
    [['begin']],
  ])('%s is wrong use', async (args) => {
    expect(await runServerCommand(args)).toMatchObject({ code: 64, text: expect.stringContaining('help') });
  });

  it.runIf(isRoot)('says who may not read what, or write where', async () => {
    const mine = join(folder, 'mine');
    mkdirSync(mine, { mode: 0o700 });
    for (const path of [dir, folder]) execFileSync('chmod', ['a+rx', path]);
    expect(
      await runServerCommand(['backup', '--data', data(), '--to', folder], { uid: nobody }),
    ).toMatchObject({ code: 2, text: expect.stringContaining('may not be read or written by this user') });
    expect(
      await runServerCommand(['restore', '--from', good, '--to', join(folder, 'new')], { uid: nobody }),
    ).toMatchObject({ code: 2, text: expect.stringContaining('may not be read or written by this user') });
    expect(contentOf(folder)).toEqual(['mine']);
  });

  it.runIf(isRoot)('says that the disk is full, and keeps nothing', async () => {
    execFileSync('tar', ['xzf', good, '-C', folder, 'skep.db']);
    const { size } = statSync(join(folder, 'skep.db'));
    // Too small for the copy of the database; and for that, but not for what is packed of it.
    for (const bytes of [65_536, size + 8_192]) {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
      try {
        expect(await backup('--to', join(folder, 'b.tar.gz'))).toMatchObject({
          code: 2,
          text: expect.stringContaining(`there is no room left in ${folder}`),
        });
        expect(contentOf(folder)).toEqual([]);
        if (bytes > size) continue;
        expect(await restore(good, join(folder, 'data'))).toMatchObject({
          code: 2,
          text: expect.stringContaining(`there is no room left in ${join(folder, 'data')}`),
        });
        expect(contentOf(join(folder, 'data')).filter((name) => !name.startsWith('skep.db.lock'))).toEqual(
          [],
        );
      } finally {
        execFileSync('umount', [folder]);
      }
    }
  });

  it('follows no link and waits for no pipe that is called a key', async () => {
    const file = join(folder, 'b.tar.gz');
    const elsewhere = join(folder, 'elsewhere');
    const stranger = join(data(), 'other.key');
    writeFileSync(elsewhere, 'of root alone');
    for (const [put, because] of [
      [() => symlinkSync(elsewhere, stranger), 'is a symbolic link, and a backup follows none'],
      [() => symlinkSync(join(folder, 'none'), stranger), 'is a symbolic link'],
      [() => execFileSync('mkfifo', [stranger]), 'is not a file'],
      [() => mkdirSync(stranger), 'is not a file'],
    ] as const) {
      put();
      try {
        expect(await backup('--to', file)).toMatchObject({
          code: 2,
          text: expect.stringContaining(`${stranger} ${because}`),
        });
      } finally {
        rmSync(stranger, { recursive: true });
      }
      expect(contentOf(folder)).toEqual(['elsewhere']);
    }
    writeFileSync(stranger, 'of the server');
    expect(await backup('--to', file)).toMatchObject({
      code: 0,
      text: expect.stringContaining('other.key'),
    });
    rmSync(stranger);
  });

  it.each(['backup.staged', 'backup.packed'])('killed at %s leaves no file of its name', async (point) => {
    const file = join(folder, 'b.tar.gz');
    const killed = await runServerCommand(['backup', '--data', data(), '--to', file], {
      env: { SKEP_FAILPOINTS: `${point}=kill` },
    });
    expect(killed.signal).toBe('SIGKILL');
    expect(existsSync(file)).toBe(false);
    // And the next one takes away what is left.
    expect(await backup('--to', file)).toMatchObject({ code: 0 });
    expect(contentOf(folder)).toEqual(['b.tar.gz']);
  });

  it('is one at a time in a folder', async () => {
    const busy = join(folder, '.skep-backup.part');
    mkdirSync(busy);
    const lock = lockFile(join(busy, 'one'));
    expect(await backup('--to', folder)).toMatchObject({
      code: 2,
      text: expect.stringContaining(`another backup is being written in ${folder}`),
    });
    lock.release();
    expect(await backup('--to', folder)).toMatchObject({ code: 0 });
  });

  it('goes to standard output for a program that encrypts it', async () => {
    const { code, stdout } = await backup('--to', '-');
    expect(code).toBe(0);
    const file = join(folder, 'piped.tar.gz');
    writeFileSync(file, stdout);
    expect(await verify(file)).toMatchObject({ code: 0, text: expect.stringContaining('is a good backup') });
  });

  it('knows every file that a server has in its folder', async () => {
    expect((await backup('--to', folder)).text).not.toContain('note:');
    writeFileSync(join(data(), 'notes.txt'), 'mine');
    expect((await backup('--to', join(folder, 'b'))).text).toContain('note: notes.txt in the data folder');
    rmSync(join(data(), 'notes.txt'));
  });
});

describe('what is no good backup', () => {
  const damaged = (name: string, change: (path: string) => void): string => {
    const path = join(folder, name);
    copyFileSync(good, path);
    change(path);
    return path;
  };
  /** Refused by both, before anything is written. */
  const isRefused = async (file: string, because: string): Promise<void> => {
    expect(await verify(file)).toMatchObject({ code: 1, text: expect.stringContaining(because) });
    const to = join(folder, 'data');
    expect(await restore(file, to)).toMatchObject({ code: 1, text: expect.stringContaining(because) });
    expect(contentOf(to).filter((name) => !name.startsWith('skep.db.lock'))).toEqual([]);
  };

  it('is cut off, flipped, or something else', { timeout: 120_000 }, async () => {
    const { size } = statSync(good);
    for (const length of [0, 10, Math.floor(size / 2), size - 1])
      await isRefused(
        damaged('cut', (path) => truncateSync(path, length)),
        'not a backup of Skep',
      );
    for (const place of [0.1, 0.5, 0.9])
      await isRefused(
        damaged('flipped', (path) => {
          const bytes = readFileSync(path);
          const index = Math.floor(size * place);
          bytes[index] = (bytes[index] ?? 0) ^ 1;
          writeFileSync(path, bytes);
        }),
        'it is damaged, cut off, or not a backup of Skep',
      );
    await isRefused(
      damaged('text', (path) => writeFileSync(path, 'no backup')),
      'not a backup of Skep',
    );
    expect(await verify(join(folder, 'none'))).toMatchObject({
      code: 2,
      text: expect.stringContaining('there is no file'),
    });
  });

  it.each<[what: string, because: string, change: Parameters<typeof tamperedBackup>[1]]>([
    [
      'a record that was changed',
      'record 2: its content was changed',
      (at) => changeRows(at, `UPDATE AuditRecord SET action = 'other' WHERE seq = 2`),
    ],
    [
      'a record that is gone',
      'are missing before it',
      (at) => changeRows(at, 'DELETE FROM AuditTarget; DELETE FROM AuditRecord WHERE seq = 3'),
    ],
    [
      'an end that was cut off',
      'and the history ends before it',
      (at) =>
        changeRows(
          at,
          'DELETE FROM AuditTarget; DELETE FROM AuditRecord WHERE seq > (SELECT max(seq) - 1 FROM AuditHead)',
        ),
    ],
    [
      'heads that the key did not sign',
      'signature that is not the server’s',
      (at) => changeRows(at, `UPDATE AuditHead SET at = '2026-01-01T00:00:00.000+00:00'`),
    ],
    [
      'another server’s key',
      'signature that is not the server’s',
      (at) => {
        rmSync(join(at, 'server-key.pem'));
        execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', join(at, 'server-key.pem')], {
          stdio: 'ignore',
        });
      },
    ],
    ['no key', 'server-key.pem is missing', (at) => rmSync(join(at, 'server-key.pem'))],
    [
      'a key that is none',
      'server-key.pem is not a private key',
      (at) => writeFileSync(join(at, 'server-key.pem'), 'key'),
    ],
    ['no database', 'the database cannot be read', (at) => rmSync(join(at, 'skep.db'))],
    [
      'a file that no backup has',
      'it has passwd, which no backup of Skep has',
      (at) => writeFileSync(join(at, 'passwd'), 'x'),
    ],
    [
      'a seal of a file that is elsewhere',
      'the sealed part ../server-key.pem of the history is missing',
      (at) => {
        const digest = createHash('sha256')
          .update(readFileSync(join(at, 'server-key.pem')))
          .digest('hex');
        changeRows(
          at,
          `INSERT INTO AuditSeal VALUES ('s', 'g', 1, 1, '', '', 1, '../server-key.pem', '${digest}', '', '')`,
        );
      },
    ],
    [
      'a manifest without end',
      'its manifest.json is damaged',
      (_, manifest) => Object.assign(manifest, { more: ' '.repeat(17 * 1_024 * 1_024) }),
    ],
    [
      'rows that the manifest does not count',
      'not the one that its manifest speaks of',
      (at) => changeRows(at, 'DELETE FROM Enrolment'),
    ],
    [
      'a newer form',
      'it was made by Skep 9.0.0 in a newer form (2) than this one reads (1): use that version',
      (_, manifest) => Object.assign(manifest, { formatVersion: 2, skepVersion: '9.0.0' }),
    ],
    [
      'the database of a newer Skep',
      'which this version does not know yet',
      (at, manifest) => {
        manifest.skepVersion = '9.0.0';
        changeRows(
          at,
          `INSERT INTO _prisma_migrations SELECT 'x', checksum, finished_at, '20990101000000_later', logs, rolled_back_at, started_at, applied_steps_count FROM _prisma_migrations LIMIT 1`,
        );
      },
    ],
  ])('has %s', async (_, because, change) => {
    await isRefused(tamperedBackup(good, change), because);
  });
});

describe('skep-server restore', () => {
  it('is refused where a server runs, and where something is', async () => {
    expect(await restore(good, data(), '--force')).toMatchObject({
      code: 2,
      text: expect.stringContaining(`a server runs on ${data()}: stop it first`),
    });
    writeFileSync(join(folder, 'mine'), 'kept');
    expect(await restore(good, folder)).toMatchObject({
      code: 2,
      text: expect.stringContaining('is not empty: give another folder, or --force'),
    });
    expect(contentOf(folder).filter((name) => !name.startsWith('skep.db.lock'))).toEqual(['mine']);
    expect(await restore(join(folder, 'none'), join(folder, 'data'))).toMatchObject({ code: 2 });
  });

  it('moves aside what was there, when told, and gives it to its owner', async () => {
    writeFileSync(join(folder, 'mine'), 'kept');
    if (isRoot) execFileSync('chown', [`${nobody}:${nobody}`, folder]);
    const { code, text } = await restore(good, folder, '--force');
    expect(code).toBe(0);
    const [, aside = ''] = /What was there before is in (\S+)\.$/m.exec(text) ?? [];
    expect(contentOf(aside)).toEqual(['mine']);
    for (const name of ['skep.db', 'skep.db.lock', 'server-key.pem', 'generation.json']) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
      if (isRoot) expect(statSync(join(folder, name)).uid).toBe(nobody);
    }
  });

  const startsOn = async (path: string): Promise<ServerProcess> =>
    startServer({ dir: mkdtempSync(join(dir, 's-')), env: { SKEP_DATA_DIR: path } });
  const hostsOf = async (path: string): Promise<number> => {
    const started = await startsOn(path);
    try {
      const ask = createAsk(() => started.url, server.adminKey);
      return await auditHead(ask);
    } finally {
      await started.stop();
    }
  };

  it.runIf(isRoot)('by root makes and gives away nothing outside the folder', async () => {
    const elsewhere = join(folder, 'elsewhere');
    const to = join(folder, 'data');
    mkdirSync(elsewhere);
    mkdirSync(to);
    execFileSync('chown', [`${nobody}:${nobody}`, to]);
    // As the server's own user can, were it in other hands.
    symlinkSync(join(elsewhere, 'made'), join(to, 'skep.db.lock'));
    expect(await restore(good, to)).toMatchObject({ code: 2 });
    rmSync(join(to, 'skep.db.lock'));
    writeFileSync(join(elsewhere, 'file'), '');
    symlinkSync(join(elsewhere, 'file'), join(to, 'skep.db'));
    await restore(good, to, '--force');
    expect(contentOf(elsewhere).filter((name) => statSync(join(elsewhere, name)).uid === nobody)).toEqual([]);
    expect(contentOf(elsewhere)).not.toContain('made');
  });

  it('killed before it is whole leaves the folder as it was', async () => {
    await restore(good, folder);
    const before = contentOf(folder).filter((name) => !name.startsWith('skep.db.lock'));
    const killed = await runServerCommand(['restore', '--from', good, '--to', folder, '--force'], {
      env: { SKEP_FAILPOINTS: 'restore.unpacked=kill' },
    });
    expect(killed.signal).toBe('SIGKILL');
    expect(contentOf(folder)).toEqual(expect.arrayContaining(before));
    expect(await hostsOf(folder)).toBeGreaterThan(3);
  });

  it.each(['restore.whole', 'restore.oldMoved'])(
    'killed at %s is finished by the next, and no server starts in between',
    { timeout: 60_000 },
    async (point) => {
      writeFileSync(join(folder, 'mine'), 'kept');
      const killed = await runServerCommand(['restore', '--from', good, '--to', folder, '--force'], {
        env: { SKEP_FAILPOINTS: `${point}=kill` },
      });
      expect(killed.signal).toBe('SIGKILL');
      await expect(startsOn(folder)).rejects.toThrow('run skep-server restore again');
      const again = await restore(good, folder);
      expect(again).toMatchObject({ code: 0, text: expect.stringContaining('is finished now') });
      const [aside = ''] = readdirSync(folder).filter((name) => name.startsWith('before-restore-'));
      expect(contentOf(join(folder, aside))).toEqual(['mine']);
      expect(await hostsOf(folder)).toBeGreaterThan(3);
    },
  );
});

describe('the other sub-commands', () => {
  it('print the version, and help with how each ends', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    for (const args of [['version'], ['--version']])
      expect(await runServerCommand(args)).toMatchObject({ code: 0, text: `${version}\n` });
    const general = await runServerCommand(['help']);
    expect(general.code).toBe(0);
    for (const name of ['start', 'backup', 'restore', 'verify-audit', 'version']) {
      expect(general.text).toContain(`  ${name} `);
      const [asked, flag] = [
        await runServerCommand(['help', name]),
        await runServerCommand([name, '--help']),
      ];
      expect(asked).toEqual(flag);
      expect(asked).toMatchObject({ code: 0, text: expect.stringMatching(/Ends with/) });
      expect(asked.text).toMatch(name === 'version' ? /Prints/ : /Example/);
    }
  });

  it('verify a history as the file of its own does', async () => {
    expect(await runServerCommand(['verify-audit', join(data(), 'skep.db')])).toMatchObject({
      code: 0,
      text: expect.stringContaining('OK: nothing was changed'),
    });
    expect(await runServerCommand(['verify-audit'])).toMatchObject({ code: 64 });
  });
});

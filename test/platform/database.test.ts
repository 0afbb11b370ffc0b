// The promises of the database: an acknowledged write is kept, an unacknowledged one leaves nothing, readers see neither half.
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createDatabase } from '../../server/platform/database.ts';
import { temporaryDatabase, temporaryFile, temporaryFolder } from './temporary-database.ts';

const setting = (key: string) => ({ data: { key, value: '' } });

const gate = () => {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
};

describe('writes', () => {
  it('keeps a write that was acknowledged while another one was open and then rolled back', async () => {
    const { db } = await temporaryDatabase();
    const hold = gate();
    const entered = gate();
    const rolledBack = db.write(async (tx) => {
      await tx.setting.create(setting('gone'));
      entered.open();
      await hold.passed;
      throw new Error('no');
    });
    await entered.passed;

    const kept = Array.from({ length: 20 }, (_, i) =>
      db.write((tx) => tx.setting.create(setting(`kept-${i}`))),
    );
    expect(await db.read.setting.count(), 'no dirty read').toBe(0);
    hold.open();

    await expect(rolledBack).rejects.toThrow('no');
    await Promise.all(kept);
    expect(await db.read.setting.count({ where: { key: { startsWith: 'kept-' } } })).toBe(20);
    expect(await db.read.setting.count({ where: { key: 'gone' } })).toBe(0);
  });

  it('shows an acknowledged write to the next read, even beside an older snapshot', async () => {
    const { db } = await temporaryDatabase();
    await db.read.$transaction(async (snapshot) => {
      expect(await snapshot.setting.count()).toBe(0);
      await db.write((tx) => tx.setting.create(setting('a')));
      expect(await db.read.setting.count()).toBe(1);
      expect(await snapshot.setting.count(), 'a snapshot stays as it was').toBe(0);
    });
  });

  it('runs committed after the commit, in order, and before the next write begins', async () => {
    const { db, file } = await temporaryDatabase();
    const outside = new Sqlite(file, { readonly: true });
    const count = outside.prepare('SELECT count(*) FROM Setting').pluck();
    const steps: unknown[] = [];
    await Promise.all(
      [1, 2, 3].map((n) =>
        db.write(
          async (tx) => {
            steps.push(`begin ${n}`);
            await tx.setting.create(setting(`${n}`));
            return n;
          },
          (value) => steps.push(`committed ${value}`, count.get()),
        ),
      ),
    );
    outside.close();
    expect(steps).toEqual([
      'begin 1',
      'committed 1',
      1,
      'begin 2',
      'committed 2',
      2,
      'begin 3',
      'committed 3',
      3,
    ]);
  });

  it('logs a committed callback that throws, and acknowledges the write', async () => {
    const logged: unknown[] = [];
    const log = { error: (...args: unknown[]) => void logged.push(args) };
    const { db } = await temporaryDatabase({ log });
    const failing = () => {
      throw new Error('projection');
    };
    await expect(db.write(async () => 7, failing)).resolves.toBe(7);
    expect(logged).toMatchObject([[{ err: { message: 'projection' } }, expect.any(String)]]);
  });

  it('does not call committed for a write that failed', async () => {
    const { db } = await temporaryDatabase();
    let called = false;
    const write = db.write(
      () => Promise.reject(new TypeError('mine')),
      () => {
        called = true;
      },
    );
    await expect(write).rejects.toThrow(TypeError);
    expect(called).toBe(false);
  });

  it('lets the event loop turn between writes', async () => {
    const { db } = await temporaryDatabase();
    // Each write takes longer than the queue goes on without a turn, however fast the machine is.
    const busyMs = 2;
    let turns = 0;
    let over = false;
    const turn = () => {
      turns++;
      if (!over) setImmediate(turn);
    };
    setImmediate(turn);
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        db.write((tx) => {
          const began = performance.now();
          while (performance.now() - began < busyMs);
          return tx.setting.create(setting(`${i}`));
        }),
      ),
    );
    over = true;
    expect(turns).toBeGreaterThanOrEqual(49);
  });
});

describe('what cannot be done', () => {
  it('refuses a write through read', async () => {
    const { db } = await temporaryDatabase();
    await expect(db.read.setting.create(setting('a'))).rejects.toThrow('readonly');
    await expect(db.read.$transaction((tx) => tx.setting.create(setting('a')))).rejects.toThrow('readonly');
    expect(await db.read.setting.count()).toBe(0);
  });

  it('refuses a tx after its write, also while another write is open', async () => {
    const { db } = await temporaryDatabase();
    const late = await db.write(async (tx) => ({ create: () => tx.setting.create(setting('late')) }));
    await expect(late.create()).rejects.toThrow();
    await db.write(async (tx) => {
      await expect(late.create()).rejects.toThrow();
      await tx.setting.create(setting('own'));
    });
    expect(await db.read.setting.findMany()).toEqual([{ key: 'own', value: '' }]);
  });

  it('never runs a query that nobody awaited in the next transaction', async () => {
    const { db } = await temporaryDatabase();
    const stray: Promise<string>[] = [];
    for (let i = 0; i < 20; i++) {
      await db.write(async (tx) => {
        const key = `stray-${i}`;
        stray.push(
          tx.setting.create(setting(key)).then(
            () => key,
            () => '',
          ),
        );
      });
      await db.write(() => Promise.reject(new Error('rolled back'))).catch(() => {});
    }
    const acknowledged = (await Promise.all(stray)).filter(Boolean);
    const rows = await db.read.setting.findMany({ orderBy: { key: 'asc' } });
    expect(rows.map(({ key }) => key)).toEqual(acknowledged.sort());
  });

  it('refuses a write inside a write', async () => {
    const { db } = await temporaryDatabase();
    await expect(db.write(() => db.write(async () => 1))).rejects.toMatchObject({ code: 'NESTED_WRITE' });
    await expect(db.write(async () => 2)).resolves.toBe(2);
  });

  it('refuses writes after close, and finishes those before it', async () => {
    const { db } = await temporaryDatabase();
    const before = db.write((tx) => tx.setting.create(setting('a')));
    const closing = db.close();
    await expect(db.write(async () => 1)).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(before).resolves.toMatchObject({ key: 'a' });
    await closing;
  });
});

describe('faults', () => {
  it('reports a full disk, keeps nothing of that write, and works again', async () => {
    const { db } = await temporaryDatabase();
    const full = db.write(async (tx) => {
      await tx.setting.create(setting('first'));
      await tx.$queryRawUnsafe('PRAGMA max_page_count = 1');
      const filling = tx.setting.create({ data: { key: 'big', value: 'x'.repeat(1_000_000) } });
      await expect(filling).rejects.toThrow();
      // SQLite may have ended the transaction: this must not be committed on its own.
      await tx.setting.create(setting('after'));
    });
    await expect(full).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await db.read.setting.count()).toBe(0);

    await db.write((tx) => tx.$queryRawUnsafe('PRAGMA max_page_count = 1000000'));
    await db.write((tx) => tx.setting.create(setting('again')));
    expect(await db.read.setting.count()).toBe(1);
  });

  it('waits for a lock held by another program, then reports it, then works again', async () => {
    const { db, file } = await temporaryDatabase({ lockedTimeoutMs: 100 });
    const other = new Sqlite(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(db.write((tx) => tx.setting.create(setting('a')))).rejects.toMatchObject({ code: 'LOCKED' });
    const waiting = db.write((tx) => tx.setting.create(setting('b')));
    other.exec('ROLLBACK');
    other.close();
    await waiting;
    expect(await db.read.setting.findMany()).toMatchObject([{ key: 'b' }]);
  });

  it('rolls back when the COMMIT itself fails, so that no later write joins what is left (prisma/orm#29933)', async () => {
    const { db, file } = await temporaryDatabase();
    const failing = db.write(async (tx) => {
      await tx.$executeRawUnsafe('PRAGMA defer_foreign_keys = ON');
      await tx.auditTarget.create({ data: { seq: 99, kind: 'NODE', targetId: 'orphan' } });
    });
    await expect(failing).rejects.toThrow();
    const other = new Sqlite(file, { timeout: 0 });
    other.exec('BEGIN IMMEDIATE; ROLLBACK'); // throws while the failed write still holds its lock
    other.close();
    await db.write((tx) => tx.setting.create(setting('a')));
    expect(await db.read.auditTarget.count()).toBe(0);
    expect(await db.read.setting.count()).toBe(1);
  });

  it('rolls back a write that hangs, and goes on with the next', async () => {
    const { db } = await temporaryDatabase({ writeTimeoutMs: 50 });
    const hung = db.write(async (tx) => {
      await tx.setting.create(setting('hung'));
      await new Promise(() => {});
    });
    const next = db.write((tx) => tx.setting.create(setting('next')));
    await expect(hung).rejects.toMatchObject({ code: 'WRITE_TIMEOUT' });
    await next;
    expect(await db.read.setting.findMany()).toMatchObject([{ key: 'next' }]);
  });

  it('passes on broken constraints as they are, and the transaction can go on after one', async () => {
    const { db } = await temporaryDatabase();
    await db.write(async (tx) => {
      await tx.setting.create(setting('a'));
      await expect(tx.setting.create(setting('a'))).rejects.toMatchObject({ code: 'P2002' });
      await tx.setting.create(setting('b'));
    });
    expect(await db.read.setting.count()).toBe(2);
  });
});

describe('files', () => {
  it('are refused, with a code, when they cannot be used', async () => {
    const folder = temporaryFolder();
    const open = (name: string) => createDatabase({ file: join(folder, name) });
    await expect(open('none.db')).rejects.toMatchObject({ code: 'IO' });
    await expect(open('no-folder/skep.db')).rejects.toMatchObject({ code: 'DATABASE_UNUSABLE' });
    writeFileSync(join(folder, 'text.db'), 'This is not a database. '.repeat(100));
    await expect(open('text.db')).rejects.toMatchObject({ code: 'CORRUPT' });
    writeFileSync(join(folder, 'empty.db'), '');
    await expect(open('empty.db')).rejects.toMatchObject({ code: 'TRIGGER_MISSING' });
  });

  it('are the same file under a second name', async () => {
    const file = await temporaryFile();
    const link = join(temporaryFolder(), 'link.db');
    symlinkSync(file, link);
    const db = await createDatabase({ file: link });
    await expect(createDatabase({ file })).rejects.toMatchObject({ code: 'DATABASE_IN_USE' });
    await db.close();
  });
});

describe('connections', () => {
  it('runs each with the settings that the promises rest on', async () => {
    const { db } = await temporaryDatabase();
    const settings = async (client: { $queryRawUnsafe<T>(query: string): Promise<T> }) => {
      const names = [
        'journal_mode',
        'synchronous',
        'foreign_keys',
        'trusted_schema',
        'cell_size_check',
        'busy_timeout',
      ];
      const rows = await Promise.all(names.map((name) => client.$queryRawUnsafe<object[]>(`PRAGMA ${name}`)));
      return rows.map(([row]) => String(Object.values(row ?? {})[0]));
    };
    const expected = ['wal', '2', '1', '0', '1', '50'];
    expect(await settings(db.read)).toEqual(expected);
    expect(await db.write(settings)).toEqual(expected);
  });
});

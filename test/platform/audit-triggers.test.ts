// The audit history can only grow, one record after the other, and no server starts on a database where it could shrink.
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { AUDIT_TRIGGERS, SELECT_TRIGGERS } from '../../server/platform/audit-triggers.ts';
import { createDatabase } from '../../server/platform/database.ts';
import { auditRecord, temporaryDatabase, temporaryFile } from './temporary-database.ts';

const twoRecords = async () => {
  const { db } = await temporaryDatabase();
  await db.write(async (tx) => {
    await tx.auditRecord.create({
      data: { ...auditRecord(1, ''), targets: { create: { kind: 'NODE', targetId: 'n1' } } },
    });
    await tx.auditRecord.create({
      data: { ...auditRecord(2, 'hash-1'), targets: { create: { kind: 'NODE', targetId: 'n1' } } },
    });
  });
  const run = (sql: string) => db.write((tx) => tx.$executeRawUnsafe(sql));
  return { db, run };
};

it('is written in the migrations exactly as in the code', async () => {
  const db = new Sqlite(await temporaryFile());
  const found = db.prepare<[], { name: string; tbl_name: string; sql: string }>(SELECT_TRIGGERS).all();
  db.close();
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  const listed = AUDIT_TRIGGERS.map(({ name, table, sql }) => ({ name, tbl_name: table, sql }));
  expect(found.toSorted(byName)).toEqual(listed.sort(byName));
});

describe('refuses', () => {
  const record = (seq: string, previousHash: string) =>
    `INTO AuditRecord (seq, at, phase, action, actorKind, actorId, actorName, targetsJson, changesJson, previousHash, hash)
     VALUES (${seq}, '', '', '', '', '', '', '', '', '${previousHash}', 'x')`;

  const seal = (fromSeq: number, firstPreviousHash: string, toSeq: number, lastHash: string) =>
    `INTO AuditSeal (server, generation, fromSeq, toSeq, firstPreviousHash, lastHash, count, file, digest, at, signature)
     VALUES ('', '', ${fromSeq}, ${toSeq}, '${firstPreviousHash}', '${lastHash}', ${toSeq - fromSeq + 1}, '', '', '', '')`;

  it.each([
    ['an update of a record', 'UPDATE AuditRecord SET reason = NULL WHERE seq = 1'],
    ['an update of a target', `UPDATE AuditTarget SET targetId = 'n2'`],
    ['a delete of a record', 'DELETE FROM AuditRecord WHERE seq = 2'],
    ['a delete of a target', 'DELETE FROM AuditTarget'],
    ['a replaced record', `INSERT OR REPLACE ${record('2', 'hash-1')}`],
    [
      'a replaced target',
      `INSERT OR REPLACE INTO AuditTarget (seq, kind, targetId) VALUES (1, 'NODE', 'n1')`,
    ],
    [
      'a target replaced by rowid',
      `REPLACE INTO AuditTarget (rowid, seq, kind, targetId) VALUES (1, 2, 'HOST', 'h1')`,
    ],
    ['an upsert', `INSERT ${record('2', 'hash-1')} ON CONFLICT DO UPDATE SET hash = 'y'`],
    ['a seal that does not begin at the first record', `INSERT ${seal(2, 'hash-1', 2, 'hash-2')}`],
    ['a seal of the last record', `INSERT ${seal(1, '', 2, 'hash-2')}`],
    ['a seal of another history', `INSERT ${seal(1, '', 1, 'hash-x')}`],
    ['a gap', `INSERT ${record('4', 'hash-2')}`],
    ['a seq before the last', `INSERT ${record('0', 'hash-2')}`],
    ['a seq that SQLite chooses', `INSERT ${record('NULL', 'hash-2')}`],
    ['a previousHash that is not the last hash', `INSERT ${record('3', 'hash-1')}`],
  ])('%s', async (_, sql) => {
    const { db, run } = await twoRecords();
    const before = [await db.read.auditRecord.findMany(), await db.read.auditTarget.findMany()];
    await expect(run(sql)).rejects.toThrow(/append-only|must follow|previousHash|AuditSeal/);
    expect([await db.read.auditRecord.findMany(), await db.read.auditTarget.findMany()]).toEqual(before);
  });

  it('a delete above a seal, a change of the seal, and nothing below it', async () => {
    const { db, run } = await twoRecords();
    await run(`INSERT ${seal(1, '', 1, 'hash-1')}`);
    for (const sql of [
      'DELETE FROM AuditTarget',
      'DELETE FROM AuditRecord WHERE seq = 2',
      'UPDATE AuditSeal SET toSeq = 2',
      'DELETE FROM AuditSeal',
      `INSERT OR REPLACE ${seal(1, '', 1, 'hash-1')}`,
    ])
      await expect(run(sql), sql).rejects.toThrow(/append-only|AuditSeal/);
    await run('DELETE FROM AuditTarget WHERE seq = 1');
    await run('DELETE FROM AuditRecord WHERE seq = 1');
    expect(await db.read.auditRecord.count()).toBe(1);
  });

  it('nothing that belongs there', async () => {
    const { db, run } = await twoRecords();
    await run(`INSERT ${record('3', 'hash-2')}`);
    await run(`INSERT INTO AuditTarget (seq, kind, targetId) VALUES (3, 'HOST', 'h1')`);
    expect(await db.read.auditRecord.count()).toBe(3);
  });
});

describe('a server does not start when', () => {
  it.each([
    ['a trigger is missing', 'DROP TRIGGER AuditRecord_no_delete', 'AuditRecord_no_delete'],
    [
      'a trigger differs',
      `DROP TRIGGER AuditTarget_no_update;
       CREATE TRIGGER AuditTarget_no_update BEFORE UPDATE ON AuditTarget BEGIN SELECT 1; END`,
      'AuditTarget_no_update',
    ],
    [
      'there is one more',
      `CREATE TRIGGER sly AFTER INSERT ON AuditRecord BEGIN DELETE FROM AuditTarget; END`,
      'sly',
    ],
  ])('%s', async (_, sql, name) => {
    const file = await temporaryFile();
    const hand = new Sqlite(file);
    hand.exec(sql);
    hand.close();
    await expect(createDatabase({ file })).rejects.toMatchObject({
      code: 'TRIGGER_MISSING',
      message: expect.stringContaining(name),
    });
  });
});

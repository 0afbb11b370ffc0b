// What somebody can do who owns the server's disk: change the history behind the triggers, chain it anew, sign it anew.
import { createHash, createPrivateKey, sign } from 'node:crypto';
import Sqlite from 'better-sqlite3';

type Row = Record<string, unknown> & { seq: number; at: string; hash: string; previousHash: string };

/** Takes the triggers away for `work`, and puts them back as they were. */
export const behindTheTriggers = (file: string, work: (db: Sqlite.Database) => void): void => {
  const db = new Sqlite(file);
  const triggers = db
    .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    .all();
  for (const { name } of triggers) db.exec(`DROP TRIGGER "${name}"`);
  db.pragma('foreign_keys = OFF');
  work(db);
  for (const { sql } of triggers) db.exec(sql);
  db.close();
};

/** docs/operating.md says how: written anew here, so that a slip in the server's own code shows. */
const hashOf = ({ hash: _, ...row }: Row): string => {
  const covered: Record<string, unknown> = { ...row, at: new Date(row.at).toISOString() };
  const sorted = Object.fromEntries(
    Object.keys(covered)
      .sort()
      .map((key) => [key, covered[key]]),
  );
  return createHash('sha256')
    .update(`skep-audit-v1\0${JSON.stringify(sorted)}`)
    .digest('hex');
};

/** Computes all hashes anew, so that the chain holds again. */
export const chainAnew = (db: Sqlite.Database): void => {
  const rows = db.prepare<[], Row>('SELECT * FROM AuditRecord ORDER BY seq').all();
  const write = db.prepare('UPDATE AuditRecord SET previousHash = ?, hash = ? WHERE seq = ?');
  let previousHash = rows[0]?.previousHash ?? '';
  for (const row of rows) {
    const hash = hashOf({ ...row, previousHash });
    write.run(previousHash, hash, row.seq);
    previousHash = hash;
  }
};

/** Signs all heads anew with the server's own key, as only its owner can; heads of records that are gone go. */
export const signAnew = (db: Sqlite.Database, server: string, keyPem: string | Buffer): void => {
  const key = createPrivateKey(keyPem);
  db.exec('DELETE FROM AuditHead WHERE seq NOT IN (SELECT seq FROM AuditRecord)');
  const heads = db
    .prepare<[], { generation: string; seq: number; hash: string; at: string }>(
      'SELECT h.generation, h.seq, r.hash, h.at FROM AuditHead h JOIN AuditRecord r ON r.seq = h.seq',
    )
    .all();
  for (const { generation, seq, hash, at } of heads) {
    const text = ['skep-audit-head-v1', server, generation, seq, hash, new Date(at).toISOString()].join('\n');
    db.prepare('UPDATE AuditHead SET hash = ?, signature = ? WHERE generation = ? AND seq = ?').run(
      hash,
      sign(null, Buffer.from(text), key).toString('base64url'),
      generation,
      seq,
    );
  }
};

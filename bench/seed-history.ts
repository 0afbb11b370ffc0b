// Data folders with a long, valid audit history, written by plain SQL and kept in bench/.data for the next run.
import { createHash } from 'node:crypto';
import {
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { chainStart, hashOf } from '../server/audit/chain.ts';
import { applyMigrations } from '../server/platform/apply-migrations.ts';
import { readMigrations } from '../server/platform/migration-folder.ts';
import type { Context } from './measure.ts';

/** What the history is about. Ids can be asked for: `key-07`, `node-0042`, `cluster-1`, `promoteNodes`. */
export const seeded = {
  actors: Array.from({ length: 50 }, (_, index) => `key-${String(index).padStart(2, '0')}`),
  nodes: Array.from({ length: 1_000 }, (_, index) => `node-${String(index).padStart(4, '0')}`),
  clusters: ['cluster-0', 'cluster-1', 'cluster-2'],
  actions: [
    ...['updateNodeLabels', 'setNodeAvailability', 'drainNodes', 'promoteNodes', 'demoteNodes', 'joinHosts'],
    ...[
      'leaveSwarm',
      'removeNodes',
      'decommissionNodes',
      'rotateJoinToken',
      'revealJoinToken',
      'updateCluster',
    ],
    ...['renameHost', 'createEnrolment', 'createApiKey', 'revokeApiKey', 'rotateUnlockKey', 'renameCluster'],
    ...['cancelOperation', 'rotateCA'],
  ],
} as const;

const data = fileURLToPath(new URL('./.data/', import.meta.url));
const migrations = fileURLToPath(new URL('../prisma/migrations', import.meta.url));

/** xorshift32: the same history each time. */
const createBelow = (): ((limit: number) => number) => {
  let state = 0x9e3779b9;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
};

/** Small numbers come more often, as a few actors and actions make most of any history. */
const skewed = (below: (limit: number) => number, limit: number): number =>
  Math.min(below(limit), below(limit));

const startMs = Date.UTC(2026, 0, 1);
const columns = [
  ...[
    'seq',
    'at',
    'phase',
    'action',
    'outcome',
    'actorKind',
    'actorId',
    'actorName',
    'clusterId',
    'targetsJson',
  ],
  ...[
    'reason',
    'inputJson',
    'changesJson',
    'failureJson',
    'durationMs',
    'requestId',
    'sourceAddress',
    'operationId',
  ],
  ...['previousHash', 'hash'],
] as const;

/** Pairs of INTENT and OUTCOME, each about one to three nodes. */
function* recordsOf(count: number) {
  const below = createBelow();
  let previousHash = chainStart;
  for (let first = 1; first <= count; first += 2) {
    const actor = skewed(below, seeded.actors.length);
    const targets = Array.from({ length: 1 + skewed(below, 3) }, () => below(seeded.nodes.length))
      .filter((node, index, all) => all.indexOf(node) === index)
      .map((node) => ({ kind: 'NODE', id: seeded.nodes[node], name: `worker-${node}` }));
    const nodes = targets.map(({ id }) => id);
    const failed = below(20) === 0;
    const common = {
      action: seeded.actions[skewed(below, seeded.actions.length)],
      actorKind: 'API_KEY',
      actorId: seeded.actors[actor],
      actorName: `somebody ${actor}`,
      clusterId: seeded.clusters[skewed(below, seeded.clusters.length)],
      targetsJson: JSON.stringify(targets),
      reason: below(3) === 0 ? `change ${below(10_000)}` : null,
      inputJson: JSON.stringify({ nodes, set: [{ key: 'zone', value: `z${below(9)}` }] }),
      requestId: `request-${first}`,
      sourceAddress: '10.0.0.1',
      operationId: `operation-${first}`,
    };
    const failure = {
      code: 'NOT_OBSERVED',
      message: 'not seen in time',
      hint: 'look again',
      retryable: true,
    };
    const changes = nodes.map((node) => ({ path: `${node}.labels.zone`, old: null, new: 'z1' }));
    const phases = [
      { phase: 'INTENT', outcome: null, changesJson: '[]', failureJson: null, durationMs: null },
      {
        phase: 'OUTCOME',
        outcome: failed ? 'FAILED' : 'SUCCEEDED',
        changesJson: JSON.stringify(failed ? [] : changes),
        failureJson: failed ? JSON.stringify(failure) : null,
        durationMs: 20 + below(5_000),
      },
    ];
    for (const [index, phase] of phases.entries()) {
      const seq = first + index;
      if (seq > count) return;
      const content = { ...common, ...phase, seq, at: new Date(startMs + seq * 20_000), previousHash };
      previousHash = hashOf(content);
      yield { row: { ...content, hash: previousHash }, nodes };
    }
  }
}

const write = async (folder: string, count: number): Promise<void> => {
  const file = join(folder, 'skep.db');
  await applyMigrations({ file, folder: migrations });
  const db = new Sqlite(file);
  // Nobody else looks at it, and one that is half done is thrown away.
  db.pragma('synchronous = OFF');
  db.pragma('locking_mode = EXCLUSIVE');
  db.pragma('cache_size = -200000');
  // Made at the end, sorted: several times faster than row by row.
  const indexes = db
    .prepare(
      `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name LIKE 'Audit%' AND sql NOT NULL`,
    )
    .all() as { name: string; sql: string }[];
  for (const { name } of indexes) db.exec(`DROP INDEX "${name}"`);
  const holders = columns.map((column) => `@${column}`).join(', ');
  const record = db.prepare(`INSERT INTO "AuditRecord" ("${columns.join('", "')}") VALUES (${holders})`);
  const target = db.prepare('INSERT INTO "AuditTarget" ("seq", "kind", "targetId") VALUES (?, ?, ?)');
  db.exec('BEGIN');
  for (const { row, nodes } of recordsOf(count)) {
    // As Prisma's adapter writes it.
    record.run({ ...row, at: row.at.toISOString().replace('Z', '+00:00') });
    for (const node of nodes) target.run(row.seq, 'NODE', node);
    if (row.seq % 50_000 === 0) db.exec('COMMIT; BEGIN');
  }
  db.exec('COMMIT');
  for (const { sql } of indexes) db.exec(sql);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
};

/** Of a schema, a size and this file: another of these makes another history. */
const nameOf = (count: number): string => {
  const checksums = readMigrations(migrations).map(({ checksum }) => checksum);
  const made = [...checksums, readFileSync(fileURLToPath(import.meta.url), 'utf8')];
  return `history-${count}-${createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 12)}`;
};

/** A data folder with so many records and nothing else, made at its first use (1,000,000: 750 MB, a minute). Do not change it. */
const seedHistory = async (count: number, log: (line: string) => void): Promise<string> => {
  const folder = join(data, nameOf(count));
  if (existsSync(folder)) return folder;
  mkdirSync(data, { recursive: true });
  log(`writing a history of ${count} records, once`);
  const part = mkdtempSync(join(data, 'part-'));
  try {
    await write(part, count);
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return folder;
};

/**
 * A folder of its own for `startServer({ dir })`, whose data has so many records; removed with the measure. The server
 * makes its keys at its first start there.
 */
export const folderWithHistory = async (context: Context, count: number): Promise<string> => {
  const history = await seedHistory(count, context.log);
  return context.own(
    async () => {
      const dir = mkdtempSync(join(tmpdir(), 'skep-bench-'));
      cpSync(history, join(dir, 'data'), { recursive: true, mode: constants.COPYFILE_FICLONE });
      return dir;
    },
    (dir) => rmSync(dir, { recursive: true, force: true }),
  );
};

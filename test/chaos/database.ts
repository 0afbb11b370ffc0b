// What the server has stored, read past the server: beside it, on a connection that cannot write.
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Arena } from './arena.ts';

export type StoredOperation = {
  id: string;
  action: string;
  state: string;
  idempotencyKey: string | null;
  input: any;
  targets: {
    kind: string;
    id: string | null;
    name: string;
    state: string;
    failure: { code: string; message: string } | null;
  }[];
  warnings: { code: string; target: string | null }[];
  failure: { code: string; message: string } | null;
  startedAt: number;
  endedAt: number | null;
  observedAt: number | null;
};

export type StoredRecord = {
  seq: number;
  at: number;
  phase: string;
  action: string;
  outcome: string | null;
  actorKind: string;
  operationId: string | null;
};

export type Stored = {
  operations: StoredOperation[];
  records: StoredRecord[];
  commands: { id: string; operationId: string; hostId: string; kind: string; step: string; state: string }[];
  /** Sequence numbers of a topic, in order. */
  events(topic: string): number[];
  /** What SQLite itself finds wrong with the file. */
  faults: string[];
};

const timeOf = (value: unknown): number =>
  typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : Date.parse(String(value));

/** One consistent view. */
export const readStored = ({ system }: Arena): Stored => {
  const db = new Sqlite(join(system.dir, 'data', 'skep.db'), { readonly: true, fileMustExist: true });
  try {
    db.exec('BEGIN');
    const all = (sql: string): Record<string, any>[] => db.prepare(sql).all() as Record<string, any>[];
    const operations = all('SELECT * FROM Operation ORDER BY id').map((row) => ({
      id: row.id,
      action: row.action,
      state: row.state,
      idempotencyKey: row.idempotencyKey,
      input: JSON.parse(row.inputJson),
      targets: JSON.parse(row.targetsJson),
      warnings: JSON.parse(row.warningsJson),
      failure: row.failureJson === null ? null : JSON.parse(row.failureJson),
      startedAt: timeOf(row.startedAt),
      endedAt: row.endedAt === null ? null : timeOf(row.endedAt),
      observedAt: row.observedAt === null ? null : timeOf(row.observedAt),
    }));
    const records = all(
      'SELECT seq, at, phase, action, outcome, actorKind, operationId FROM AuditRecord ORDER BY seq',
    ).map((row) => ({ ...row, at: timeOf(row.at) })) as StoredRecord[];
    const commands = all(
      'SELECT id, operationId, hostId, kind, step, state FROM Command ORDER BY id',
    ) as Stored['commands'];
    const events = new Map<string, number[]>();
    for (const { topic, seq } of all('SELECT topic, seq FROM Event ORDER BY seq'))
      events.set(topic, [...(events.get(topic) ?? []), seq]);
    const integrity = all('PRAGMA integrity_check').map((row) => String(row.integrity_check));
    const foreign = all('PRAGMA foreign_key_check').map((row) => `foreign key: ${JSON.stringify(row)}`);
    return {
      operations,
      records,
      commands,
      events: (topic) => events.get(topic) ?? [],
      faults: [...integrity.filter((line) => line !== 'ok'), ...foreign],
    };
  } finally {
    db.close();
  }
};

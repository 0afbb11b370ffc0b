// Pages of the history: just the records that the filter means, in one statement, found by an index.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queryOf, readRecords, type WantedRecords } from '../../server/audit/read-records.ts';
import { createAudit } from '../../server/audit/record.ts';
import { createClock } from '../../server/platform/clock.ts';
import { createEvents } from '../../server/platform/events.ts';
import { temporaryDatabase } from '../platform/temporary-database.ts';

const all: WantedRecords = { filter: {}, scope: null, above: null, below: null, order: 'desc', take: 50 };
const [actors, actions, things, clusters] = [
  ['key-1', 'key-2', 'key-3'],
  ['drainNodes', 'joinHosts'],
  ['node-1', 'node-2', 'cluster-1'],
  ['cluster-1', 'cluster-2'],
] as const;
const phases = ['INTENT', 'OUTCOME', 'DENIED'] as const;
const startMs = Date.UTC(2026, 0, 1);
const at = (minute: number): Date => new Date(startMs + minute * 60_000);

/** 120 records, each a minute after the one before, of all sorts. */
const withHistory = async () => {
  const { db } = await temporaryDatabase();
  let minute = 0;
  const clock = { ...createClock(), now: () => at(minute) };
  const events = await createEvents({ db, clock, generation: 'g' });
  const audit = createAudit({ clock });
  for (let n = 0; n < 120; n += 1) {
    minute = n;
    const pick = <T>(list: readonly T[], step: number): T => list[Math.floor(n / step) % list.length] as T;
    await events.transact((tx, emit) =>
      audit.append(tx, emit, {
        phase: pick(phases, 2),
        action: pick(actions, 3),
        outcome: n % 4 === 0 ? 'FAILED' : null,
        actor: { kind: 'API_KEY', id: pick(actors, 1), name: '' },
        clusterId: n % 7 === 0 ? null : pick(clusters, 5),
        // One id as two kinds of thing, and one that was not found.
        targets: [
          { kind: 'NODE', id: pick(things, 1), name: '' },
          { kind: 'CLUSTER', id: pick(things, 4), name: '' },
          { kind: 'HOST', id: pick(things, 4), name: '' },
          { kind: 'HOST', id: null, name: 'nobody' },
        ],
        operationId: `operation-${Math.floor(n / 10)}`,
      }),
    );
  }
  const rows = await db.read.auditRecord.findMany({ orderBy: { seq: 'asc' }, include: { targets: true } });
  return { db, rows };
};

const maybe = <T>(list: readonly T[]) => fc.option(fc.constantFrom(...list), { nil: null });
const anyWanted: fc.Arbitrary<WantedRecords> = fc.record({
  filter: fc.record({
    cluster: maybe(clusters),
    actor: maybe(actors),
    action: maybe(actions),
    outcome: maybe(['FAILED']),
    phase: fc.option(fc.subarray([...phases]), { nil: null }),
    target: maybe(things),
    operation: maybe(['operation-3', 'operation-9']),
    from: fc.option(fc.integer({ min: 0, max: 120 }).map(at), { nil: null }),
    to: fc.option(fc.integer({ min: 0, max: 120 }).map(at), { nil: null }),
  }),
  scope: fc.option(fc.subarray([...clusters]), { nil: null }),
  above: fc.option(fc.nat(130), { nil: null }),
  below: fc.option(fc.nat(130), { nil: null }),
  order: fc.constantFrom('asc', 'desc'),
  take: fc.integer({ min: 1, max: 60 }),
});

it('has the records that all of the filter means, within scope and bounds, whole and in order', {
  timeout: 30_000,
}, async () => {
  const { db, rows } = await withHistory();
  fc.assert(
    fc.property(anyWanted, (wanted) => {
      const { filter, scope, above, below, order, take } = wanted;
      const is = (asked: unknown, value: unknown): boolean => asked == null || asked === value;
      const meant = rows.filter(
        (row) =>
          is(filter?.cluster, row.clusterId) &&
          is(filter?.actor, row.actorId) &&
          is(filter?.action, row.action) &&
          is(filter?.outcome, row.outcome) &&
          is(filter?.operation, row.operationId) &&
          (filter?.phase == null || filter.phase.includes(row.phase)) &&
          (filter?.target == null || row.targets.some(({ targetId }) => targetId === filter.target)) &&
          (filter?.from == null || row.at >= filter.from) &&
          (filter?.to == null || row.at < filter.to) &&
          (scope === null || (row.clusterId !== null && scope.includes(row.clusterId))) &&
          (above === null || row.seq > above) &&
          (below === null || row.seq < below),
      );
      if (order === 'desc') meant.reverse();
      expect(readRecords(db.sql, wanted)).toEqual(meant.slice(0, take).map(({ targets: _, ...row }) => row));
    }),
    { numRuns: 500, examples: [[all], [{ ...all, filter: { target: 'node-1' } }]] },
  );
});

describe('a page is found by an index, without sorting', () => {
  it.each([
    ['all', {}, /^SCAN record$/],
    ['by target', { target: 'node-1' }, /SEARCH target USING COVERING INDEX AuditTarget_targetId_seq_idx/],
    ['by actor', { actor: 'key-1' }, /AuditRecord_actorId_seq_idx \(actorId=\?/],
    ['by action', { action: 'drainNodes' }, /AuditRecord_action_seq_idx \(action=\?/],
    [
      'by actor and action',
      { actor: 'key-1', action: 'drainNodes' },
      /AuditRecord_actorId_action_seq_idx \(actorId=\? AND action=\?/,
    ],
    ['by cluster', { cluster: 'cluster-1' }, /AuditRecord_clusterId_seq_idx \(clusterId=\?/],
    [
      'by target and action',
      { target: 'node-1', action: 'drainNodes' },
      /AuditRecord_action_seq_idx \(action=\?/,
    ],
  ])('%s', async (_, filter, plan) => {
    const { db } = await temporaryDatabase();
    for (const below of [null, 500]) {
      const { text, values } = queryOf({ ...all, filter, below });
      const steps = db.sql
        .all<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, values)
        .map(({ detail }) => detail);
      if (below === null) expect(steps.join('\n')).toMatch(plan);
      expect(steps.join('\n')).not.toContain('TEMP B-TREE');
    }
  });
});

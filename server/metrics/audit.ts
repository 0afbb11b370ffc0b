// The history: how much is written, where it stands, and how its last verification ended.
import type { Heads } from '../audit/heads.ts';
import type { EventRow } from '../platform/stored-event.ts';
import { counter, flag, gauge, type Source, secondsOf } from './family.ts';

export const createAuditMetrics = () => {
  const records = counter({
    name: 'skep_audit_records_total',
    help: 'Records of the history that were written, by phase.',
    labels: ['phase'],
  });
  let verified: { ok: boolean; at: Date } | null = null;
  const last = () => (verified ? [verified] : []);
  const sources = (heads: Pick<Heads, 'newest'>): readonly Source[] => [
    records,
    gauge(
      {
        name: 'skep_audit_head',
        help: 'Number of the record that the newest signed head is of.',
        labels: [],
      },
      () => [heads.newest()],
      (head) => head && { labels: {}, value: head.seq },
    ),
    gauge(
      {
        name: 'skep_audit_verification_ok',
        help: '1: the last verifyAudit found nothing wrong. No sample before the first since the start.',
        labels: [],
      },
      last,
      ({ ok }) => ({ labels: {}, value: flag(ok) }),
    ),
    gauge(
      {
        name: 'skep_audit_verification_timestamp_seconds',
        help: 'When the last verifyAudit ended, seconds since 1970.',
        labels: [],
      },
      last,
      ({ at }) => ({ labels: {}, value: secondsOf(at) }),
    ),
  ];
  return {
    sources,
    /** What was taken back is no record. */
    committed: (rows: readonly Pick<EventRow, 'topic' | 'afterJson'>[]): void => {
      for (const { topic, afterJson } of rows)
        if (topic === 'AUDIT') records.count({ phase: JSON.parse(afterJson).phase });
    },
    verified: (ok: boolean, at: Date): void => {
      verified = { ok, at };
    },
  };
};

// What a receiver is told: the JSON that is signed. Its shape is promised by docs/webhooks.md; `version` moves when it breaks.
import type { AlarmKind } from './alarms.ts';

/** Names what it is of; null: of none, or not known. */
export type Told = {
  cluster?: { id: string; name: string } | null;
  node?: { id: string; hostname: string; role: string } | null;
  host?: { id: string; name: string } | null;
  operation?: Record<string, unknown> | null;
  from?: string | null;
  to?: string | null;
  /** What only alarms of this kind have. */
  detail?: Record<string, unknown> | null;
  /** Of the console, behind its address: `/nodes/…`. */
  page?: string | null;
};

export type Message = {
  kind: AlarmKind | null;
  type: string;
  clusterId: string | null;
  /** Of the alarm: the same for its beginning and its end. */
  alarm: { id: string; since: Date } | null;
  told: Told;
  /** Why it is told though it has not ended: what it was about is gone. */
  reason?: string;
};

const version = 1;

/** @param consoleUrl null: no page is named. */
export const bodyOf = (
  { kind, type, alarm, told, reason }: Message,
  at: Date,
  consoleUrl: string | null,
): string =>
  JSON.stringify({
    type,
    timestamp: at.toISOString(),
    data: {
      version,
      alarm: kind && alarm && { kind, id: alarm.id, since: alarm.since.toISOString() },
      cluster: told.cluster ?? null,
      node: told.node ?? null,
      host: told.host ?? null,
      operation: told.operation ?? null,
      from: told.from ?? null,
      to: told.to ?? null,
      detail: told.detail ?? null,
      reason: reason ?? null,
      url: consoleUrl !== null && told.page ? `${consoleUrl}${told.page}` : null,
    },
  });

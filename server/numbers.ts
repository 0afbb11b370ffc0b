// What is counted and traced, put together: what the other parts are given of it, and what becomes of it.
import type { FullVerification } from './audit/verify.ts';
import type { Config } from './config.ts';
import type { Parts } from './context.ts';
import type { OnSent } from './hosts/commands.ts';
import { createCounts } from './metrics/counts.ts';
import { createMetrics } from './metrics/metrics.ts';
import type { Scrape } from './metrics/scrape.ts';
import type { Operation } from './operations/operation.ts';
import type { Log } from './platform/log.ts';
import type { EventRow } from './platform/stored-event.ts';
import type { Trace } from './platform/trace.ts';
import { createTracing } from './tracing/tracing.ts';

export type Numbers = {
  /** Events were committed, those of the history among them. */
  committed(rows: readonly EventRow[]): void;
  /** The same verification, whose result is told by /metrics. */
  verifying(verify: () => Promise<FullVerification>): () => Promise<FullVerification>;
  onSent: OnSent;
  /** For the one door. */
  ofOperations: { onEnd: (operation: Operation) => void; trace: Trace };
  /** For whoever answers callers. */
  ofCallers: Pick<Parts, 'tally' | 'requests'>;
  /** Whether agents may be asked for the calls of their engines. */
  traces: boolean;
  scrapeOf(parts: Pick<Parts, 'clusters' | 'hosts' | 'declarations' | 'operations' | 'heads'>): Scrape;
  /** Sends what is left of the traces. */
  stop(): Promise<void>;
};

export const createNumbers = async (
  { otlpUrl }: Pick<Config, 'otlpUrl'>,
  version: string,
  log: Log,
): Promise<Numbers> => {
  const counts = createCounts();
  const tracing = await createTracing({ url: otlpUrl, version, log });
  return {
    committed: counts.audit.committed,
    verifying: (verify) => async () => {
      const verification = await verify();
      counts.audit.verified(verification.ok, new Date());
      return verification;
    },
    onSent: (command) => {
      const [counted, traced] = [counts.commands.sent(command), tracing.sent(command)];
      return {
        trace: traced.trace,
        ended: (result) => {
          counted.ended(result);
          traced.ended(result);
        },
      };
    },
    ofOperations: { onEnd: counts.operations.ended, trace: tracing.trace },
    ofCallers: { tally: counts.callers.tally, requests: tracing.requests },
    traces: tracing.isOn,
    scrapeOf: (parts) => createMetrics({ counts, ...parts }).scrape,
    stop: tracing.stop,
  };
};

// Tracing put together: which span is the current one, and what becomes a span. Off unless it is asked for: then nothing
// of it is loaded, and nothing is watched.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { OnSent } from '../hosts/commands.ts';
import { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import { noTrace, type RequestTrace, type Trace } from '../platform/trace.ts';
import type { Begun, OpenSpan } from './otlp.ts';
import { placeCalls } from './place-calls.ts';

export type Tracing = {
  /** Whether agents may be asked for the calls of their engines. */
  isOn: boolean;
  trace: Trace;
  requests: RequestTrace;
  sent: OnSent;
  stop(): Promise<void>;
};

export const noTracing: Tracing = {
  isOn: false,
  trace: noTrace,
  requests: { during: (_, work) => work(), asks: () => undefined },
  sent: () => ({ trace: false, ended: () => undefined }),
  stop: async () => undefined,
};

/** `clock`: milliseconds since 1970 by a clock that never goes back, the same one for a whole trace. */
type Current = { span: OpenSpan; clock: () => number; isOver: boolean; isDropped: boolean };

/** Begins at the system's time, and goes on evenly. */
const evenClock = (): (() => number) => {
  const [at, began] = [Date.now(), performance.now()];
  return () => at + (performance.now() - began);
};

const codeOf = (error: unknown): string => (error instanceof Failure ? error.code : 'INTERNAL');

/** @param url where OTLP is taken, without `/v1/traces`; null: nobody traces. */
export const createTracing = async ({
  url,
  version,
  log,
}: {
  url: string | null;
  version: string;
  log: Log;
}): Promise<Tracing> => {
  if (url === null) return noTracing;
  const { createExporter } = await import('./otlp.ts');
  const exporter = createExporter({ url, version, log });
  const store = new AsyncLocalStorage<Current>();

  /** Timers and watchers go on in what they were begun in: nothing is put below a span that has ended. */
  const current = (): Current | null => {
    const found = store.getStore();
    return found && !found.isOver ? found : null;
  };

  const within = async <T>(opened: Current, work: () => Promise<T>): Promise<T> => {
    try {
      return await store.run(opened, work);
    } catch (error) {
      opened.span.fail(codeOf(error));
      throw error;
    } finally {
      opened.isOver = true;
      if (!opened.isDropped) opened.span.end(opened.clock());
    }
  };

  const begin = (
    open: (begun: Omit<Begun, 'attributes' | 'kind'>) => OpenSpan,
    clock: () => number,
  ): Current => ({
    span: open({ start: clock() }),
    clock,
    isOver: false,
    isDropped: false,
  });

  return {
    isOn: true,
    trace: (name, attributes, work) => {
      const parent = current();
      const opened = begin(
        (begun) =>
          parent
            ? parent.span.below(name, { ...begun, attributes, kind: 'INTERNAL' })
            : exporter.root(name, {}, { ...begun, attributes, kind: 'INTERNAL' }),
        parent?.clock ?? evenClock(),
      );
      return within(opened, () => work(opened.span));
    },
    requests: {
      during: (headers, work) =>
        within(
          {
            ...begin(
              (begun) => exporter.root('graphql', headers, { ...begun, attributes: {}, kind: 'SERVER' }),
              evenClock(),
            ),
            // Until it is let in: strangers write into nobody's trace.
            isDropped: true,
          },
          work,
        ),
      asks: (kind, field, requestId) => {
        const found = current();
        if (!found) return;
        found.isDropped = kind === 'subscription';
        found.span.rename(`${kind} ${field}`);
        found.span.set({ 'graphql.operation.type': kind, 'skep.request': requestId });
      },
    },
    sent: ({ hostId, id, kind }) => {
      const parent = current();
      // The watchers' own reads are of no trace.
      if (!parent) return { trace: false, ended: () => undefined };
      const { clock } = parent;
      const start = clock();
      const attributes = { 'skep.host': hostId, 'skep.command': id, 'skep.command.kind': kind };
      const span = parent.span.below(`command ${kind}`, { attributes, start, kind: 'CLIENT' });
      return {
        trace: span.isRecording,
        ended: ({ outcome, failure, engine }) => {
          const end = clock();
          span.set({ 'skep.command.outcome': outcome });
          if (outcome !== 'DONE') span.fail(failure?.code ?? outcome);
          for (const call of engine ? placeCalls(engine, start, end) : []) {
            const made = span.ofAgent(`${call.method} ${call.path}`, {
              attributes: {
                'skep.host': hostId,
                'http.request.method': call.method,
                'url.template': call.path,
                ...(call.status === null ? {} : { 'http.response.status_code': call.status }),
              },
              start: call.start,
              kind: 'CLIENT',
            });
            if (call.status === null || call.status >= 400) made.fail(String(call.status ?? 'no answer'));
            made.end(call.end);
          }
          span.end(end);
        },
      };
    },
    stop: exporter.stop,
  };
};

// Spans by OpenTelemetry's SDK, sent as OTLP over HTTP. Loaded only where somebody traces.
// Beside the address the SDK reads its own variables: OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER, OTEL_BSP_…
import {
  type Attributes,
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Log } from '../platform/log.ts';
import type { TraceHeaders } from '../platform/trace.ts';

export type Kind = 'INTERNAL' | 'SERVER' | 'CLIENT';
export type Begun = { attributes: Attributes; start: number; kind: Kind };

/** A span, and what goes on below it. */
export type OpenSpan = {
  /** Whether it is sent: the sampler, or the caller's traceparent, may say no. */
  isRecording: boolean;
  rename(name: string): void;
  set(attributes: Attributes): void;
  fail(code: string): void;
  end(at: number): void;
  below(name: string, begun: Begun): OpenSpan;
  /** On behalf of an agent, which sends no spans by itself. */
  ofAgent(name: string, begun: Begun): OpenSpan;
};

export type Exporter = {
  /** The beginning of a trace, or where another one goes on here. */
  root(name: string, headers: TraceHeaders, begun: Begun): OpenSpan;
  /** Sends what is left, for two seconds at most. */
  stop(): Promise<void>;
};

const stopWithinMs = 2_000;
/** Of failures to send, one in so long is worth a line. */
const sayAgainMs = 60_000;

/** https://www.w3.org/TR/trace-context/#traceparent-header; whatever does not fit begins a trace of its own. */
const parentOf = ({ traceparent, tracestate }: TraceHeaders) => {
  const text = typeof traceparent === 'string' ? traceparent : '';
  const [, version, traceId = '', spanId = '', flags = '', more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined))
    return ROOT_CONTEXT;
  const parent = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
    ...(typeof tracestate === 'string' ? { traceState: createTraceState(tracestate) } : {}),
  };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
};

/** An exporter says to nobody that it cannot send: here the log hears of it. */
const telling = (exporter: SpanExporter, log: Log): SpanExporter => {
  let saidAt = Number.NEGATIVE_INFINITY;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const now = performance.now();
        if (result.error !== undefined && now - saidAt > sayAgainMs) {
          saidAt = now;
          log.warn({ err: result.error, spans: spans.length }, 'traces could not be sent');
        }
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
};

/** @param url where OTLP is taken, without `/v1/traces`. */
export const createExporter = ({
  url,
  version,
  log,
}: {
  url: string;
  version: string;
  log: Log;
}): Exporter => {
  const exporter = new OTLPTraceExporter({ url: `${url.replace(/\/$/, '')}/v1/traces` });
  const processor = new BatchSpanProcessor(telling(exporter, log));
  const said = detectResources({ detectors: [envDetector] });
  const named = (name: string) =>
    resourceFromAttributes({ 'service.name': name, 'service.version': version });
  const providers = {
    // What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say is of the server.
    server: new BasicTracerProvider({
      resource: named('skep-server').merge(said),
      spanProcessors: [processor],
    }),
    agent: new BasicTracerProvider({
      resource: said.merge(resourceFromAttributes({ 'service.name': 'skep-agent' })),
      spanProcessors: [processor],
    }),
  };
  const tracers = {
    server: providers.server.getTracer('skep', version),
    agent: providers.agent.getTracer('skep'),
  };

  const open = (span: Span): OpenSpan => {
    const below =
      (of: keyof typeof tracers) =>
      (name: string, { attributes, start, kind }: Begun): OpenSpan =>
        open(
          tracers[of].startSpan(
            name,
            { attributes, startTime: new Date(start), kind: SpanKind[kind] },
            trace.setSpan(ROOT_CONTEXT, span),
          ),
        );
    return {
      isRecording: span.isRecording(),
      rename: (name) => void span.updateName(name),
      set: (attributes) => void span.setAttributes(attributes),
      fail: (code) =>
        void span.setStatus({ code: SpanStatusCode.ERROR, message: code }).setAttribute('error.type', code),
      end: (at) => span.end(new Date(at)),
      below: below('server'),
      ofAgent: below('agent'),
    };
  };

  return {
    root: (name, headers, { attributes, start, kind }) =>
      open(
        tracers.server.startSpan(
          name,
          { attributes, startTime: new Date(start), kind: SpanKind[kind] },
          parentOf(headers),
        ),
      ),
    stop: async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, stopWithinMs);
      });
      // Both have the one processor.
      await Promise.race([processor.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
};

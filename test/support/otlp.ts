// A receiver of traces: takes OTLP over HTTP as JSON, as a collector does. https://opentelemetry.io/docs/specs/otlp/
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ReceivedSpan = {
  traceId: string;
  spanId: string;
  /** '' for the first of a trace. */
  parentSpanId: string;
  name: string;
  kind: number;
  /** Of the resource, `service.name`. */
  service: string;
  attributes: Record<string, string | number | boolean>;
  /** The code of a failure; null: none was told. */
  failed: string | null;
  start: number;
  end: number;
};

export type Receiver = {
  url: string;
  spans: readonly ReceivedSpan[];
  /** Connections that were made so far. */
  connections(): number;
  /** Headers of the newest request. */
  headers(): Record<string, unknown>;
  /** All that came, as it came. */
  text(): string;
  stop(): Promise<void>;
};

/** Of OTLP, `AnyValue`: 64-bit integers are text. */
const anyValue = (value: Record<string, any>): string | number | boolean =>
  value.stringValue ?? value.boolValue ?? Number(value.intValue ?? value.doubleValue);
const attributesOf = (list: { key: string; value: Record<string, any> }[] = []) =>
  Object.fromEntries(list.map(({ key, value }) => [key, anyValue(value)]));
const msOf = (nanoseconds: string): number => Number(BigInt(nanoseconds) / 1_000n) / 1_000;

export const startReceiver = async (): Promise<Receiver> => {
  const spans: ReceivedSpan[] = [];
  let connections = 0;
  let headers = {};
  let all = '';
  const server = createServer((request, response) => {
    let text = '';
    headers = request.headers;
    request.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    request.on('end', () => {
      all += text;
      if (request.method !== 'POST' || request.url !== '/v1/traces') return response.writeHead(404).end();
      for (const { resource, scopeSpans } of JSON.parse(text).resourceSpans)
        for (const { spans: sent } of scopeSpans)
          for (const span of sent)
            spans.push({
              traceId: span.traceId,
              spanId: span.spanId,
              parentSpanId: span.parentSpanId ?? '',
              name: span.name,
              kind: span.kind,
              service: String(attributesOf(resource.attributes)['service.name']),
              attributes: attributesOf(span.attributes),
              failed: span.status?.code === 2 ? String(span.status.message ?? '') : null,
              start: msOf(span.startTimeUnixNano),
              end: msOf(span.endTimeUnixNano),
            });
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }).on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    connections: () => connections,
    headers: () => headers,
    text: () => all,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

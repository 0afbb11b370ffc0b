// GET /events: replay from the ring, then live.
import type { ServerResponse } from 'node:http';
import { ApiError } from './api-error.ts';
import { eventLine, type SwarmEvent } from './events.ts';
import type { Engine } from './model.ts';
import { type Filters, parseFilters } from './query.ts';

const KNOWN = [
  'config',
  'container',
  'daemon',
  'event',
  'image',
  'label',
  'network',
  'node',
  'plugin',
  'scope',
  'secret',
  'service',
  'type',
  'volume',
];

const timeFrom = (text: string): bigint | undefined => {
  if (text === '' || text === '0') return undefined;
  const [, seconds, fraction = ''] = /^(\d+)(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (seconds !== undefined) return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw new ApiError(400, `failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return BigInt(ms) * 1_000_000n;
};

const fits = (event: SwarmEvent, filters: Filters): boolean => {
  const any = (name: string, test: (value: string) => boolean): boolean =>
    filters.get(name)?.some(test) ?? true;
  return (
    any('type', (value) => value === event.type) &&
    any('event', (value) => value === event.action) &&
    any('scope', (value) => value === 'swarm') &&
    any(
      'node',
      (value) => event.type === 'node' && (value === event.id || value === event.attributes.name),
    ) &&
    any(
      'service',
      (value) => event.type === 'service' && (value === event.id || value === event.attributes.name),
    ) &&
    any('label', () => false)
  );
};

/** Answers with headers at once; never ends by itself unless `until` is given. */
export const streamEvents = (engine: Engine, query: URLSearchParams, response: ServerResponse): void => {
  const filters = parseFilters(engine.profile, query, KNOWN);
  const since = timeFrom(query.get('since') ?? '');
  const until = timeFrom(query.get('until') ?? '');
  const send = (event: SwarmEvent): void => {
    if (fits(event, filters) && (until === undefined || event.timeNano <= until))
      response.write(eventLine(event));
  };
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
  if (since !== undefined) for (const event of engine.feed.recent()) if (event.timeNano >= since) send(event);
  const leftMs = until === undefined ? undefined : Number(until / 1_000_000n) - Date.now();
  if (leftMs !== undefined && leftMs <= 0) {
    response.end();
    return;
  }
  const unsubscribe = engine.feed.subscribe(send);
  const timer = leftMs === undefined ? undefined : setTimeout(() => response.end(), leftMs);
  response.on('close', () => {
    unsubscribe();
    clearTimeout(timer);
  });
};

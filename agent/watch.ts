// Listens to the engine's node events: hints that the cluster is worth a new read, lossy and never facts.
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Notice } from './contract.ts';
import type { Engine } from './engine.ts';
import { eventShape } from './engine-shapes.ts';
import type { Log } from './log.ts';

/** How the event stream is watched, in milliseconds. */
export interface WatchTimes {
  /** A dead engine can leave its stream open and silent: `_ping` tells. */
  readonly pingMs: number;
  readonly retryMs: number;
  /** Events this close together become one notice. */
  readonly gatherMs: number;
}

const defaultTimes: WatchTimes = { pingMs: 10_000, retryMs: 1000, gatherMs: 50 };
const longestLine = 1024 * 1024;

/**
 * Keeps an event stream open until `signal` aborts; then resolves. Each time the stream begins there is a notice with
 * `gap`, since events before it are lost.
 */
export async function watchEvents({
  engine,
  onNotice,
  log,
  signal,
  times = defaultTimes,
}: {
  engine: Engine;
  onNotice: (notice: Notice) => void;
  log: Log;
  signal: AbortSignal;
  times?: WatchTimes;
}): Promise<void> {
  const gathered = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    onNotice({ nodes: [...gathered], gap: false });
    gathered.clear();
  };
  const gather = (line: string): void => {
    const event = eventShape.safeParse(parseJson(line));
    if (!event.success || event.data.Type !== 'node') return;
    gathered.add(event.data.Actor.ID);
    timer ??= setTimeout(flush, times.gatherMs);
  };

  const follow = async (): Promise<void> => {
    const dead = new AbortController();
    const stream = await engine.nodeEvents(AbortSignal.any([signal, dead.signal]));
    onNotice({ nodes: [], gap: true });
    const watchdog = setInterval(() => engine.ping().catch(() => dead.abort()), times.pingMs);
    try {
      for await (const line of linesOf(stream)) gather(line);
    } finally {
      clearInterval(watchdog);
      stream.destroy();
    }
  };

  while (!signal.aborted) {
    await follow().catch((error: unknown) => {
      if (!signal.aborted) log.debug({ error: String(error) }, 'the event stream broke');
    });
    await delay(times.retryMs, undefined, { signal }).catch(() => {});
  }
  clearTimeout(timer);
}

// Chunks are cut anywhere, also inside a character.
async function* linesOf(stream: Readable): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw new Error('an event without an end');
    yield* lines;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

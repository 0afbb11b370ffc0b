// Listens to the engine's swarm events, and looks at once at the node of each: an event is lossy and never a fact.
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
  /** How long a hint waits for what is read of its node; events this close together become one hint. */
  readonly gatherMs: number;
  /** After this agent's own write of the node: whoever asked for it is told first. Less than `gatherMs`. */
  readonly ownWriteMs: number;
}

const defaultTimes: WatchTimes = { pingMs: 10_000, retryMs: 1000, gatherMs: 50, ownWriteMs: 20 };
const longestLine = 1024 * 1024;
/** More nodes than these at once, as when a rack fails, are cheaper to list: the server does. */
const looksAtOnce = 8;

/**
 * Keeps an event stream open until `signal` aborts; then resolves. Each time the stream begins there is a notice with
 * `gap`, since events before it are lost. An event becomes a notice with its node, or a hint alone where the node cannot
 * be read in time.
 *
 * @param busy - resolves when this agent has written the node and told what it read then; undefined: it is not writing it
 * @param onBreak - the stream ended: an engine that stops ends its streams, while it still answers whatever else it is asked
 * @param onNotice - resolves when the server has it: only then the same node is looked at again
 */
export async function watchEvents({
  engine,
  busy,
  onNotice,
  onBreak = () => {},
  log,
  signal,
  times = defaultTimes,
}: {
  engine: Engine;
  busy: (node: string) => Promise<void> | undefined;
  onNotice: (notice: Notice) => Promise<void>;
  onBreak?: () => void;
  log: Log;
  signal: AbortSignal;
  times?: WatchTimes;
}): Promise<void> {
  /** Named by events, and the server was not told yet. */
  const gathered = new Set<string>();
  /** The kinds of other objects that events named: services, networks, secrets, configs. */
  const objects = new Set<string>();
  /** Being looked at; true: named again since the look began. */
  const looks = new Map<string, boolean>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (gathered.size > 0) void onNotice({ nodes: [...gathered], gap: false, seen: [] });
    gathered.clear();
    if (objects.size > 0) void onNotice({ nodes: [], gap: false, seen: [], objects: [...objects] });
    objects.clear();
  };
  const look = async (id: string): Promise<void> => {
    looks.set(id, false);
    // The event is most likely of our own write, and its command brings the node: looked at meanwhile it would come late.
    if (busy(id) !== undefined) {
      await busy(id);
      await delay(times.ownWriteMs, undefined, { signal }).catch(() => {});
      looks.set(id, false);
    }
    const node = await engine.node(id).catch(() => undefined);
    // Also answered for a hostname or the beginning of an id.
    if (node?.ID === id) {
      gathered.delete(id);
      await onNotice({ nodes: [id], gap: false, seen: [node] });
    } else flush();
    const isNamedAgain = looks.get(id) === true;
    looks.delete(id);
    if (isNamedAgain) hear(id);
  };
  const hear = (id: string): void => {
    gathered.add(id);
    timer ??= setTimeout(flush, times.gatherMs);
    if (looks.has(id)) looks.set(id, true);
    else if (looks.size < looksAtOnce) void look(id);
  };
  const gather = (line: string): void => {
    const event = eventShape.safeParse(parseJson(line));
    if (!event.success) return;
    if (event.data.Type === 'node') hear(event.data.Actor.ID);
    else {
      objects.add(event.data.Type.toUpperCase());
      timer ??= setTimeout(flush, times.gatherMs);
    }
  };

  let hasBegun = false;
  const follow = async (): Promise<void> => {
    hasBegun = false;
    const dead = new AbortController();
    const stream = await engine.swarmEvents(AbortSignal.any([signal, dead.signal]));
    hasBegun = true;
    void onNotice({ nodes: [], gap: true, seen: [] });
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
    if (hasBegun && !signal.aborted) onBreak();
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

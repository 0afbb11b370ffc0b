// A subscription's source: the events after a cursor that the viewer may see and the filter lets through.
import type { Permission } from '../access/permissions.ts';
import type { Context } from '../context.ts';
import type { StoredEvent, Topic } from '../platform/events.ts';
import { Failure } from '../platform/failure.ts';
import { endedFailure, onEndOf } from './on-end.ts';

/** An event, or why there will be no more. */
export type Streamed = StoredEvent | Failure;

type Wanted<Scalars> = {
  topic: Topic;
  permission: Permission;
  after: string | null | undefined;
  /** Asked of the thing before and after the change: one of the two suffices. */
  matches: (scalars: Scalars) => boolean;
};

/** Where a stream's events come from; who shares the reading of them takes this and never the stream's own. */
export type ChangeSource = {
  topic: Topic;
  after: string | null | undefined;
  /** Whether the viewer may see it, now, and the filter lets it through. */
  fits: (event: StoredEvent) => boolean;
};

export type ChangeStream = AsyncIterableIterator<Streamed> & { readonly source: ChangeSource };

export const isChangeStream = (value: object): value is ChangeStream => 'source' in value;

/**
 * Ends when its reader does, also while it waits, and with UNAUTHENTICATED when the key ends, or the session.
 * @throws Failure CURSOR_TOO_OLD, BAD_USER_INPUT at once; later troubles are the stream's last item.
 */
export const changeStream = <Scalars>(
  context: Context,
  { topic, permission, after, matches }: Wanted<Scalars>,
): ChangeStream => {
  const { events, holders, requester, tally } = context;
  events.check(after);
  const fits = (event: StoredEvent): boolean =>
    holders.authorise(requester.actor, permission, event.clusterId) &&
    (matches(event.after as Scalars) || (event.before !== null && matches(event.before as Scalars)));

  /** For who takes its items. A socket takes its source alone, and of those there are thousands. */
  const open = () => {
    const ended = new AbortController();
    async function* stream(): AsyncGenerator<Streamed> {
      let isOver = false;
      const forget = onEndOf(context, context, () => {
        isOver = true;
        ended.abort();
      });
      tally.subscribed(topic);
      try {
        for await (const event of events.subscribe({ topic, after, matches: fits, signal: ended.signal })) {
          tally.told(topic, 1);
          yield event;
        }
        if (isOver) yield endedFailure(context);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        yield error;
      } finally {
        tally.unsubscribed(topic);
        forget();
      }
    }
    return { ended, generator: stream() };
  };
  let opened: ReturnType<typeof open> | null = null;
  // A generator's own return() waits for the item that it is waiting for.
  const end = (): Promise<IteratorResult<Streamed>> => {
    opened ??= open();
    opened.ended.abort();
    return opened.generator.return(undefined);
  };
  const iterator: ChangeStream = {
    source: { topic, after, fits },
    next: () => {
      opened ??= open();
      return opened.generator.next();
    },
    return: end,
    throw: end,
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
};

/** The event of a stream's item. @throws the Failure that ended it. */
export const told = (item: Streamed): StoredEvent => {
  if (item instanceof Failure) throw item;
  return item;
};

// A subscription's source: the events after a cursor that the viewer may see and the filter lets through.
import type { Permission } from '../access/permissions.ts';
import type { Context } from '../context.ts';
import type { StoredEvent, Topic } from '../platform/events.ts';
import { Failure } from '../platform/failure.ts';

/** An event, or why there will be no more. */
export type Streamed = StoredEvent | Failure;

type Wanted<Scalars> = {
  topic: Topic;
  permission: Permission;
  after: string | null | undefined;
  /** Asked of the thing before and after the change: one of the two suffices. */
  matches: (scalars: Scalars) => boolean;
};

/**
 * Ends when its reader does, also while it waits, and with UNAUTHENTICATED when the key ends.
 * @throws Failure CURSOR_TOO_OLD, BAD_USER_INPUT at once; later troubles are the stream's last item.
 */
export const changeStream = <Scalars>(
  { events, apiKeys, requester, viewer }: Context,
  { topic, permission, after, matches }: Wanted<Scalars>,
): AsyncIterableIterator<Streamed> => {
  events.check(after);
  const ended = new AbortController();
  let keyEnded = false;
  const forget = apiKeys.onEnd(viewer.id, () => {
    keyEnded = true;
    ended.abort();
  });
  const fits = ({ before, after: now, clusterId }: StoredEvent): boolean =>
    apiKeys.authorise(requester.actor, permission, clusterId) &&
    (matches(now as Scalars) || (before !== null && matches(before as Scalars)));

  async function* stream(): AsyncGenerator<Streamed> {
    try {
      yield* events.subscribe({ topic, after, matches: fits, signal: ended.signal });
      if (keyEnded) yield new Failure('UNAUTHENTICATED', 'the key is no longer valid', 'use another key');
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      yield error;
    } finally {
      forget();
    }
  }
  const source = stream();
  // A generator's own return() waits for the item that it is waiting for.
  const end = (): Promise<IteratorResult<Streamed>> => {
    ended.abort();
    forget();
    return source.return(undefined);
  };
  const iterator: AsyncIterableIterator<Streamed> = {
    next: () => source.next(),
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

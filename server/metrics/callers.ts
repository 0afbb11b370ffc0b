// What callers ask for and are told: requests, errors, subscriptions.
import { counter, gauge } from './family.ts';

export const createCallerMetrics = () => {
  const requests = counter({
    name: 'skep_requests_total',
    help: 'GraphQL operations of callers that were let in, by their kind: over HTTP and sockets.',
    labels: ['kind'],
  });
  const errors = counter({
    name: 'skep_request_errors_total',
    help: 'Errors that callers of GraphQL were told of, by code (docs/failures.md). A refused operation is none.',
    labels: ['code'],
  });
  const events = counter({
    name: 'skep_subscription_events_total',
    help: 'Events that subscribers were told of, each for each.',
    labels: ['topic'],
  });
  const open = new Map<string, number>();
  const opened = (topic: string, by: 1 | -1): void => void open.set(topic, (open.get(topic) ?? 0) + by);
  const subscriptions = gauge(
    { name: 'skep_subscriptions_open', help: 'Subscriptions that are open.', labels: ['topic'] },
    () => open,
    ([topic, value]) => ({ labels: { topic }, value }),
  );
  return {
    sources: [requests, errors, events, subscriptions],
    tally: {
      request: (kind: string) => requests.count({ kind }),
      error: (code: string) => errors.count({ code }),
      subscribed: (topic: string) => opened(topic, 1),
      unsubscribed: (topic: string) => opened(topic, -1),
      told: (topic: string, count: number) => events.count({ topic }, count),
    },
  };
};

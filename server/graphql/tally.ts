// What is counted of callers. It is called where requests are answered in microseconds: each call does next to nothing.
import type { OperationTypeNode } from 'graphql';
import type { Topic } from '../platform/events.ts';

export type Tally = {
  /** It was let in. */
  request(kind: OperationTypeNode): void;
  /** A caller was told of an error, with this code. */
  error(code: string): void;
  subscribed(topic: Topic): void;
  unsubscribed(topic: Topic): void;
  /** So many subscribers were told of so many events: their product. */
  told(topic: Topic, events: number): void;
};

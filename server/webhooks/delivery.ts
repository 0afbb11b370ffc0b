// One message for one webhook, and its row: what was tried, and what is to be tried next.
import * as z from 'zod';
import type { WebhookDelivery as Row } from '../../prisma/generated/client.ts';
import type { PostError } from './post.ts';

export const deliveryStates = ['PENDING', 'SUCCEEDED', 'FAILED'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** `status`: the receiver's; null: none came, and `error` says why. */
export type Attempt = { at: Date; durationMs: number; status: number | null; error: PostError | null };

export type Delivery = {
  /** The `webhook-id` of each attempt. */
  id: string;
  webhookId: string;
  type: string;
  /** Null: of no cluster. */
  clusterId: string | null;
  /** As it is signed and posted. */
  body: string;
  state: DeliveryState;
  /** Attempts since it was last asked for. */
  tries: number;
  /** The newest {@link mostAttempts}, oldest first. */
  attempts: readonly Attempt[];
  /** The row has others that cannot be read: `attempts` is empty, and the next one takes their place. */
  attemptsBroken: boolean;
  createdAt: Date;
  /** Null: nothing is sent by itself. */
  nextAttemptAt: Date | null;
  endedAt: Date | null;
};

/** More come only by asking for one again and again. */
const mostAttempts = 40;

const storedAttempts = z.array(
  z.object({
    at: z.coerce.date(),
    durationMs: z.number(),
    status: z.number().nullable(),
    error: z.string().nullable(),
  }),
);

/** Null: they cannot be read. */
const attemptsOf = (json: string): Attempt[] | null => {
  try {
    return storedAttempts.parse(JSON.parse(json)) as Attempt[];
  } catch {
    return null;
  }
};

/** One whose attempts cannot be read must not hold up all that come after it: they are a log, and it can still be sent. */
export const deliveryOf = ({ attemptsJson, ...row }: Row): Delivery => {
  const attempts = attemptsOf(attemptsJson);
  return {
    ...row,
    state: row.state as DeliveryState,
    attempts: attempts ?? [],
    attemptsBroken: attempts === null,
  };
};

export const attemptsJson = (attempts: readonly Attempt[]): string =>
  JSON.stringify(attempts.slice(-mostAttempts));

/** Whether the receiver took it. */
export const isTaken = (status: number | null): boolean => status !== null && status >= 200 && status < 300;

/**
 * When it is tried again after so many tries; null: no more. Each wait is lengthened by up to a fifth, so that what failed
 * together does not come together again.
 * @param random 0 to 1.
 */
export const nextAttempt = (
  tries: number,
  retrySeconds: readonly number[],
  now: Date,
  random: number,
): Date | null => {
  const seconds = retrySeconds[tries - 1];
  return seconds === undefined ? null : new Date(now.getTime() + seconds * 1_000 * (1 + random / 5));
};

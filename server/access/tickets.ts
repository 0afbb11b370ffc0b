// Tickets: each signs in once, as the key or person that made it. In memory only: a restart ends them, and so do five minutes.
import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';

/** Long enough to open a link, too short to be found later. */
const lifetimeMs = 5 * 60_000;
/** Of one key or person, not yet used: the oldest goes for the next. */
export const mostTickets = 5;

export type Ticket = { holderId: string; expiresAt: Date };

export type Tickets = {
  /** @returns the text to present, shown once. */
  create(holderId: string): { ticket: string; expiresAt: Date };
  /** Of many that present it at once, one has it. Null: unknown, used or expired, which are not told apart. */
  take(presented: string): Ticket | null;
  /** Those of one key or person sign in nobody any more. */
  forget(holderId: string): void;
};

const digest = (text: string): string => hash('sha256', text);

export const createTickets = (clock: Clock): Tickets => {
  // By digest: a dump of the memory has none to present.
  const tickets = new Map<string, Ticket>();
  const isOver = ({ expiresAt }: Ticket): boolean => expiresAt <= clock.now();
  return {
    create: (holderId) => {
      for (const [key, each] of tickets) if (isOver(each)) tickets.delete(key);
      const own = [...tickets].filter(([, each]) => each.holderId === holderId);
      for (const [key] of own.slice(0, Math.max(0, own.length - mostTickets + 1))) tickets.delete(key);
      const ticket = `skep_ticket_${randomBytes(32).toString('base64url')}`;
      const expiresAt = new Date(clock.now().getTime() + lifetimeMs);
      tickets.set(digest(ticket), { holderId, expiresAt });
      return { ticket, expiresAt };
    },
    take: (presented) => {
      const key = digest(presented);
      const ticket = tickets.get(key);
      tickets.delete(key);
      return ticket && !isOver(ticket) ? ticket : null;
    },
    forget: (holderId) => {
      for (const [key, each] of tickets) if (each.holderId === holderId) tickets.delete(key);
    },
  };
};

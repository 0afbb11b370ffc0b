// The parts of this slice, put together: keys, people, their sessions, and the tickets for one.
import type { Audit } from '../audit/record.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Events } from '../platform/events.ts';
import type { Log } from '../platform/log.ts';
import { type ApiKeys, createApiKeys } from './api-keys.ts';
import { createHolders, type Holders } from './holders.ts';
import { createPersons, type Persons } from './persons.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createTickets, type Tickets } from './tickets.ts';

export type Access = {
  apiKeys: ApiKeys;
  persons: Persons;
  holders: Holders;
  sessions: Sessions;
  tickets: Tickets;
};

/** @param anew the database was restored: sessions of before have ended. */
export const openAccess = async ({
  db,
  events,
  clock,
  ...rest
}: {
  db: Database;
  events: Events;
  audit: Audit;
  clock: Clock;
  log: Log;
  hours: number;
  anew: boolean;
}): Promise<Access> => {
  const apiKeys = await createApiKeys({ db, events, clock });
  const persons = await createPersons({ db, events, clock });
  const holders = createHolders({ apiKeys, persons });
  const sessions = await createSessions({ ...rest, db, events, clock, holders });
  return { apiKeys, persons, holders, sessions, tickets: createTickets(clock) };
};

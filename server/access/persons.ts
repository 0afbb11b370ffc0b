// Persons: who signed in by OpenID Connect, with the rights that the newest sign-in gave. As a key that the sign-in made:
// it expires when a session would, and is ended by hand. All that live are in memory too.
import { hash } from 'node:crypto';
import * as z from 'zod';
import type { Person as Row } from '../../prisma/generated/client.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Events, Transaction } from '../platform/events.ts';
import { createEndings } from './endings.ts';
import { type Holder, type Known, personPrefix } from './holders.ts';
import { isPermission, type RoleName } from './permissions.ts';

export type Person = Holder & {
  kind: 'PERSON';
  /** Who knows the person, and by what: together they are the person's own for ever. */
  issuer: string;
  subject: string;
  expiresAt: Date;
  endedAt: Date | null;
};
export type Rights = Pick<Holder, 'role' | 'permissions' | 'clusters'>;

export type Persons = Pick<Known, 'isValid' | 'onEnd'> & {
  find(id: string): Person | null;
  use(id: string): Person | null;
  /** Within the transaction of the sign-in. @returns what makes it so in memory, once that is committed. */
  write(tx: Transaction, person: Person): Promise<() => void>;
  /** It may do nothing any more, until it signs in again. */
  end(id: string): Promise<void>;
};

const lists = z.array(z.string());

/** The same for the same person, always and in each installation; of a length that every filter takes. */
export const personId = (issuer: string, subject: string): string =>
  `${personPrefix}${hash('sha256', JSON.stringify([issuer, subject]), 'base64url').slice(0, 22)}`;

const personOf = ({ permissionsJson, clustersJson, role, ...row }: Row): Person => ({
  ...row,
  kind: 'PERSON',
  role: role as RoleName,
  permissions: lists.parse(JSON.parse(permissionsJson)).filter(isPermission),
  clusters: clustersJson === null ? null : lists.parse(JSON.parse(clustersJson)),
});

const rightsText = ({ role, permissions, clusters }: Rights): string =>
  JSON.stringify([role, [...permissions].sort(), clusters && [...clusters].sort()]);

/** Whether both may do the same. */
export const haveSameRights = (one: Rights, other: Rights): boolean => rightsText(one) === rightsText(other);

export const createPersons = async ({
  db,
  events,
  clock,
}: {
  db: Database;
  events: Events;
  clock: Clock;
}): Promise<Persons> => {
  const rows = await db.read.person.findMany();
  const persons = new Map(rows.map((row) => [row.id, personOf(row)]));
  const endings = createEndings(clock, (id) => persons.get(id)?.expiresAt);
  const isValid = (id: string): boolean => {
    const person = persons.get(id);
    return person !== undefined && person.endedAt === null && person.expiresAt > clock.now();
  };
  const find = (id: string): Person | null => persons.get(id) ?? null;
  return {
    find,
    use: (id) => (isValid(id) ? find(id) : null),
    isValid,
    onEnd: endings.onEnd,
    write: async (tx, person) => {
      const { kind: _, permissions, clusters, ...rest } = person;
      const row = {
        ...rest,
        permissionsJson: JSON.stringify(permissions),
        clustersJson: clusters === null ? null : JSON.stringify(clusters),
      };
      await tx.person.upsert({ where: { id: person.id }, create: row, update: row });
      return () => void persons.set(person.id, person);
    },
    end: async (id) => {
      const endedAt = clock.now();
      await events.transact(
        async (tx) => void (await tx.person.updateMany({ where: { id, endedAt: null }, data: { endedAt } })),
        () => {
          const person = persons.get(id);
          if (person && !person.endedAt) persons.set(id, { ...person, endedAt });
        },
      );
      endings.ended(id);
    },
  };
};

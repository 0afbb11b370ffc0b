// Ending a session: one’s own, or with key:admin that of another within one’s scope.
import * as z from 'zod';
import type { Actor } from '../audit/actor.ts';
import { type Action, allClear } from '../operations/action.ts';
import { Failure } from '../platform/failure.ts';
import { within } from './api-keys.ts';
import type { Holders } from './holders.ts';
import type { Persons } from './persons.ts';
import type { Session, Sessions } from './sessions.ts';
import type { Tickets } from './tickets.ts';

type Parts = { sessions: Sessions; holders: Holders; persons: Persons; tickets: Tickets };

/** Whether the actor may see the session, and end it. */
export const maySee = ({ holders }: Pick<Parts, 'holders'>, actor: Actor, { holderId }: Session): boolean => {
  if (holderId === actor.id) return true;
  const holder = holders.find(holderId);
  return (
    holder !== null &&
    holders.authorise(actor, 'key:admin') &&
    within(holder.clusters, holders.clustersOf(actor))
  );
};

export const revokeSessionAction = ({
  sessions,
  holders,
  persons,
  tickets,
}: Parts): Action<{ id: string }, { id: string; holderId: string }> => ({
  name: 'revokeSession',
  permission: 'session:create',
  input: z.object({ id: z.string().min(1) }),
  named: ({ id }) => [{ kind: 'SESSION', name: id }],
  resolve: async ({ id }, { actor }) => {
    const session = sessions.find(id);
    if (!session || !maySee({ holders }, actor, session))
      throw new Failure('NOT_FOUND', `no session ${id}`, 'list sessions');
    const { holderId } = session;
    return {
      clusterId: holders.clustersOf(actor)?.[0] ?? null,
      plan: { id, holderId },
      // Named as whose it is: its id says nothing to a reader of the history.
      targets: [{ kind: 'SESSION', id, name: holders.find(holderId)?.name ?? id }],
      locks: [`session:${id}`],
    };
  },
  judge: async () => allClear,
  act: (run, { id, holderId }) =>
    run.each(async () => {
      await sessions.end(id);
      // Whoever is put out is not back by a link that was made over the session.
      tickets.forget(holderId);
      // Nothing is left by which the person is here: what it began does not go on in its name either.
      if (!sessions.list().some((each) => each.holderId === holderId)) await persons.end(holderId);
    }),
});

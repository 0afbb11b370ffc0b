// The history of one thing, for the field of that name of whatever has one.
import type { Context } from '../../context.ts';
import { pageSize } from '../../graphql/connection.ts';

/** The newest `first` records (default 20, at most 100) that name this id, newest first. */
export const historyOf = ({ db }: Context, targetId: string, first: number | null | undefined) =>
  db.read.auditRecord.findMany({
    where: { targets: { some: { targetId } } },
    orderBy: { seq: 'desc' },
    take: pageSize('first', first ?? 20, 100),
  });

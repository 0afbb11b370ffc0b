// What should be done about a cluster.
import { builder } from '../../graphql/builder.ts';
import type { Reminder } from '../reminders.ts';
import { ReminderCodeEnum } from './enums.ts';

export const ReminderRef = builder.objectRef<Reminder>('Reminder').implement({
  description: 'What should be done about a cluster, though nothing is broken yet.',
  fields: (t) => ({
    code: t.field({ type: ReminderCodeEnum, resolve: ({ code }) => code }),
    message: t.exposeString('message'),
    hint: t.exposeString('hint', { description: 'What to do.' }),
    since: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is so; null: not known.',
      resolve: ({ since }) => since,
    }),
    due: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it is to be done at the latest; past: overdue. Null: as soon as it can be.',
      resolve: ({ due }) => due,
    }),
  }),
});

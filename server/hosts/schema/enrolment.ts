// An enrolment.
import { builder } from '../../graphql/builder.ts';
import { type Enrolment, enrolmentLifetimeMs } from '../enrolments.ts';
import { HostRef } from './host.ts';

export const EnrolmentRef = builder.objectRef<Enrolment>('Enrolment').implement({
  description:
    'A one-time, expiring secret by which an agent registers its key. Its secret is shown once, when it is made.',
  fields: (t) => ({
    id: t.exposeID('id'),
    hostName: t.exposeString('hostName', {
      nullable: true,
      description: 'The name that the host will have; null: its hostname.',
    }),
    createdAt: t.field({ type: 'DateTime', resolve: ({ createdAt }) => createdAt }),
    expiresAt: t.field({
      type: 'DateTime',
      description: `${enrolmentLifetimeMs / 60_000} minutes after it was made.`,
      resolve: ({ expiresAt }) => expiresAt,
    }),
    usedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ usedAt }) => usedAt }),
    host: t.field({
      type: HostRef,
      nullable: true,
      description: 'Who used it.',
      resolve: ({ hostId }, _, { hosts }) => (hostId === null ? null : hosts.find(hostId)),
    }),
  }),
});

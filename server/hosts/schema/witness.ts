// A host's agent as a witness of the history.
import { SignedHeadRef } from '../../audit/schema/head.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import type { Contradiction, Witness } from '../witness.ts';
import { HostRef } from './host.ts';

const AuditContradictionRef = builder.objectRef<Contradiction>('AuditContradiction').implement({
  description: 'Proof that the history was changed: what its agent keeps is not what the history has.',
  fields: (t) => ({
    held: t.field({ type: SignedHeadRef, resolve: ({ held }) => held }),
    hash: t.exposeString('hash', {
      nullable: true,
      description: 'What the history had there; null: nothing.',
    }),
    at: t.field({ type: 'DateTime', description: 'When it was found.', resolve: ({ at }) => at }),
  }),
});

const AuditWitnessRef = builder.objectRef<Witness>('AuditWitness').implement({
  description: 'A host’s agent as a witness of the history.',
  fields: (t) => ({
    newest: t.field({
      type: SignedHeadRef,
      nullable: true,
      description: 'The newest head that it has said to keep since the server started.',
      resolve: ({ newest }) => newest,
    }),
    contradiction: t.field({
      type: AuditContradictionRef,
      nullable: true,
      resolve: ({ contradiction }) => contradiction,
    }),
  }),
});

builder.objectField(HostRef, 'auditWitness', (t) =>
  t.field({
    type: AuditWitnessRef,
    nullable: true,
    ...guarded('audit:read', 'What its agent keeps of the history. Null without the permission.'),
    resolve: ({ id }, _, { witnesses }) => witnesses.of(id),
  }),
);

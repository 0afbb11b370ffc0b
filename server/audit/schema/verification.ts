// What reading the whole history gives.
import { builder } from '../../graphql/builder.ts';
import type { FullVerification, WitnessVerdict } from '../verify.ts';
import { SignedHeadRef } from './head.ts';

const WitnessVerdictRef = builder.objectRef<WitnessVerdict>('AuditWitnessVerdict').implement({
  description: 'What an agent keeps of the history, held against it.',
  fields: (t) => ({
    hostId: t.id({ resolve: ({ host }) => host.id }),
    hostName: t.string({ resolve: ({ host }) => host.name }),
    held: t.exposeInt('held', { description: 'Signed heads that it keeps.' }),
    branched: t.exposeInt('branched', {
      description: 'Of these, heads of records that a restored backup has left behind.',
    }),
    newest: t.field({ type: SignedHeadRef, nullable: true, resolve: ({ newest }) => newest }),
    contradiction: t.field({
      type: SignedHeadRef,
      nullable: true,
      description: 'The oldest one that the history contradicts: it was changed there or before.',
      resolve: ({ contradiction }) => contradiction,
    }),
  }),
});

export const VerificationRef = builder.objectRef<FullVerification>('AuditVerification').implement({
  description:
    'What reading the whole history gave: each link of its chain, the heads that the server signed, and those that the connected agents keep.',
  fields: (t) => ({
    ok: t.exposeBoolean('ok'),
    checked: t.exposeInt('checked', { description: 'Records that fit.' }),
    head: t.field({
      type: builder.objectRef<{ seq: number; hash: string }>('AuditHead').implement({
        fields: (f) => ({ seq: f.exposeInt('seq'), hash: f.exposeString('hash') }),
      }),
      nullable: true,
      resolve: ({ head }) => head,
    }),
    fault: t.field({
      type: builder.objectRef<{ seq: number; message: string }>('AuditFault').implement({
        description:
          'The first record that does not fit: of the chain, else of the signed heads, else of what agents keep.',
        fields: (f) => ({ seq: f.exposeInt('seq'), message: f.exposeString('message') }),
      }),
      nullable: true,
      resolve: ({ fault }) => fault,
    }),
    signedHeads: t.exposeInt('signedHeads', { description: 'Heads of the server’s own that were checked.' }),
    witnesses: t.field({
      type: [WitnessVerdictRef],
      description: 'The connected agents that answered; none are told to a key with cluster scopes.',
      resolve: ({ witnesses }) => witnesses,
    }),
  }),
});

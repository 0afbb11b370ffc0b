// Heads of the history that an agent keeps.
import type { SignedHead } from '../../audit/head.ts';
import type { HeadNotice } from '../witness.ts';
import { attached, builder } from './builder.ts';

const headSignature =
  'Ed25519, base64url, over the UTF-8 text "skep-audit-head-v1" and server, generation, seq, hash and at, each after a line feed.';

const AuditHead = builder.objectRef<SignedHead>('AuditHead').implement({
  description: 'What the server’s history is at one record: its hash there covers all before.',
  fields: (t) => ({
    server: t.exposeID('server'),
    generation: t.exposeID('generation', {
      description: 'Changes when a backup is restored: then the history goes on as a branch of the old one.',
    }),
    seq: t.exposeInt('seq'),
    hash: t.exposeString('hash'),
    at: t.exposeString('at', { description: 'When it was signed, ISO 8601.' }),
    signature: t.exposeString('signature', { description: headSignature }),
  }),
});

const HeadNoticeType = builder.objectRef<HeadNotice>('HeadNotice').implement({
  fields: (t) => ({
    head: t.field({
      type: AuditHead,
      nullable: true,
      description:
        'To be kept durably, and confirmed by `witness`. One that contradicts a kept head of its generation (same seq, another hash, or a seq below the newest) is refused.',
      resolve: ({ head }) => head,
    }),
    ask: t.exposeID('ask', {
      nullable: true,
      description: 'Answer with all kept heads by `witness`, under this id.',
    }),
  }),
});

export const AuditHeadInput = builder.inputType('AuditHeadInput', {
  description: 'An AuditHead, as it was received.',
  fields: (t) => ({
    server: t.id({ required: true }),
    generation: t.id({ required: true }),
    seq: t.int({ required: true }),
    hash: t.string({ required: true }),
    at: t.string({ required: true }),
    signature: t.string({ required: true }),
  }),
});

const WitnessInput = builder.inputType('WitnessInput', {
  fields: (t) => ({
    ask: t.id({ description: 'The question that this answers.' }),
    heads: t.field({
      type: [AuditHeadInput],
      required: true,
      description:
        'Kept heads, newest last: those asked for; after an attach the newest twenty; after a notice the one kept and the one before.',
    }),
    refused: t.field({
      type: AuditHeadInput,
      description: 'A head that was refused: the last of `heads` contradicts it.',
    }),
  }),
});

builder.mutationFields((t) => ({
  witness: t.boolean({
    description: 'Which heads of the history this agent keeps. The server holds them against its history.',
    args: { input: t.arg({ type: WitnessInput, required: true }) },
    resolve: async (_, { input }, context) => {
      await context.witnesses.said(attached(context).hostId, {
        ask: input.ask ?? null,
        heads: input.heads.slice(-1_000),
        refused: input.refused ?? null,
      });
      return true;
    },
  }),
}));

builder.subscriptionFields((t) => ({
  heads: t.field({
    type: HeadNoticeType,
    description: 'The newest head of the history, then newer ones as they are signed, and questions.',
    subscribe: (_, __, context) => context.witnesses.notices(attached(context)),
    resolve: (notice: HeadNotice) => notice,
  }),
}));

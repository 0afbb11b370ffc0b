// A signed head of the history.
import { builder } from '../../graphql/builder.ts';
import type { SignedHead } from '../head.ts';

export const SignedHeadRef = builder.objectRef<SignedHead>('SignedAuditHead').implement({
  description:
    'The server’s word of what its history is at one record; its hash there covers all before. Kept outside the server, it proves a later change.',
  fields: (t) => ({
    server: t.exposeID('server', { description: 'Id of the installation.' }),
    generation: t.exposeID('generation', {
      description: 'Changes when a backup is restored: then the history goes on as a branch of the old one.',
    }),
    seq: t.exposeInt('seq'),
    hash: t.exposeString('hash'),
    at: t.field({ type: 'DateTime', resolve: ({ at }) => new Date(at) }),
    signature: t.exposeString('signature', {
      description:
        'Ed25519 by the server’s key, base64url, over the text "skep-audit-head-v1" and server, generation, seq, hash and at, each after a line feed.',
    }),
  }),
});

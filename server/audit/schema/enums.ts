// Enums of the audit log.
import { builder } from '../../graphql/builder.ts';

export const ActorKindEnum = builder.enumType('ActorKind', {
  description: 'Open: expect new values.',
  values: {
    API_KEY: { description: 'A frontend or script.' },
    PERSON: { description: 'Somebody who signed in.' },
    AGENT: { description: 'A host’s agent.' },
    SYSTEM: { description: 'The server itself.' },
    EXTERNAL: { description: 'Somebody who used the engine without Skep; Docker does not tell who.' },
    ANONYMOUS: { description: 'Somebody without a valid key.' },
  } as const,
});

export const AuditPhase = builder.enumType('AuditPhase', {
  description: 'Open: expect new values.',
  values: {
    INTENT: { description: 'Written before anything is done.' },
    OUTCOME: { description: 'Written once, when the operation is final.' },
    SECRET_READ: { description: 'Written before a secret is read.' },
    AUDIT_EXPORT: { description: 'Written before an export of the history is sent.' },
    OBSERVED: { description: 'A change that was seen, not made.' },
    DENIED: {
      description:
        'Refused: no valid key, the permission is held in no scope, or too often. The first from a source stand each by itself; of more, `input` has how many there were, from when to when.',
    },
  } as const,
});

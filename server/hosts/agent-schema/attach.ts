// How an agent comes in: who the server is, enrolment, the proof of its key.
import { builder } from './builder.ts';
import { AuditHeadInput } from './witness.ts';

/** Seconds between two pings, each way. */
export const heartbeatSeconds = 10;

const ServerIdentityType = builder
  .objectRef<{ id: string; publicKey: string; version: string }>('ServerIdentity')
  .implement({
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Id of this installation.' }),
      publicKey: t.exposeString('publicKey', { description: 'Ed25519 public key, SPKI DER in base64url.' }),
      version: t.exposeString('version'),
    }),
  });

const EnrolInput = builder.inputType('EnrolInput', {
  fields: (t) => ({
    secret: t.string({
      required: true,
      description: '`id.secret` of the enrolment (the part before the server’s pin).',
    }),
    publicKey: t.string({
      required: true,
      description: 'The agent’s Ed25519 public key, SPKI DER in base64url.',
    }),
    hostname: t.string({ required: true }),
    engineId: t.string(),
  }),
});

const EnrolPayload = builder.objectRef<{ host: string; name: string }>('EnrolPayload').implement({
  fields: (t) => ({ host: t.exposeID('host'), name: t.exposeString('name') }),
});

const AttachPayload = builder.objectRef<{ host: string; recall: boolean }>('AttachPayload').implement({
  fields: (t) => ({
    host: t.exposeID('host'),
    recall: t.exposeBoolean('recall', {
      description:
        'The server’s database was restored to before what this agent has seen: send the journal by `recall`.',
    }),
    heartbeatSeconds: t.int({
      description: 'Seconds between two pings, each way; two without an answer end the connection.',
      resolve: () => heartbeatSeconds,
    }),
  }),
});

builder.queryFields((t) => ({
  server: t.field({
    type: ServerIdentityType,
    description: 'Who this server is. Answers before `attach`.',
    resolve: (_, __, { identity, version }) => ({
      id: identity.id,
      publicKey: identity.publicKey,
      version,
    }),
  }),
}));

builder.mutationFields((t) => ({
  enrol: t.field({
    type: EnrolPayload,
    description:
      'Exchanges a one-time enrolment secret for an identity. Runs on a connection whose `connection_init` named no agent. Errors: NOT_FOUND (unknown, used or expired: the three are one), ENGINE_CLAIMED (another host has this engine id), KEY_KNOWN (this key is, or was, a host’s), RATE_LIMITED.',
    args: { input: t.arg({ type: EnrolInput, required: true }) },
    resolve: async (_, { input }, { enrolments, sourceAddress }) => {
      const host = await enrolments.redeem({ ...input, engineId: input.engineId ?? null, sourceAddress });
      return { host: host.id, name: host.name };
    },
  }),
  attach: t.field({
    type: AttachPayload,
    description:
      'Proves the agent’s key: an Ed25519 signature, in base64url, over the UTF-8 lines "skep-agent-v2", host id, agent nonce, server nonce, channel, boot id, engine id (empty when null), joined by "\\n". Channel: 32 bytes of the TLS exporter "EXPORTER-Channel-Binding" with an empty context (RFC 9266, TLS 1.3) in base64url, or "none" where the acknowledgement says so. Until it succeeds nothing else runs. Errors: UNAUTHENTICATED, RESTORED (the server begins a new generation; come again), OTHER_SERVER (the agent has been with another server of the same key), HOST_QUARANTINED (the key came from another engine, or from two machines at once), ENGINE_CLAIMED (another host has this engine id).',
    args: {
      signature: t.arg.string({ required: true }),
      bootId: t.arg.string({ required: true, description: 'Changes when the machine is started anew.' }),
      engineId: t.arg.id({ description: 'Null while the engine does not answer.' }),
      head: t.arg({ type: AuditHeadInput, description: 'The newest head that the agent keeps.' }),
    },
    resolve: (_, { signature, bootId, engineId, head }, context) =>
      context.attach(signature, { bootId, engineId: engineId ?? null, head: head ?? null }),
  }),
}));

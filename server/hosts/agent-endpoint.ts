// The agents' endpoint: graphql-ws on /agent, mutual proof of keys, one link a host.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { GraphQLError } from 'graphql';
import type { WebSocket } from 'ws';
import * as z from 'zod';
import { anonymous, type Denials } from '../audit/denials.ts';
import type { Clock } from '../platform/clock.ts';
import { failpoint } from '../platform/failpoints.ts';
import { Failure, failureInfo } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import { agentLimits, createAgentAdmission } from './agent-admission.ts';
import { createAgentDocuments } from './agent-documents.ts';
import { heartbeatSeconds } from './agent-schema/attach.ts';
import type { AgentContext } from './agent-schema/builder.ts';
import { agentSchema } from './agent-schema.ts';
import { type AgentSockets, createAgentSockets } from './agent-sockets.ts';
import type { Branches } from './branches.ts';
import { channelOf } from './channel.ts';
import { createComings } from './comings.ts';
import type { Commands } from './commands.ts';
import type { Enrolments } from './enrolments.ts';
import type { Report } from './host.ts';
import type { IdentityRule } from './identity-rule.ts';
import { linkSocketOf } from './link-socket.ts';
import { createLink, type Link, type Links } from './links.ts';
import { type AttachClaim, agentText, type Handshake, proves, serverText } from './proofs.ts';
import type { Hosts } from './registry.ts';
import type { ServerIdentity } from './server-identity.ts';
import type { Witnesses } from './witness.ts';

/** Longer than an agent takes whose engine hangs, and than a probe of an older connection. */
const attachWithinMs = 30_000;

const initPayload = z.object({
  agent: z.string().max(100).nullish(),
  nonce: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  binding: z.enum(['tls-exporter', 'none']),
});

/** What is kept for a connection between its messages. */
type Session = Handshake & { link: Link | null };

export const createAgentEndpoint = ({
  version,
  identity,
  hosts,
  links,
  enrolments,
  commands,
  witnesses,
  identityRule,
  denials,
  branches,
  notice,
  generation,
  traces,
  behindProxy,
  sourceOf,
  clock,
  log,
}: {
  version: string;
  identity: ServerIdentity;
  hosts: Hosts;
  links: Links;
  enrolments: Enrolments;
  commands: Commands;
  witnesses: Witnesses;
  identityRule: IdentityRule;
  denials: Denials;
  branches: Branches;
  notice: AgentContext['notice'];
  /** Of the server's history; see docs/decisions/0016. */
  generation: string;
  /** Commands may ask for a trace. */
  traces: boolean;
  /** A proxy in front ends the TLS: agents cannot bind their proof to it. */
  behindProxy: boolean;
  sourceOf: (request: IncomingMessage) => string | null;
  clock: Clock;
  log: Log;
}): AgentSockets => {
  const sessions = new WeakMap<object, Session>();
  const admission = createAgentAdmission();
  const tellAttached = createComings(log, 'agent attached', 'agents attached');
  const tellGone = createComings(log, 'agent gone', 'agents gone');

  const storeReport = async (hostId: string, report: Report): Promise<void> => {
    await identityRule.reported(hostId, report.engine?.id ?? null);
    await hosts.heard(hostId, report, clock.now());
  };

  const attach = async (
    session: Session,
    socket: WebSocket,
    signature: string,
    claim: AttachClaim,
  ): Promise<{ host: string; recall: boolean }> => {
    const host = session.hostId === null ? null : hosts.find(session.hostId);
    const isProven =
      host !== null &&
      !host.revokedAt &&
      (await proves(host.publicKey, agentText(session, claim), signature));
    if (!host || !isProven)
      throw new Failure(
        'UNAUTHENTICATED',
        'this host is unknown, revoked, or the signature is not its key’s',
        'enrol it again',
      );
    const recall = await branches.compare(host, claim.head);
    const link = createLink(host.id, claim.bootId, linkSocketOf(socket));
    await identityRule.admit(host.id, claim, link).catch((error: unknown) => {
      links.shut(link);
      throw error;
    });
    session.link = link;
    admission.attached(socket);
    // It may have gone while the rule was looking at it: nobody would tell of its end.
    if (socket.readyState !== socket.OPEN) await gone(link);
    tellAttached({ host: host.id, name: host.name });
    await failpoint('agent.attached');
    return { host: host.id, recall };
  };

  const gone = async (link: Link): Promise<void> => {
    if (!links.shut(link)) return;
    const host = hosts.find(link.hostId);
    tellGone({ host: link.hostId, name: host?.name ?? link.hostId });
    if (host && !host.revokedAt)
      await hosts
        .change(host.id, { status: 'DISCONNECTED', lastSeenAt: clock.now() })
        .catch((error: unknown) => log.warn({ err: error, host: host.id }, 'a disconnect was not stored'));
  };

  const deny = (action: string, sourceAddress: string | null, error: unknown): void => {
    if (!(error instanceof Failure)) return;
    denials.note({ action, actor: anonymous, failure: failureInfo(error), requestId: null, sourceAddress });
  };

  /** An agent is told what a caller is told: a code and a sentence, never a defect's insides. */
  const mask = (error: GraphQLError): GraphQLError => {
    const cause = error.originalError;
    if (!cause) return error;
    // Its socket went away while it was told: nobody's defect, and nobody hears this.
    const isGone = 'code' in cause && (cause.code === 'EPIPE' || cause.code === 'ECONNRESET');
    if (!(cause instanceof Failure || isGone))
      log.error({ err: cause }, 'an agent’s request failed unexpectedly');
    const { code, message } = failureInfo(cause);
    return new GraphQLError(message, { path: error.path, extensions: { code } });
  };

  return createAgentSockets(
    {
      schema: agentSchema,
      ...createAgentDocuments(),
      connectionInitWaitTimeout: 10_000,
      onConnect: (connection) => {
        const payload = initPayload.safeParse(connection.connectionParams ?? {});
        if (!payload.success) return false;
        const channel = channelOf(connection.extra.underneath, payload.data.binding, behindProxy);
        if (!channel) {
          connection.extra.socket.close(4403, 'no proof bound to this channel can be given');
          return false;
        }
        const session: Session = {
          hostId: payload.data.agent ?? null,
          agentNonce: payload.data.nonce,
          serverNonce: randomBytes(32).toString('base64url'),
          channel: channel.value,
          link: null,
        };
        sessions.set(connection.extra.socket, session);
        // graphql-ws tells of the end only after the commands' subscription has ended, which waits for a command.
        connection.extra.socket.once('close', () => session.link?.end());
        const { socket } = connection.extra;
        setTimeout(() => session.link ?? socket.close(4408, 'not attached in time'), attachWithinMs).unref();
        return {
          server: identity.id,
          publicKey: identity.publicKey,
          nonce: session.serverNonce,
          binding: channel.binding,
          generation,
          ...(traces ? { traces } : {}),
          signature: identity.sign(serverText(session, generation)),
        };
      },
      context: ({ extra }): AgentContext => {
        const session = sessions.get(extra.socket);
        if (!session) throw new Error('a connection without a session');
        return {
          version,
          sourceAddress: extra.sourceAddress,
          identity,
          enrolments: {
            ...enrolments,
            redeem: (asked) =>
              enrolments.redeem(asked).catch((error: unknown) => {
                deny('enrolHost', asked.sourceAddress, error);
                throw error;
              }),
          },
          commands,
          witnesses,
          link: () => session.link,
          attach: (signature, claim) =>
            attach(session, extra.socket, signature, claim).catch((error: unknown) => {
              deny('attachAgent', extra.sourceAddress, error);
              throw error;
            }),
          report: storeReport,
          recalled: branches.recalled,
          notice,
        };
      },
      onSubscribe: ({ subscriptions }) => {
        if (Object.keys(subscriptions).length <= agentLimits.operations) return;
        const { code, message } = new Failure(
          'RATE_LIMITED',
          `${agentLimits.operations} operations are open on this socket`,
        );
        return [new GraphQLError(message, { extensions: { code } })];
      },
      onNext: (_context, _id, _payload, _args, result) =>
        result.errors ? { ...result, errors: result.errors.map(mask) } : undefined,
      onError: (_context, _id, _payload, errors) => errors.map(mask),
      onDisconnect: async ({ extra }) => {
        const link = sessions.get(extra.socket)?.link;
        if (link) await gone(link);
      },
    },
    { sourceOf, admission, pingEveryMs: heartbeatSeconds * 1_000, log },
  );
};

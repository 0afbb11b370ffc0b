// The agents' endpoint: graphql-ws on /agent, mutual proof of keys, one link a host.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Clock } from '../platform/clock.ts';
import { failpoint } from '../platform/failpoints.ts';
import { Failure, failureInfo } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import { type AgentContext, agentSchema, heartbeatSeconds } from './agent-schema.ts';
import { channelOf } from './channel.ts';
import type { Commands } from './commands.ts';
import type { Enrolments } from './enrolments.ts';
import type { Host, Report } from './host.ts';
import { createLink, type Link, type Links } from './links.ts';
import { type AttachClaim, agentText, type Handshake, proves, serverText } from './proofs.ts';
import type { Hosts } from './registry.ts';
import type { ServerIdentity } from './server-identity.ts';
import type { Witnesses } from './witness.ts';

const initPayload = z.object({
  agent: z.string().max(100).nullish(),
  nonce: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  binding: z.enum(['tls-exporter', 'none']),
});

/** What is kept for a connection between its messages. */
type Session = Handshake & { link: Link | null };

export type AgentEndpoint = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): Promise<void>;
};

export const createAgentEndpoint = ({
  version,
  identity,
  hosts,
  links,
  enrolments,
  commands,
  witnesses,
  notice,
  generation,
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
  notice: AgentContext['notice'];
  /** Of the server's history; see docs/decisions/0016. */
  generation: () => string;
  /** A proxy in front ends the TLS: agents cannot bind their proof to it. */
  behindProxy: boolean;
  sourceOf: (request: IncomingMessage) => string | null;
  clock: Clock;
  log: Log;
}): AgentEndpoint => {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 16 * 1_024 * 1_024,
    perMessageDeflate: false,
  });
  const sessions = new WeakMap<object, Session>();

  const storeReport = async (hostId: string, report: Report): Promise<void> => {
    const host = hosts.find(hostId);
    if (!host) return;
    const reported = report.engine?.id ?? null;
    const claimed = hosts
      .list()
      .some((other) => other.id !== hostId && !other.revokedAt && other.engineId === reported);
    if (claimed && host.engineId === null)
      log.warn({ host: hostId }, 'its engine id is another host’s; it is not taken');
    const engineId = host.engineId ?? (claimed ? null : reported);
    await hosts.change(hostId, { report, engineId, lastSeenAt: clock.now() });
  };

  const attach = async (
    session: Session,
    close: (code: number, reason: string) => void,
    signature: string,
    claim: AttachClaim,
  ): Promise<Host> => {
    const host = session.hostId === null ? null : hosts.find(session.hostId);
    if (!host || host.revokedAt || !proves(host.publicKey, agentText(session, claim), signature))
      throw new Failure(
        'UNAUTHENTICATED',
        'this host is unknown, revoked, or the signature is not its key’s',
        'enrol it again',
      );
    session.link = createLink(host.id, close);
    links.open(session.link);
    await hosts.change(host.id, { status: 'CONNECTED', lastSeenAt: clock.now() });
    log.info({ host: host.id, name: host.name }, 'agent attached');
    await failpoint('agent.attached');
    return host;
  };

  /** An agent is told what a caller is told: a code and a sentence, never a defect's insides. */
  const mask = (error: GraphQLError): GraphQLError => {
    const cause = error.originalError;
    if (!cause) return error;
    if (!(cause instanceof Failure)) log.error({ err: cause }, 'an agent’s request failed unexpectedly');
    const { code, message } = failureInfo(cause);
    return new GraphQLError(message, { path: error.path, extensions: { code } });
  };

  const dispose = useServer(
    {
      schema: agentSchema,
      connectionInitWaitTimeout: 10_000,
      onConnect: (connection) => {
        const payload = initPayload.safeParse(connection.connectionParams ?? {});
        if (!payload.success) return false;
        const channel = channelOf(connection.extra.request, payload.data.binding, behindProxy);
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
        return {
          server: identity.id,
          publicKey: identity.publicKey,
          nonce: session.serverNonce,
          binding: channel.binding,
          generation: generation(),
          signature: identity.sign(serverText(session, generation())),
        };
      },
      context: ({ extra }): AgentContext => {
        const session = sessions.get(extra.socket);
        if (!session) throw new Error('a connection without a session');
        return {
          version,
          sourceAddress: sourceOf(extra.request),
          identity,
          enrolments,
          commands,
          witnesses,
          link: () => session.link,
          attach: (signature, claim) =>
            attach(session, (code, reason) => extra.socket.close(code, reason), signature, claim),
          report: storeReport,
          notice,
        };
      },
      onNext: (_context, _id, _payload, _args, result) =>
        result.errors ? { ...result, errors: result.errors.map(mask) } : undefined,
      onError: (_context, _id, _payload, errors) => errors.map(mask),
      onDisconnect: async ({ extra }) => {
        const link = sessions.get(extra.socket)?.link;
        if (!link || !links.shut(link)) return;
        log.info({ host: link.hostId }, 'agent gone');
        const host = hosts.find(link.hostId);
        if (host && !host.revokedAt)
          await hosts
            .change(host.id, { status: 'DISCONNECTED', lastSeenAt: clock.now() })
            .catch((error: unknown) =>
              log.warn({ err: error, host: host.id }, 'a disconnect was not stored'),
            );
      },
    },
    sockets,
    heartbeatSeconds * 1_000,
  );

  return {
    upgrade: (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (connection) =>
        sockets.emit('connection', connection, request),
      ),
    close: async () => {
      for (const client of sockets.clients) client.close(1001, 'the server stops');
      await dispose.dispose();
    },
  };
};

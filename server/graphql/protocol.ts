// graphql-transport-ws, the server's side. graphql-ws has the messages; its own server holds several kB for each socket
// and each subscription that waits, so what is held is ours: one object a socket, one a subscription, no closures.
// https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
import type { ExecutionResult, GraphQLError } from 'graphql';
import {
  CloseCode,
  type ConnectionInitMessage,
  type Message,
  MessageType,
  parseMessage,
  type SubscribeMessage,
} from 'graphql-ws';
import { Failure } from '../platform/failure.ts';
import type { Member } from './cohort.ts';
import type { Operate } from './operate.ts';
import type { Outlet } from './outlet.ts';
import type { Presented } from './present.ts';
import type { SharedSubscriptions } from './shared-subscriptions.ts';

/** Before it runs it has an id only. */
type Operation = Pick<Member, 'id'> | Member;

export type Peer = Outlet & {
  readonly sourceAddress: string | null;
  /** What it presented itself with: shown again for each operation. At first the cookie that it was opened with. */
  presented: Presented;
  /** Whose it is, once it has presented itself. */
  keyId: string | null;
  /** By which session, if by one. */
  sessionId: string | null;
  greeted: boolean;
  /** It must have presented itself by then. */
  timer: NodeJS.Timeout | null;
  /** Those that are open; few, and as long as they are: another list for each change. */
  operations: readonly Operation[];
};

const initialisationMs = 5_000;
type InitPayload = Record<string, unknown> | undefined;
const keyIn = (params: InitPayload): unknown => params?.authorization ?? params?.Authorization;

export const send = ({ socket }: Outlet, message: object): void => {
  // One that fails is of a socket that is gone, and its close ends the operation.
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message), () => undefined);
};

/** A close frame holds 123 bytes; a client's own id may be among them. */
export const closeFor = ({ socket }: Outlet, code: CloseCode, reason: string): void =>
  socket.close(code, Buffer.from(reason).subarray(0, 120).toString());

export type Protocol = {
  opened(peer: Peer): void;
  /** @throws what is a defect. */
  take(peer: Peer, text: string): Promise<void>;
  closed(peer: Peer): void;
  /** Its last result, or a defect. */
  ended(peer: Peer, member: Member, last: ExecutionResult | Error): void;
};

export const createProtocol = ({
  greet,
  operate,
  shared,
  told,
  mostOperations,
}: {
  /** @returns the id of its key; null: it is refused. */
  greet: (peer: Peer) => Promise<string | null>;
  operate: Operate;
  shared: SharedSubscriptions;
  told: (error: unknown) => GraphQLError;
  mostOperations: number;
}): Protocol => {
  const drop = (peer: Peer, operation: Operation): void => {
    peer.operations = peer.operations.filter((each) => each !== operation);
  };
  const tell = (peer: Peer, id: string, { errors, ...result }: ExecutionResult): void => {
    const payload = errors ? { errors: errors.map(told), ...result } : result;
    send(peer, { id, type: MessageType.Next, payload });
    send(peer, { id, type: MessageType.Complete });
  };
  const refuse = (peer: Peer, id: string, errors: readonly GraphQLError[]): void =>
    send(peer, { id, type: MessageType.Error, payload: errors });

  const init = async (peer: Peer, { payload }: ConnectionInitMessage): Promise<void> => {
    if (peer.greeted)
      return closeFor(peer, CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
    peer.greeted = true;
    if (peer.timer) clearTimeout(peer.timer);
    peer.timer = null;
    const authorization = keyIn(payload) ?? null;
    if (authorization !== null) peer.presented = { authorization };
    const keyId = await greet(peer);
    if (keyId === null) return closeFor(peer, CloseCode.Forbidden, 'Forbidden');
    peer.keyId = keyId;
    send(peer, { type: MessageType.ConnectionAck });
  };

  const subscribe = async (peer: Peer, { id, payload }: SubscribeMessage): Promise<void> => {
    if (peer.keyId === null) return closeFor(peer, CloseCode.Unauthorized, 'Unauthorized');
    if (peer.operations.some((each) => each.id === id))
      return closeFor(peer, CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
    const operation = { id };
    peer.operations = [...peer.operations, operation];
    try {
      if (peer.operations.length > mostOperations)
        throw new Failure(
          'RATE_LIMITED',
          `${mostOperations} operations are open on this socket`,
          'complete some first',
          { retryAfterSeconds: 1 },
        );
      const outcome = await operate(peer.presented, peer.sourceAddress, payload);
      // Completed, or closed, while it was looked at.
      if (!peer.operations.includes(operation)) return;
      if ('errors' in outcome) return refuse(peer, id, outcome.errors);
      if ('result' in outcome) return tell(peer, id, outcome.result);
      peer.operations = [...peer.operations, shared.open(id, peer, outcome.subscribing)];
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      refuse(peer, id, [told(error)]);
    } finally {
      drop(peer, operation);
    }
  };

  const complete = (peer: Peer, id: string): void => {
    const operation = peer.operations.find((each) => each.id === id);
    if (!operation) return;
    drop(peer, operation);
    if ('share' in operation) shared.close(operation);
  };

  return {
    opened: (peer) => {
      peer.timer = setTimeout(
        () => closeFor(peer, CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'),
        initialisationMs,
      );
    },
    take: async (peer, text) => {
      let message: Message;
      try {
        message = parseMessage(text);
      } catch {
        return closeFor(peer, CloseCode.BadRequest, 'Invalid message received');
      }
      if (message.type === MessageType.ConnectionInit) return init(peer, message);
      if (message.type === MessageType.Subscribe) return subscribe(peer, message);
      if (message.type === MessageType.Complete) return complete(peer, message.id);
      if (message.type === MessageType.Ping) {
        const { payload } = message;
        return send(peer, { type: MessageType.Pong, ...(payload && { payload }) });
      }
      if (message.type === MessageType.Pong) return;
      closeFor(peer, CloseCode.BadRequest, 'Invalid message received');
    },
    closed: (peer) => {
      if (peer.timer) clearTimeout(peer.timer);
      const { operations } = peer;
      peer.operations = [];
      for (const each of operations) if ('share' in each) shared.close(each);
    },
    ended: (peer, member, last) => {
      if (!peer.operations.includes(member)) return;
      drop(peer, member);
      if (last instanceof Error) refuse(peer, member.id, [told(last)]);
      else tell(peer, member.id, last);
    },
  };
};

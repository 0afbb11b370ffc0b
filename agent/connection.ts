// One graphql-ws connection to the server: requests with a deadline, one subscription, heartbeats; never reconnects.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type Client, createClient, MessageType, stringifyMessage } from 'graphql-ws';
import WebSocket, { type ClientOptions } from 'ws';
import * as z from 'zod/mini';

const requestTimeoutMs = 20_000;
const connectTimeoutMs = 10_000;
/** The largest is a config in base64: 1.4 MB. */
const maximumMessageBytes = 2 * 1024 * 1024;

/** The connection ended, or never began. `code`: the WebSocket close code where there was one. */
export class ConnectionLost extends Error {
  readonly code: number | undefined;
  constructor(message: string, code?: number) {
    super(message);
    this.code = code;
  }
}

/** The server answered a request with errors; `code` is `extensions.code` of the first. */
export class ServerRefusal extends Error {
  readonly code: string | undefined;
  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}

/**
 * How the server is known over TLS. `tls-exporter`: its pinned key signs what only the two ends of this TLS connection
 * know, so its certificate is not looked at. `none`: by its certificate, where there is TLS.
 */
export type Binding = 'tls-exporter' | 'none';

/** One connection. */
export interface Connection {
  /** The payload of the server's acknowledgement. */
  readonly acknowledgement: unknown;
  /** The TLS exporter of RFC 9266 in base64url; null without TLS. */
  readonly channel: string | null;
  /** Rejects with ServerRefusal, or with ConnectionLost when no answer came. */
  request<T>(query: string, variables: Record<string, unknown>, shape: z.ZodMiniType<T>): Promise<T>;
  /** `next` gets each `data`. Rejects when the subscription ends, as it always does with its connection. */
  subscribe(query: string, next: (data: unknown) => void): Promise<never>;
  /** Pings this often from now on; a connection silent for twice as long is cut. */
  beat(intervalMs: number): void;
  /** Rejects when the connection ends. */
  readonly lost: Promise<never>;
  close(): void;
}

// No roots where the certificate is not looked at: Node would load its own. Before TLS 1.3 the exporter is unique only with an extension that Node does not tell of (RFC 9266, 3).
const tlsOptions: Readonly<Record<Binding, ClientOptions>> = {
  'tls-exporter': { rejectUnauthorized: false, ca: [], minVersion: 'TLSv1.3' },
  none: { rejectUnauthorized: true, minVersion: 'TLSv1.2' },
};

// graphql-ws makes the socket by `new`, with no room for options.
function socketClass(
  binding: Binding,
  onUpgrade: (socket: Socket) => void,
): new (
  address: string,
  protocols: string | string[],
) => WebSocket {
  return class extends WebSocket {
    constructor(address: string, protocols: string | string[]) {
      super(address, protocols, {
        maxPayload: maximumMessageBytes,
        perMessageDeflate: false,
        handshakeTimeout: connectTimeoutMs,
        ...tlsOptions[binding],
      });
      this.once('upgrade', (response) => onUpgrade(response.socket));
    }
  };
}

// The global `performance` would load a module for this.
function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

function exporterOf(socket: Socket | undefined): string | null {
  if (!isTls(socket)) return null;
  return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)).toString('base64url');
}

// Not by its class: to name that would load Node's TLS where there is none.
function isTls(socket: Socket | undefined): socket is TLSSocket {
  return socket !== undefined && 'exportKeyingMaterial' in socket;
}

const errorsShape = z.array(
  z.looseObject({
    message: z.string(),
    extensions: z.optional(z.looseObject({ code: z.optional(z.string()) })),
  }),
);

/**
 * Opens a connection and waits for the server's acknowledgement. Rejects with ConnectionLost.
 *
 * @param onOpen - called when `payload` is about to be sent, in the same turn
 */
export async function connect(
  url: string,
  payload: Record<string, unknown>,
  binding: Binding,
  onOpen: () => void = () => {},
): Promise<Connection> {
  let socket: WebSocket | undefined;
  let underneath: Socket | undefined;
  let lastHeard = monotonicMs();
  let heart: NodeJS.Timeout | undefined;
  let fail: (error: Error) => void = () => {};
  const lost = new Promise<never>((_, reject) => {
    fail = reject;
  });
  lost.catch(() => {});
  /** Told of the end one by one: a race against `lost` would hold each answer for as long as the connection stands. */
  const waiting = new Set<(error: Error) => void>();
  let ended: ConnectionLost | undefined;
  const end = (error: ConnectionLost): void => {
    clearInterval(heart);
    ended ??= error;
    fail(error);
    for (const lose of waiting) lose(error);
    // Without it the client would answer a normal close by connecting again, past the handshake. The rejection is the
    // one that `lost` has already told.
    Promise.resolve(client.dispose()).catch(() => {});
    socket?.terminate();
  };
  let acknowledged: (payload: unknown) => void = () => {};
  const acknowledgement = new Promise<unknown>((resolve) => {
    acknowledged = resolve;
  });
  const client: Client = createClient({
    url,
    connectionParams: payload,
    webSocketImpl: socketClass(binding, (upgraded) => {
      underneath = upgraded;
    }),
    lazy: false,
    retryAttempts: 0,
    connectionAckWaitTimeout: connectTimeoutMs,
    onNonLazyError: () => {},
    on: {
      opened: (opened) => {
        if (opened instanceof WebSocket) socket = opened;
        onOpen();
      },
      connected: (_, received) => acknowledged(received),
      message: () => {
        lastHeard = monotonicMs();
      },
      closed: (event) => end(closedWith(event)),
      error: (error) => end(new ConnectionLost(errorText(error))),
    },
  });

  const beat = (intervalMs: number): void => {
    clearInterval(heart);
    heart = setInterval(() => {
      if (monotonicMs() - lastHeard > 2 * intervalMs) end(new ConnectionLost('the server fell silent'));
      else if (socket?.readyState === WebSocket.OPEN)
        socket.send(stringifyMessage({ type: MessageType.Ping }));
    }, intervalMs);
  };

  const request = <T>(
    query: string,
    variables: Record<string, unknown>,
    shape: z.ZodMiniType<T>,
  ): Promise<T> => {
    if (ended !== undefined) return Promise.reject(ended);
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(
        () => end(new ConnectionLost('the server did not answer in time')),
        requestTimeoutMs,
      );
      const lose = (error: Error): void => {
        clearTimeout(timer);
        waiting.delete(lose);
        reject(error);
      };
      waiting.add(lose);
      client.subscribe(
        { query, variables },
        {
          next: ({ data, errors }) => {
            const parsed = shape.safeParse(data);
            if (errors !== undefined) return lose(refusalOf(errors));
            if (!parsed.success)
              return lose(new ServerRefusal('an answer that agent.graphql does not promise', undefined));
            clearTimeout(timer);
            waiting.delete(lose);
            resolve(parsed.data);
          },
          error: (error) => lose(refusalOf(error)),
          complete: () => lose(new ConnectionLost('the connection ended before the answer')),
        },
      );
    });
  };

  const subscribe = (query: string, next: (data: unknown) => void): Promise<never> => {
    const over = new Promise<never>((_, reject) => {
      client.subscribe(
        { query },
        {
          next: ({ data, errors }) => (errors === undefined ? next(data) : reject(refusalOf(errors))),
          error: (error) => reject(refusalOf(error)),
          complete: () => reject(new ConnectionLost('the server ended the subscription')),
        },
      );
    });
    over.catch(() => {});
    return Promise.race([lost, over]);
  };

  const received = await Promise.race([acknowledgement, lost]);
  return {
    acknowledgement: received,
    channel: exporterOf(underneath),
    request,
    subscribe,
    beat,
    lost,
    close: () => end(new ConnectionLost('closed by the agent')),
  };
}

function refusalOf(error: unknown): Error {
  const parsed = errorsShape.safeParse(error);
  const first = parsed.data?.[0];
  if (first !== undefined) return new ServerRefusal(first.message, first.extensions?.code);
  return error instanceof Error ? error : closedWith(error);
}

function closedWith(event: unknown): ConnectionLost {
  const parsed = z.object({ code: z.number(), reason: z.string() }).safeParse(fieldsOf(event));
  return parsed.success
    ? new ConnectionLost(`closed: ${parsed.data.code} ${parsed.data.reason}`, parsed.data.code)
    : new ConnectionLost('closed');
}

// Events of ws keep their fields in getters, which zod does not see as own.
function fieldsOf(event: unknown): unknown {
  if (typeof event !== 'object' || event === null || !('code' in event) || !('reason' in event))
    return undefined;
  return { code: event.code, reason: event.reason };
}

function errorText(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}

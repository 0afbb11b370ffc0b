// An agent by hand: speaks agent.graphql over one socket, and says what a real one never would.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';

type Message = { type: string; id?: string; payload?: any };

/** What an agent has on its disk; a copy of it is a copied identity. */
export type AgentKey = { host: string | null; privateKey: KeyObject; publicKey: string };

export const newAgentKey = (): AgentKey => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    host: null,
    privateKey,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64url'),
  };
};

export type HandMadeAgent = {
  acknowledgement: Record<string, string>;
  /** What its proof is bound to, as it sees it. */
  channel: string;
  nonce: string;
  /** The data of an answer. @throws Error with the code of the refusal. */
  request(query: string, variables?: Record<string, unknown>): Promise<any>;
  /** Signs and attaches; `over` replaces what is sent or signed. */
  attach(claim?: { bootId?: string; engineId?: string | null; signature?: string }): Promise<any>;
  /** Commands that came, once attached and listening. @param fields that it asks for beside the body's type. */
  listen(fields?: string): Message[];
  socket: WebSocket;
  /** The close code. */
  closed: Promise<number>;
};

/** The text that an agent signs in `attach`. */
export const attachText = (
  { channel, nonce, acknowledgement }: Pick<HandMadeAgent, 'channel' | 'nonce' | 'acknowledgement'>,
  host: string,
  bootId: string,
  engineId: string | null,
): string =>
  ['skep-agent-v2', host, nonce, acknowledgement.nonce, channel, bootId, engineId ?? ''].join('\n');

/**
 * Connects and waits for the server's acknowledgement.
 *
 * @param binding what it asks for. @default `tls-exporter` over wss
 * @throws Error `closed <code>`
 */
export const connectByHand = async (
  url: string,
  key: AgentKey,
  {
    binding = url.startsWith('wss:') ? 'tls-exporter' : 'none',
    nonce = randomBytes(32).toString('base64url'),
    ...options
  }: ClientOptions & { binding?: string; nonce?: string } = {},
): Promise<HandMadeAgent> => {
  const socket = new WebSocket(url, 'graphql-transport-ws', { rejectUnauthorized: false, ...options });
  const waiting = new Map<string, { resolve: (data: any) => void; reject: (error: Error) => void }>();
  const commands: Message[] = [];
  let channel = 'none';
  let count = 0;
  socket.once('upgrade', ({ socket: under }) => {
    if (binding === 'tls-exporter' && under instanceof TLSSocket)
      channel = under
        .exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
        .toString('base64url');
  });
  socket.on('error', () => undefined);
  const closed = new Promise<number>((resolve) =>
    socket.once('close', (code) => {
      for (const { reject } of waiting.values()) reject(new Error(`closed ${code}`));
      resolve(code);
    }),
  );
  const acknowledgement = await new Promise<Record<string, string>>((resolve, reject) => {
    closed.then((code) => reject(new Error(`closed ${code}`)));
    socket.once('open', () =>
      socket.send(
        JSON.stringify({
          type: 'connection_init',
          payload: { ...(key.host === null ? {} : { agent: key.host }), nonce, binding },
        }),
      ),
    );
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.type === 'connection_ack') resolve(message.payload);
      if (message.type === 'ping') socket.send(JSON.stringify({ type: 'pong' }));
      if (message.id === 'commands') {
        commands.push(message);
        return;
      }
      const answer = waiting.get(message.id ?? '');
      if (!answer || message.type === 'complete') return;
      waiting.delete(message.id ?? '');
      const errors = message.type === 'error' ? message.payload : message.payload?.errors;
      if (errors) answer.reject(new Error(String(errors[0].extensions?.code ?? errors[0].message)));
      else answer.resolve(message.payload.data);
    });
  });
  const request: HandMadeAgent['request'] = (query, variables = {}) =>
    new Promise((resolve, reject) => {
      count += 1;
      waiting.set(String(count), { resolve, reject });
      socket.send(JSON.stringify({ id: String(count), type: 'subscribe', payload: { query, variables } }));
    });
  const made = { acknowledgement, channel, nonce };
  return {
    ...made,
    request,
    attach: ({ bootId = 'boot-1', engineId = 'engine-1', signature } = {}) =>
      request(
        'mutation($signature: String!, $bootId: String!, $engineId: ID) { attach(signature: $signature, bootId: $bootId, engineId: $engineId) { host } }',
        {
          signature:
            signature ??
            sign(
              null,
              Buffer.from(attachText(made, key.host ?? '', bootId, engineId)),
              key.privateKey,
            ).toString('base64url'),
          bootId,
          engineId,
        },
      ),
    listen: (fields = 'id expiresInMs') => {
      socket.send(
        JSON.stringify({
          id: 'commands',
          type: 'subscribe',
          payload: { query: `subscription { commands { ${fields} body { __typename } } }` },
        }),
      );
      return commands;
    },
    socket,
    closed,
  };
};

/** Enrols a key on a connection of its own. @param secret as createEnrolment gave it, with the pin. */
export const enrolByHand = async (
  url: string,
  key: AgentKey,
  secret: string,
  { hostname = 'by-hand', engineId = 'engine-1' as string | null } = {},
): Promise<AgentKey> => {
  const agent = await connectByHand(url, { ...key, host: null });
  try {
    const { enrol } = await agent.request(
      'mutation($input: EnrolInput!) { enrol(input: $input) { host name } }',
      {
        input: {
          secret: secret.split('.').slice(0, 2).join('.'),
          publicKey: key.publicKey,
          hostname,
          engineId,
        },
      },
    );
    return { ...key, host: enrol.host };
  } finally {
    agent.socket.terminate();
  }
};

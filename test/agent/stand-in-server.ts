// A server that speaks agent.graphql and records what the agent says: for the link, not for what a real server decides.
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
// The file by name: the test runner would take the ESM copy, which graphql-ws does not share.
import { buildSchema, GraphQLError } from 'graphql/index.js';
import { useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';

/** agent.graphql, as text. */
export const contractText = readFileSync(new URL('../../agent.graphql', import.meta.url), 'utf8');

/** What the stand-in heard, in order. */
export interface Heard {
  readonly field: string;
  readonly input: Record<string, unknown>;
}

/** Starts a stand-in server on a unix socket. */
export async function startStandInServer(socketPath: string, { heartbeatSeconds = 10 } = {}) {
  const key = generateKeyPairSync('ed25519');
  const publicKey = key.publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
  const heard: Heard[] = [];
  const inits: Record<string, unknown>[] = [];
  const sockets = new Set<WebSocket>();
  const agents = new Map<string, string>();
  const queue: { id: string; expiresInMs: number; body: Record<string, unknown> }[] = [];
  const bells = new Set<() => void>();
  const notices: { head: Record<string, unknown> | null; ask: string | null }[] = [];
  const mode = { refuseComplete: false, refuseAttach: false, isMute: false, forge: false };
  const schema = buildSchema(contractText);
  const record = (field: string) => (input: Record<string, unknown>) => {
    heard.push({ field, input });
    return true;
  };

  // Every command without a result at the time of the subscription, then new ones.
  async function* commands(done: () => boolean) {
    const sent = new Set<string>();
    while (!done()) {
      for (const command of queue) {
        if (sent.has(command.id)) continue;
        sent.add(command.id);
        if (!completions().some(({ command: id }) => id === command.id)) yield { commands: command };
      }
      await new Promise<void>((resolve) => bells.add(resolve));
    }
  }

  const completions = () =>
    heard
      .filter(({ field }) => field === 'complete')
      .map(({ input }) => Object(input.input) as Record<string, unknown>);

  const server = createServer();
  const webSockets = new WebSocketServer({ server, path: '/agent' });
  webSockets.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => {
      sockets.delete(socket);
      for (const ring of bells) ring();
      bells.clear();
    });
  });
  const nonces = new WeakMap<WebSocket, { agent: string; own: string; host: string; isAttached: boolean }>();
  const cleanup = useServer(
    {
      schema,
      onConnect: ({ connectionParams, extra }) => {
        inits.push(connectionParams ?? {});
        const host = String(connectionParams?.agent ?? '');
        const state = {
          agent: String(connectionParams?.nonce),
          own: randomBytes(32).toString('base64url'),
          host,
          isAttached: false,
        };
        nonces.set(extra.socket, state);
        const text = [
          'skep-server-v2',
          host,
          state.agent,
          state.own,
          'none',
          `g1${mode.forge ? 'x' : ''}`,
        ].join('\n');
        const signature = sign(null, Buffer.from(text), key.privateKey).toString('base64url');
        return {
          server: 'stand-in',
          publicKey,
          nonce: state.own,
          binding: 'none',
          generation: 'g1',
          signature,
        };
      },
      context: ({ extra }) => ({ socket: extra.socket }),
      roots: {
        query: {},
        mutation: {
          enrol: ({ input }: { input: Record<string, string> }) => {
            record('enrol')({ input });
            if (mode.refuseAttach)
              throw new GraphQLError('no', { extensions: { code: 'ENROLMENT_INVALID' } });
            agents.set('host-1', input.publicKey ?? '');
            return { host: 'host-1', name: 'one' };
          },
          attach: (input: Record<string, string>, { socket }: { socket: WebSocket }) => {
            record('attach')(input);
            const { signature = '', bootId, engineId } = input;
            const state = nonces.get(socket);
            const known = agents.get(state?.host ?? '');
            const text = [
              'skep-agent-v2',
              state?.host,
              state?.agent,
              state?.own,
              'none',
              bootId,
              engineId ?? '',
            ].join('\n');
            const isProven =
              known !== undefined &&
              verify(
                null,
                Buffer.from(text),
                createPublicKey({ key: Buffer.from(known, 'base64url'), format: 'der', type: 'spki' }),
                Buffer.from(signature, 'base64url'),
              );
            if (!isProven || mode.refuseAttach || state === undefined) {
              throw new GraphQLError('who are you', { extensions: { code: 'UNAUTHENTICATED' } });
            }
            state.isAttached = true;
            return { host: state.host, heartbeatSeconds, recall: false };
          },
          report: record('report'),
          acknowledge: record('acknowledge'),
          notice: record('notice'),
          witness: record('witness'),
          complete: (input: Record<string, unknown>) => {
            if (mode.refuseComplete) throw new GraphQLError('not now');
            return record('complete')(input);
          },
        },
        subscription: {
          async *heads(_: unknown, { socket }: { socket: WebSocket }) {
            while (socket.readyState === socket.OPEN) {
              const next = notices.shift();
              if (next) yield { heads: next };
              else await new Promise<void>((resolve) => bells.add(resolve));
            }
          },
          commands: (_: unknown, { socket }: { socket: WebSocket }) => {
            if (!nonces.get(socket)?.isAttached) throw new GraphQLError('attach first');
            heard.push({ field: 'commands', input: {} });
            return commands(() => socket.readyState !== socket.OPEN);
          },
        },
      },
    },
    webSockets,
    0,
  );
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));

  return {
    url: `ws+unix:${socketPath}:/agent`,
    publicKey,
    pin: createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('base64url'),
    heard,
    inits,
    mode,
    agents,
    completions,
    heardOf: (field: string) => heard.filter((one) => one.field === field),
    send: (id: string, body: Record<string, unknown>, expiresInMs = 60_000) => {
      queue.push({ id, expiresInMs, body });
      for (const ring of bells) ring();
      bells.clear();
    },
    /** Signs a head of a history and sends it, and the question with it. */
    sendHead: (content: { generation: string; seq: number; hash: string }, ask: string | null = null) => {
      const told = { server: 'stand-in', at: new Date().toISOString(), ...content };
      const { generation, seq, hash, at } = told;
      const text = `skep-audit-head-v1\nstand-in\n${generation}\n${seq}\n${hash}\n${at}`;
      const signature = sign(null, Buffer.from(text), key.privateKey).toString('base64url');
      notices.push({ head: { ...told, signature: mode.forge ? 'AAAA' : signature }, ask });
      for (const ring of bells) ring();
      bells.clear();
    },
    /** This command is not sent again. */
    forget: (id: string) => {
      const index = queue.findIndex((command) => command.id === id);
      if (index !== -1) queue.splice(index, 1);
    },
    connections: () => sockets.size,
    dropAll: (code?: number) => {
      for (const socket of sockets) {
        if (code === undefined) socket.terminate();
        else socket.close(code, 'test');
      }
    },
    /** Reads nothing more, as a peer behind a cut cable. */
    fallSilent: () => {
      for (const socket of sockets) socket.pause();
    },
    close: async () => {
      for (const socket of sockets) socket.terminate();
      await cleanup.dispose();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A running stand-in server. */
export type StandInServer = Awaited<ReturnType<typeof startStandInServer>>;

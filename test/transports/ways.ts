// A document asked over HTTP and over a socket: what holds for one must hold for the other.
import type { ServerProcess } from '../../lab/processes.ts';
import { until } from '../support/until.ts';
import { openSocket, send } from './raw.ts';

export type Said = {
  codes: (string | undefined)[];
  messages: string[];
  data: Record<string, any> | null | undefined;
  text: string;
};

type Answered = { data?: any; errors?: { message: string; extensions?: { code?: string } }[] };
const said = ({ data, errors = [] }: Answered, text: string): Said => ({
  codes: errors.map(({ extensions }) => extensions?.code),
  messages: errors.map(({ message }) => message),
  data,
  text,
});

export type Way = {
  way: string;
  ask(server: ServerProcess, query: string, variables?: Record<string, unknown>, key?: string): Promise<Said>;
};

export const ways: readonly Way[] = [
  {
    way: 'HTTP',
    ask: async (server, query, variables = {}, key = server.adminKey) => {
      const { text, status } = await send(server, { body: JSON.stringify({ query, variables }), key });
      if (status >= 500) throw new Error(`status ${status}: ${text}`);
      return said(JSON.parse(text) as Answered, text);
    },
  },
  {
    way: 'a WebSocket',
    ask: async (server, query, variables = {}, key = server.adminKey) => {
      const socket = openSocket(server);
      let code: number | null = null;
      void socket.closed.then((closed) => {
        code = closed.code;
      });
      socket.init(key);
      await until(() => socket.messages.length > 0 || code !== null, 'the socket is acknowledged or closed');
      if (code !== null) throw new Error(`closed with ${code}`);
      socket.subscribe('1', query, variables);
      const message = await until(() => {
        if (code !== null) throw new Error(`closed with ${code}`);
        return socket.messages.find(({ type }) => type === 'next' || type === 'error');
      }, 'an answer');
      socket.close();
      const answer = message.type === 'error' ? { errors: message.payload } : message.payload;
      return said(answer as Answered, JSON.stringify(message));
    },
  },
];

// Which sockets of agents are let in, and how much one may send before it has proved its key: nothing is held for more.
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { createSocketAdmission, type SocketLimits } from '../access/socket-admission.ts';

/**
 * Agents of one site come from one address: it has no limit of its own. `unidentified`: not attached yet; after a
 * start of the server all come at once. `unattachedBytes`: a greeting and a proof have about 2,000.
 */
export const agentLimits: SocketLimits & { unattachedBytes: number; operations: number } = {
  total: 10_000,
  perSource: 10_000,
  unidentified: 1_000,
  unattachedBytes: 16_384,
  /** At a time on one socket: an agent that was away sends all its results at once. */
  operations: 200,
};

export type AgentAdmission = {
  /** HTTP status to refuse the upgrade with; null: it may be done. */
  refuses(source: string | null): 429 | 503 | null;
  /** @param under what the socket is made of; it is cut when too much comes over it before `attached`. */
  opened(socket: WebSocket, under: Duplex, source: string | null): void;
  attached(socket: WebSocket): void;
};

export const createAgentAdmission = (limits = agentLimits): AgentAdmission => {
  const admission = createSocketAdmission(limits);
  const guards = new WeakMap<WebSocket, () => void>();
  return {
    refuses: admission.refuses,
    opened: (socket, under, source) => {
      admission.opened(socket, source);
      let bytes = 0;
      const count = (chunk: Buffer): void => {
        bytes += chunk.length;
        if (bytes > limits.unattachedBytes) under.destroy();
      };
      under.on('data', count);
      guards.set(socket, () => void under.off('data', count));
    },
    attached: (socket) => {
      admission.identified(socket);
      guards.get(socket)?.();
      guards.delete(socket);
    },
  };
};

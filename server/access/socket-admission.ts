// Which sockets are let in: so many in all, so many from one address, and few that have not said who they are.
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { sourceKey } from './attempts.ts';

export type SocketLimits = {
  total: number;
  perSource: number;
  /** Open sockets that have not said who they are; the oldest goes for the next. */
  unidentified: number;
};

export type SocketAdmission = {
  /** HTTP status to refuse the upgrade with; null: it may be done. */
  refuses(source: string | null): 429 | 503 | null;
  opened(socket: WebSocket, source: string | null): void;
  identified(socket: WebSocket): void;
};

/** graphql-transport-ws's code for a socket that did not present itself in time. */
const initialisationTimeout = 4408;

const statusTexts = { 403: 'Forbidden', 429: 'Too Many Requests', 503: 'Service Unavailable' } as const;

/** Answers an upgrade that is not done. */
export const refuseUpgrade = (socket: Duplex, status: keyof typeof statusTexts): void => {
  socket.on('error', () => undefined).once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${statusTexts[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

export const createSocketAdmission = (limits: SocketLimits): SocketAdmission => {
  const bySource = new Map<string, number>();
  const unidentified = new Set<WebSocket>();
  const sources = new Map<WebSocket, string>();
  let open = 0;
  const count = (source: string, change: 1 | -1): void => {
    open += change;
    const now = (bySource.get(source) ?? 0) + change;
    if (now === 0) bySource.delete(source);
    else bySource.set(source, now);
  };
  /** One for all sockets: what each had of its own would be held as long as it is open. */
  function closed(this: WebSocket): void {
    const source = sources.get(this);
    if (source === undefined) return;
    sources.delete(this);
    count(source, -1);
    unidentified.delete(this);
  }
  return {
    refuses: (source) => {
      if (open >= limits.total) return 503;
      return (bySource.get(sourceKey(source)) ?? 0) >= limits.perSource ? 429 : null;
    },
    opened: (socket, source) => {
      const key = sourceKey(source);
      count(key, 1);
      sources.set(socket, key);
      socket.on('close', closed);
      unidentified.add(socket);
      const [oldest] = unidentified;
      if (unidentified.size <= limits.unidentified || !oldest) return;
      unidentified.delete(oldest);
      oldest.close(initialisationTimeout, 'Connection initialisation timeout');
    },
    identified: (socket) => void unidentified.delete(socket),
  };
};

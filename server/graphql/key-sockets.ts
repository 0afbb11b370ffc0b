// The open sockets of each key, or of each session, which close when it ends: one listening for all of them.
import type { WebSocket } from 'ws';
import type { Endings } from '../access/endings.ts';

export type KeySockets = {
  add(keyId: string, socket: WebSocket): void;
  delete(keyId: string, socket: WebSocket): void;
};

/** @param ended told each socket of a key that was revoked or has expired, or of a session that has ended. */
export const createKeySockets = (
  { onEnd }: Pick<Endings, 'onEnd'>,
  ended: (socket: WebSocket) => void,
): KeySockets => {
  const byKey = new Map<string, { sockets: Set<WebSocket>; forget: () => void }>();
  const listenTo = (keyId: string) => {
    const sockets = new Set<WebSocket>();
    const forget = onEnd(keyId, () => {
      byKey.delete(keyId);
      for (const socket of sockets) ended(socket);
    });
    const entry = { sockets, forget };
    byKey.set(keyId, entry);
    return entry;
  };
  return {
    add: (keyId, socket) => void (byKey.get(keyId) ?? listenTo(keyId)).sockets.add(socket),
    delete: (keyId, socket) => {
      const entry = byKey.get(keyId);
      if (!entry?.sockets.delete(socket) || entry.sockets.size > 0) return;
      entry.forget();
      byKey.delete(keyId);
    },
  };
};

// What an agent's proof is bound to: the TLS channel that it came by, so that nobody in between can pass it on.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** `tls-exporter`: RFC 9266, of TLS 1.3; `none`: there is no TLS here, or a proxy in front ended it. */
export type Binding = 'tls-exporter' | 'none';

/** As both sides sign it: the exporter's 32 bytes in base64url, or `none`. */
export type Channel = { binding: Binding; value: string };

const isLoopback = (address: string): boolean => /^(?:::ffff:)?127\.|^::1$/.test(address);

/** A unix socket has no address. */
const isLocal = ({ remoteAddress }: Socket): boolean =>
  remoteAddress === undefined || isLoopback(remoteAddress);

/**
 * @param wanted what the agent asks for. `none` is granted where no binding can be: on this machine without TLS, or
 * behind a proxy that ends the TLS; anywhere else it would be a way around the binding.
 * @returns null: refused.
 */
export const channelOf = (socket: Socket, wanted: Binding, behindProxy: boolean): Channel | null => {
  const isTls = socket instanceof TLSSocket;
  // Before TLS 1.3 the exporter is unique only with an extension that Node does not tell of (RFC 9266, 3).
  if (wanted === 'tls-exporter' && isTls && socket.getProtocol() === 'TLSv1.3') {
    const value = socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
    return { binding: 'tls-exporter', value: value.toString('base64url') };
  }
  if (wanted === 'none' && (behindProxy || (!isTls && isLocal(socket))))
    return { binding: 'none', value: 'none' };
  return null;
};

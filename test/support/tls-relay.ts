// Somebody in between: takes TLS connections with a certificate of its own, and passes what it reads on over another.

import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';

export type TlsRelay = { port: number; connections(): number; close(): Promise<void> };

/** @param certificate PEM of its own certificate and key. @param to the port of the real server. */
export const startTlsRelay = async (
  certificate: { cert: string; key: string },
  to: number,
): Promise<TlsRelay> => {
  let count = 0;
  const open = new Set<{ destroy(): void }>();
  const server = createServer(certificate, (near) => {
    count += 1;
    const far = connect({ port: to, host: '127.0.0.1', rejectUnauthorized: false });
    for (const socket of [near, far]) {
      open.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          near.destroy();
          far.destroy();
        });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => count,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

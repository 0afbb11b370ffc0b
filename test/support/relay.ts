// A way to the server that can be cut: what a browser dials instead.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Relay = {
  port: number;
  /** Connections end without a word, and no new one gets through until `heal`. */
  cut(): void;
  heal(): void;
  /** Connections that are open stay so and nothing gets through them, until `thaw`; new ones are not harmed. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
};

/** @param to the server's port on loopback. */
export const startRelay = async (to: number): Promise<Relay> => {
  const open = new Set<Socket>();
  const frozen = new Set<() => void>();
  const pipes = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(to, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          open.delete(socket);
          other.destroy();
        });
    }
    near.pipe(far).pipe(near);
    const pipe = [near, far] as const;
    pipes.add(pipe);
    near.on('close', () => pipes.delete(pipe));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    isCut = true;
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    heal: () => {
      isCut = false;
    },
    freeze: () => {
      for (const [near, far] of pipes) {
        near.unpipe(far).pause();
        far.unpipe(near).pause();
        frozen.add(() => near.pipe(far).pipe(near));
      }
    },
    thaw: () => {
      for (const melt of frozen) melt();
      frozen.clear();
    },
    close: async () => {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};

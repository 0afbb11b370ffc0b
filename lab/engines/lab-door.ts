// Lets an ordinary process of this machine, a test for example, meet the lab's network without joining it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, Server } from 'node:net';

/** A port of this machine's loopback that leads into a lab. */
export interface ForwardedPort {
  /** The port at 127.0.0.1. */
  port: number;
  /** Closes the port and every connection through it. */
  close(): Promise<void>;
}

// Sockets belong to the network namespace in which they were made, not to the process that holds them: a child inside
// makes the listening socket and hands it over.
const listenInside = `
const server = require('node:net').createServer();
server.on('error', (error) => { console.error(error.message); process.exit(1); });
server.listen(Number(process.argv[2]), process.argv[1], () => process.send('listening', server));
`;

// The other way round: the parent hands over each accepted connection, the child connects on from inside.
const connectInside = `
const { connect } = require('node:net');
process.on('disconnect', () => process.exit());
process.on('message', (_, incoming) => {
  if (!incoming) return;
  const outgoing = connect(Number(process.argv[2]), process.argv[1]);
  for (const [one, other] of [[incoming, outgoing], [outgoing, incoming]]) one.on('error', () => other.destroy());
  incoming.pipe(outgoing).pipe(incoming);
});
process.send('ready');
`;

function spawnInside(netns: string, script: string, address: string, port: number): ChildProcess {
  return spawn('nsenter', [`--net=${netns}`, process.execPath, '-e', script, address, String(port)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/**
 * Opens a listening socket at `address` inside a network namespace, for `http.createServer().listen(socket)` in this
 * process. Port 0 takes a free one: see `socket.address()`.
 * @throws Error when the address cannot be listened on.
 */
export async function listenInNetns(netns: string, address: string, port: number): Promise<Server> {
  const child = spawnInside(netns, listenInside, address, port);
  const ended = once(child, 'exit');
  const opened = new Promise<Server>((resolve, reject) => {
    child.once('message', (_, handle) => {
      if (handle instanceof Server) resolve(handle);
    });
    ended.then(
      () => reject(new Error(`No socket could be opened at ${address}:${port} in ${netns}`)),
      reject,
    );
  });
  const server = await opened;
  // As long as the child lives, the kernel gives it a share of the connections.
  child.kill('SIGKILL');
  await ended;
  return server;
}

/** Forwards a free port of 127.0.0.1 to `address:port` inside a network namespace, until closed or the lab is gone. */
export async function forwardIntoNetns(netns: string, address: string, port: number): Promise<ForwardedPort> {
  const child = spawnInside(netns, connectInside, address, port);
  const ended = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    ended.then(() =>
      Promise.reject(new Error(`${netns} cannot be entered: a lab has no network before its first host`)),
    ),
  ]);
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    // Once the child is gone with its lab, the connection has nowhere to go.
    if (child.connected) child.send('connection', socket);
    else socket.destroy();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const local = server.address();
  if (local === null || typeof local === 'string') throw new Error('A TCP server has no port');
  return {
    port: local.port,
    async close() {
      server.close();
      if (child.exitCode === null && child.signalCode === null) child.kill();
      await ended;
    },
  };
}

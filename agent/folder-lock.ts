// One agent a state folder: two on one journal would each run what the other began.
import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * Takes the folder, made where it is missing, for this process until it ends, however it ends. Linux frees the name with the process, so a kill
 * leaves nothing stale; elsewhere nothing is locked. Processes in other network namespaces are not seen.
 *
 * @throws Error when another agent has the folder
 */
export async function lockFolder(folder: string): Promise<{ release(): Promise<void> }> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (process.platform !== 'linux') return { release: async () => {} };
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32);
  // An abstract socket: a name without a file, that nobody connects to.
  const server = createServer((socket) => socket.destroy()).unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        'code' in error && error.code === 'EADDRINUSE'
          ? new Error(`${folder} is in use by another agent`)
          : error,
      ),
    );
    server.listen({ path: `\0skep-agent-${name}` }, resolve);
  });
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

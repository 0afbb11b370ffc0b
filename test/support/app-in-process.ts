// The server inside the test's own process: for what only the composition root can do, such as pausing the watcher.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type ServerProcess } from '../../lab/processes.ts';
import { type App, createApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import type { SlowReaderLimits } from '../../server/graphql/slow-readers.ts';
import { createLog } from '../../server/platform/log.ts';

export type AppInProcess = ServerProcess & { app(): App };

/**
 * A stand-in for `startServer` of lab/processes.ts: give it to startSystem as `launch`. It has no process of its own, so
 * `kill9` is refused.
 */
export const startAppInProcess = async ({
  dir,
  port,
  env = {},
  slowReaderLimits,
  web = null,
}: {
  dir: string;
  port?: number;
  env?: NodeJS.ProcessEnv;
  slowReaderLimits?: SlowReaderLimits;
  /** Folder of a console. */
  web?: string | null;
}): Promise<AppInProcess> => {
  const bound = port ?? (await freePort());
  const socket = join(dir, 'server.sock');
  let adminKey = '';
  let app: App | null = null;
  const running = (): App => {
    if (!app) throw new Error('the app was not started');
    return app;
  };
  const start = async (): Promise<void> => {
    const config = readConfig({
      SKEP_DATA_DIR: join(dir, 'data'),
      SKEP_PORT: String(bound),
      SKEP_SOCKET: socket,
      SKEP_LOG_LEVEL: 'error',
      SKEP_MUTATIONS_PER_MINUTE: '1000000',
      SKEP_REVEALS_PER_HOUR: '1000000',
      ...env,
    });
    app = await createApp({
      config,
      migrations: fileURLToPath(new URL('../../prisma/migrations', import.meta.url)),
      web,
      showFirstKey: (key) => {
        adminKey = key;
      },
      ...(slowReaderLimits && { slowReaderLimits }),
      log: createLog({ level: config.logLevel }),
    });
  };
  await start();
  return {
    app: running,
    url: `http://127.0.0.1:${bound}/graphql`,
    socketUrl: `ws://127.0.0.1:${bound}/graphql`,
    agentUrl: `ws+unix:${socket}:/agent`,
    adminKey,
    logPath: '',
    pid: () => process.pid,
    whenEnded: () => new Promise(() => undefined),
    kill9: () => Promise.reject(new Error('the server runs in the process of the test')),
    stop: () => running().close(),
    start,
  };
};

// The server's entry: configuration, start, signals.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type App, createApp } from './app.ts';
import { readConfig } from './config.ts';
import { armFailpoints } from './platform/failpoints.ts';
import { createLog } from './platform/log.ts';

/** Beside the bundle, or in the sources. */
const migrations = ['./migrations', '../prisma/migrations']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));

const start = async (): Promise<void> => {
  const config = readConfig(process.env);
  const log = createLog({ level: config.logLevel });
  armFailpoints(config.failpoints, log);
  if (migrations === undefined)
    throw new Error('the folder of migrations is missing beside the server; build again');
  // Once, to the console and nowhere else: the log scrubs secrets.
  const showFirstKey = (key: string): void => {
    process.stdout.write(`\nFirst start. This admin key is shown once:\n\n  ${key}\n\n`);
  };
  let stopping = false;
  const begin = (port: number): Promise<App> =>
    createApp({ config: { ...config, port }, migrations, showFirstKey, again, log });
  // Once only: the app that comes after it is of the new generation.
  let renewing = false;
  const again = (): void => {
    if (renewing || stopping) return;
    renewing = true;
    setImmediate(() => {
      const { port } = app;
      app
        .close()
        .then(() => begin(port))
        .then(
          (next) => {
            app = next;
            renewing = false;
          },
          (error: unknown) => {
            log.error({ err: error }, 'the server did not start anew');
            process.exit(1);
          },
        );
    });
  };
  let app = await begin(config.port);
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the server did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => {
    app.renewCertificate().then(
      () => log.info({}, 'the certificate was read again'),
      (error: unknown) => log.error({ err: error }, 'the certificate was not read again; the old one stays'),
    );
  });
};

start().catch((error: unknown) => {
  process.stderr.write(`skep-server: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
});

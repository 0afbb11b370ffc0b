// The server's entry: configuration, start, signals; or another sub-command, which a start loads nothing of.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type App, createApp } from './app.ts';
import { readConfig } from './config.ts';
import { armFailpoints } from './platform/failpoints.ts';
import { createLog } from './platform/log.ts';

const firstThere = (paths: readonly string[]): string | undefined =>
  paths.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path));

/** Beside the bundle, or in the sources. */
const migrations = firstThere(['./migrations', '../prisma/migrations']);
/** Beside the bundle, or beside the sources. */
const web = firstThere(['./web', '../dist/web']) ?? null;

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
  // Once only: the app that comes after it is of the new generation.
  let renewing = false;
  /** The one that runs or, while it is made, the one to come. */
  let app: Promise<App>;
  const begin = (port: number): Promise<App> =>
    createApp({ config: { ...config, port }, migrations, web, showFirstKey, again, log });
  const again = (): void => {
    if (renewing || stopping) return;
    renewing = true;
    setImmediate(() => {
      if (stopping) return;
      app = app.then(async ({ port, close }) => {
        await close();
        const next = await begin(port);
        renewing = false;
        return next;
      });
      app.catch((error: unknown) => {
        log.error({ err: error }, 'the server did not start anew');
        process.exit(1);
      });
    });
  };
  // A start is not broken off: what it is at is finished first, and then all is closed as at any other stop.
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    app
      .then(({ close }) => close())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'the server did not stop cleanly');
          process.exit(1);
        },
      );
  };
  // Before the start, for a signal that comes during it: migrations may take long.
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => {
    app
      .then(({ renewCertificate }) => renewCertificate())
      .then(
        () => log.info({}, 'the certificate was read again'),
        (error: unknown) =>
          log.error({ err: error }, 'the certificate was not read again; the old one stays'),
      );
  });
  app = begin(config.port);
  await app;
};

const [name, ...args] = process.argv.slice(2);
const fail = (error: unknown): void => {
  process.stderr.write(`skep-server: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
};
if (name === undefined || (name === 'start' && args.length === 0)) start().catch(fail);
else
  import('./commands.ts')
    .then(({ runCommand }) => runCommand([name, ...args], { migrations: migrations ?? '' }))
    .then((code) => {
      process.exitCode = code;
    }, fail);

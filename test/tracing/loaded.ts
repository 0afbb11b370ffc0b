// Starts the server in a folder, stops it, and prints which packages of OpenTelemetry were loaded; its API, which does
// nothing by itself, comes with prom-client.
import { Module } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { createLog } from '../../server/platform/log.ts';

const folder = process.argv[2] ?? '';
const config = readConfig({
  ...process.env,
  SKEP_DATA_DIR: join(folder, 'loaded'),
  SKEP_PORT: '0',
  SKEP_LOG_LEVEL: 'silent',
});
const app = await createApp({
  config,
  migrations: fileURLToPath(new URL('../../prisma/migrations', import.meta.url)),
  web: null,
  showFirstKey: () => undefined,
  log: createLog({ level: config.logLevel }),
});
await app.close();
const { _cache: cache } = Module as unknown as { _cache: Record<string, unknown> };
const packages = Object.keys(cache).flatMap((path) => /@opentelemetry\/([\w-]+)\//.exec(path)?.[1] ?? []);
process.stdout.write(JSON.stringify([...new Set(packages)].filter((name) => name !== 'api')));

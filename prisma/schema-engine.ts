// Prisma's own schema engine, as the WebAssembly that its npm package brings: nothing is fetched from the Internet.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import type { Migration } from '../server/platform/migration-folder.ts';

// Part of every Node.js, but typed only in TypeScript's library for browsers.
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: Readonly<Record<string, object>>,
  ): Promise<{ instance: { exports: Readonly<Record<string, unknown>> } }>;
};

// Once, on import: the package's glue has room for one instance, and a second would pull it from under open sessions.
const glue = fileURLToPath(import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
const bytes = readFileSync(join(dirname(glue), 'schema_engine_bg.wasm'));
const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': { ...engine } });
engine.__wbg_set_wasm(instance.exports);
const start = instance.exports.__wbindgen_start;
if (typeof start !== 'function') throw new Error('This version of the schema engine starts in another way.');
start();

/** A session of the engine; `close` gives back its database connections. */
export type SchemaEngineSession = { readonly engine: engine.SchemaEngine; close(): Promise<void> };

/**
 * Opens a session of the engine. `prisma migrate` does the same through a binary that its CLI fetches, and has no
 * setting to use this one.
 *
 * @param schema - the text of schema.prisma.
 * @param file - the database that the session is about; its shadow database is in memory.
 */
export const openSchemaEngine = async (schema: string, file = ':memory:'): Promise<SchemaEngineSession> => {
  const adapters: Adapter[] = [];
  const open = async (url: string) => {
    const adapter = await connect(url);
    adapters.push(adapter);
    return adapter;
  };
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: 'sqlite',
    adapterName: '@prisma/adapter-better-sqlite3',
    connect: () => open(file),
    connectToShadowDb: () => open(':memory:'),
  });
  const session = await engine.SchemaEngine.new(
    { datamodels: [['schema.prisma', schema]] },
    () => {},
    factory,
  );
  const close = async () => {
    session.free();
    await Promise.all(adapters.map((adapter) => adapter.dispose()));
  };
  return { engine: session, close };
};

/** No table is left out of what the engine compares. */
export const NO_FILTERS = { externalTables: [], externalEnums: [] };

/** Migrations as the engine takes them. It insists on the lock file that names the kind of database. */
export const migrationList = (migrations: readonly Migration[]): engine.MigrationList => ({
  baseDir: 'migrations',
  lockfile: { path: 'migration_lock.toml', content: 'provider = "sqlite"\n' },
  shadowDbInitScript: '',
  migrationDirectories: migrations.map(({ name, sql }) => ({
    path: name,
    migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
  })),
});

type Adapter = Awaited<ReturnType<PrismaBetterSqlite3['connect']>>;

const connect = async (url: string): Promise<Adapter> => {
  const adapter = await new PrismaBetterSqlite3({ url }).connect();
  const executeRaw = adapter.executeRaw.bind(adapter);
  // The engine replays a whole migration as one query; better-sqlite3 prepares one statement only.
  adapter.executeRaw = (query) =>
    query.args.length > 0 ? executeRaw(query) : adapter.executeScript(query.sql).then(() => 0);
  return adapter;
};

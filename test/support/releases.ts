// What servers of earlier releases left behind (test/fixtures/make-release.ts).
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import Sqlite from 'better-sqlite3';
import type { About } from '../fixtures/make-release.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(checkout, 'test/fixtures/releases');

export const releases: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

export const aboutRelease = (name: string): About =>
  JSON.parse(readFileSync(join(folder, name, 'about.json'), 'utf8'));

/** Makes its data folder at `to`. */
export const unpackRelease = (name: string, to: string): void => {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  execFileSync('tar', ['xzf', join(folder, name, 'data.tar.gz'), '-C', to]);
  // A key lasts a year at most, and these files longer.
  const db = new Sqlite(join(to, 'skep.db'));
  db.exec(`UPDATE ApiKey SET expiresAt = '2099-01-01T00:00:00.000+00:00' WHERE expiresAt IS NOT NULL`);
  db.close();
};

/** @returns the path of its agent, below `dir`. */
export const agentOfRelease = (name: string, dir: string): string => {
  const path = join(dir, 'agent.cjs');
  writeFileSync(path, gunzipSync(readFileSync(join(folder, name, 'agent.cjs.gz'))));
  return path;
};

/** @param entry of the server, in a folder of its own. */
export const addMigration = (entry: string, name: string, sql: string): void => {
  const migration = join(dirname(entry), 'migrations', name);
  mkdirSync(migration);
  writeFileSync(join(migration, 'migration.sql'), sql);
};

/** The server as it was built, below `dir`, with one migration more: what a later release is to this one. */
export const laterRelease = (dir: string, sql: string): string => {
  const dist = join(dir, 'later');
  cpSync(join(checkout, 'dist'), dist, { recursive: true });
  symlinkSync(join(checkout, 'node_modules'), join(dir, 'node_modules'));
  const entry = join(dist, 'server.cjs');
  addMigration(entry, '20990101000000_later', sql);
  return entry;
};

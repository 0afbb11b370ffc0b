// Starts the built server on a folder, and keeps beside it what it made meanwhile: V8's code, and Prisma's query plans.
// Usage: node lab/warm-server.cjs FOLDER FINGERPRINT; an empty folder first, then the same one again.
'use strict';
const { existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { get } = require('node:http');
const { join } = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const { serialize } = require('node:v8');

const dist = join(__dirname, '../dist');
/** What a server asks of Prisma in its life, one request a line: lab/record-requests.cjs. */
const requests = join(__dirname, '../prisma/requests.txt');
// Taken away: the server would read them as a sub-command.
const [folder, fingerprint] = process.argv.splice(2);
const socketPath = join(folder, 'socket');
Object.assign(process.env, {
  SKEP_DATA_DIR: folder,
  SKEP_SOCKET: socketPath,
  SKEP_PORT: '0',
  SKEP_LOG_LEVEL: 'silent',
});

/** A start with a cluster asks more than one without. */
const addCluster = () => {
  const Sqlite = require('better-sqlite3');
  const db = new Sqlite(join(folder, 'skep.db'));
  db.exec(
    `INSERT INTO "Cluster" ("id", "name", "createdAt") VALUES ('warm', 'warm', '2026-01-01T00:00:00.000+00:00')`,
  );
  db.close();
};

const isReady = () =>
  new Promise((resolve) => {
    get({ socketPath, path: '/readyz' }, (response) => resolve(response.resume().statusCode === 200)).once(
      'error',
      () => resolve(false),
    );
  });

const keep = (name, ...parts) => {
  const part = join(dist, `${name}.${process.pid}`);
  writeFileSync(part, Buffer.concat(parts));
  renameSync(part, join(dist, name));
};

const main = async () => {
  if (existsSync(join(folder, 'skep.db'))) addCluster();
  const plans = new Map();
  globalThis.skepPlansAsked = {
    set: (request, plan) => plans.set(request, plan),
    begin: (compiler) => {
      for (const [at, request] of readFileSync(requests, 'utf8').split('\n').entries()) {
        try {
          if (request !== '') compiler.compile(request);
        } catch (error) {
          console.warn(
            `build: prisma/requests.txt:${at + 1} does not fit the schema, take it away: ${error.message}`,
          );
        }
      }
    },
  };
  const { script, head } = require(join(dist, 'server.cjs'));
  while (!(await isReady())) await delay(20);
  keep('query-plans.bin', serialize({ build: fingerprint, plans }));
  keep('server-code.bin', Buffer.from(head, 'latin1'), script.createCachedData());
  process.kill(process.pid, 'SIGTERM');
};

// The first key, which nobody will use.
process.stdout.write = () => true;
main();

// What the built server asks of Prisma and prisma/requests.txt lacks is written down, a line each:
//   NODE_OPTIONS="--require $PWD/lab/record-requests.cjs" SKEP_ENGINES=simulated npm test
//   LC_ALL=C sort -u -o prisma/requests.txt prisma/requests.txt .lab/requests.txt
'use strict';
const { appendFileSync, existsSync, mkdirSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const known = join(__dirname, '../prisma/requests.txt');
// Not at once into the other, which the build is made of.
const found = join(__dirname, '../.lab/requests.txt');

const has = (path, line) => existsSync(path) && readFileSync(path, 'utf8').split('\n').includes(line);

globalThis.skepPlansAsked = {
  begin: () => undefined,
  set: (request) => {
    if (has(known, request) || has(found, request)) return;
    mkdirSync(dirname(found), { recursive: true });
    appendFileSync(found, `${request}\n`);
  },
};

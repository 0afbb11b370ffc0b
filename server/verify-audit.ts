// `verify-audit FILE …`: verifies a history that was exported, or a database, without a server. A file of its own in
// dist/, and a sub-command of the server.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { SignedHead } from './audit/head.ts';
import { createCheck, type Findings } from './audit/offline/check.ts';
import { BadLine, readDatabase, readExport } from './audit/offline/read-lines.ts';

const usage = `Usage: verify-audit [--heads FILE]… [--server-key FILE|TEXT] [--json] FILE…

FILE: an export (NDJSON), sealed segments (.ndjson.gz) before it in their order, or a database (.db, needs better-sqlite3).
--heads: heads that somebody kept: heads.jsonl of an agent's state folder, or answers of auditHead, one JSON object a line.
--server-key: the server's Ed25519 key: PEM file, or SPKI DER in base64url. Of a database, by default server-key.pem beside it.
Example: verify-audit --server-key server-key.pem --heads heads.jsonl sealed/audit-*.ndjson.gz export.ndjson
Ends with 0: nothing wrong; 1: the history was changed; 2: a file cannot be read; 64: wrong use.`;

/** SPKI DER, base64url. */
const publicKeyOf = (text: string): string => {
  if (!existsSync(text)) return text;
  const pem = readFileSync(text);
  const key = pem.includes('PRIVATE') ? createPublicKey(createPrivateKey(pem)) : createPublicKey(pem);
  return key.export({ type: 'spki', format: 'der' }).toString('base64url');
};

const headsIn = (file: string): { head: SignedHead; from: string }[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((text) => text.trim() !== '')
    .map((text, index) => {
      try {
        return { head: JSON.parse(text) as SignedHead, from: file };
      } catch {
        throw new BadLine(`${file}, line ${index + 1}: not JSON`);
      }
    });

const isDatabase = (file: string): boolean => {
  const handle = openSync(file, 'r');
  try {
    const begin = Buffer.alloc(15);
    readSync(handle, begin, 0, 15, 0);
    return begin.toString('latin1') === 'SQLite format 3';
  } finally {
    closeSync(handle);
  }
};

const print = ({ ok, records, from, to, signedHeads, keptHeads, seals, faults, notes }: Findings): void => {
  const range = from === null ? '' : ` (${from} to ${to})`;
  console.log(`${records} records${range}, ${signedHeads} signed heads, ${seals} seals`);
  const { fit, contradicted, branched, notReached } = keptHeads;
  if (fit + contradicted + branched + notReached > 0)
    console.log(
      `kept heads: ${fit} fit, ${contradicted} contradict, ${branched} branched, ${notReached} not reached`,
    );
  for (const note of notes) console.log(`note: ${note}`);
  for (const { seq, message } of faults) console.log(`record ${seq}: ${message}`);
  console.log(ok ? 'OK: nothing was changed' : 'CHANGED: this is not the history as it was written');
};

const verify = async (args: readonly string[]): Promise<number> => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      heads: { type: 'string', multiple: true, default: [] },
      'server-key': { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || positionals.length === 0) {
    console.log(usage);
    return values.help ? 0 : 64;
  }
  const beside = positionals
    .map((file) => join(dirname(file), 'server-key.pem'))
    .find((file) => existsSync(file));
  const given = values['server-key'] ?? (positionals.some(isDatabase) ? beside : undefined);
  const publicKey = given === undefined ? null : publicKeyOf(given);
  const check = createCheck({ kept: values.heads.flatMap(headsIn), publicKey });
  for (const file of positionals) {
    if (isDatabase(file) && publicKey === null)
      throw new BadLine(`${basename(file)}: without server-key.pem beside it, give --server-key`);
    for await (const line of isDatabase(file) ? readDatabase(file, publicKey ?? '') : readExport(file))
      check.take(line);
  }
  const findings = check.end();
  if (values.json) console.log(JSON.stringify(findings, null, 2));
  else print(findings);
  return findings.ok ? 0 : 1;
};

/** @param args without the names of Node and program. @returns the exit code; what was found is printed. */
export const verifyAudit = (args: readonly string[]): Promise<number> =>
  verify(args).catch((error: unknown) => {
    console.error(`verify-audit: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof TypeError ? 64 : 2;
  });

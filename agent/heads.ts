// The heads of the server's history that this agent keeps, so that a history that is rewritten later is found out.
import { createPublicKey, verify } from 'node:crypto';
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { replaceFile, syncFolder } from './durable-file.ts';

/** A head of the history, signed by the server (agent.graphql, AuditHead). */
export const signedHead = z.object({
  server: z.string(),
  generation: z.string(),
  seq: z.int(),
  hash: z.string(),
  at: z.string(),
  signature: z.string(),
});

/** A head of the history, signed by the server. */
export type SignedHead = z.infer<typeof signedHead>;

/** What became of a head: `refused` says which kept one contradicts it, null when its signature is not the server's. */
export type Received =
  | { readonly kept: SignedHead }
  | { readonly refused: SignedHead; readonly by: SignedHead | null };

/** The kept heads. */
export interface KeptHeads {
  /** On the disk when it returns; throws when the disk refuses. */
  receive(head: SignedHead): Received;
  /** Oldest first. */
  all(): readonly SignedHead[];
}

const recentKept = 300;
const daysKept = 366;
const refusedKept = 100;

/**
 * Opens `heads.jsonl` of a state folder, one head a line; what was refused stands in `heads-refused.jsonl`. Kept are the
 * newest 300, the newest of each generation, and the first of each day for a year.
 *
 * @param serverKey - the key that this agent trusts: Ed25519, SPKI DER in base64url; undefined before enrolment
 */
export function openHeads({
  folder,
  serverKey,
}: {
  folder: string;
  serverKey: () => string | undefined;
}): KeptHeads {
  const path = join(folder, 'heads.jsonl');
  let heads = worthKeeping(readHeads(path));
  rewrite();

  function rewrite(): void {
    heads = worthKeeping(heads);
    const content = heads.map((head) => `${JSON.stringify(head)}\n`).join('');
    // Most starts find it as it should be, and wait for no disk.
    if (!existsSync(path) || readFileSync(path, 'utf8') !== content) replaceFile(path, content);
  }

  return {
    all: () => heads,
    receive: (head) => {
      if (!isSigned(serverKey(), head)) return { refused: head, by: null };
      const own = heads.filter(({ generation }) => generation === head.generation);
      const same = own.find(({ seq }) => seq === head.seq);
      if (same?.hash === head.hash) return { kept: same };
      // The history only grows: a head below the newest one is of a history that was cut.
      const by = same ?? own.findLast(({ seq }) => seq > head.seq);
      if (by !== undefined) {
        remember(folder, head, by);
        return { refused: head, by };
      }
      heads = [...heads, head];
      try {
        append(path, head);
      } catch (error) {
        // Half a line must not stand before the next one.
        heads = heads.slice(0, -1);
        rewrite();
        throw error;
      }
      if (heads.length > 2 * recentKept + daysKept) rewrite();
      return { kept: head };
    },
  };
}

/** The text that the server signs (agent.graphql, AuditHead.signature). */
export function headText({ server, generation, seq, hash, at }: SignedHead): string {
  return `skep-audit-head-v1\n${server}\n${generation}\n${seq}\n${hash}\n${at}`;
}

function isSigned(serverKey: string | undefined, head: SignedHead): boolean {
  if (serverKey === undefined) return false;
  const key = createPublicKey({ key: Buffer.from(serverKey, 'base64url'), format: 'der', type: 'spki' });
  return verify(null, Buffer.from(headText(head)), key, Buffer.from(head.signature, 'base64url'));
}

function worthKeeping(heads: readonly SignedHead[]): SignedHead[] {
  const days = new Map<string, SignedHead>();
  const newest = new Map<string, SignedHead>();
  for (const head of heads) {
    if (!days.has(head.at.slice(0, 10))) days.set(head.at.slice(0, 10), head);
    newest.set(head.generation, head);
  }
  const kept = new Set([
    ...heads.slice(-recentKept),
    ...[...days.values()].slice(-daysKept),
    ...newest.values(),
  ]);
  return heads.filter((head) => kept.has(head));
}

// A last line that was torn by a crash was never confirmed: it is left out.
function readHeads(path: string): SignedHead[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const parsed = signedHead.safeParse(parseJson(line));
      return parsed.success ? [parsed.data] : [];
    });
}

function append(path: string, head: SignedHead): void {
  const handle = openSync(path, 'a', 0o600);
  try {
    writeSync(handle, `${JSON.stringify(head)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function remember(folder: string, refused: SignedHead, by: SignedHead): void {
  const path = join(folder, 'heads-refused.jsonl');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const line = JSON.stringify({ refused, by });
  if (lines.includes(line) || lines.length > refusedKept) return;
  appendFileSync(path, `${line}\n`, { mode: 0o600, flush: true });
  syncFolder(dirname(path));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

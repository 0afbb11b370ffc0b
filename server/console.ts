// The console: the files of the web page that Vite built, answered from memory. They are read once, at the start, so that
// no request opens a file, and a page that is built anew while the server runs is never half of one and half of another.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, relative } from 'node:path';
import { lookup } from 'mrmime';

/** @returns whether it has answered. */
export type Console = (request: IncomingMessage, response: ServerResponse, path: string) => boolean;

/** Preferred first; Vite's plugins write them beside the file. */
const encodings = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const;

type Packed = { encoding: string; bytes: Buffer };
type File = { type: string; tag: string; cache: string; bytes: Buffer; packed: readonly Packed[] };

/** A page that is shown under another's name, or that runs what is not ours, would act with the session's cookie. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** A reader that takes nothing for so long is left. */
const idleMs = 60_000;

const readFiles = (folder: string): ReadonlyMap<string, File> => {
  const found = new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [`/${relative(folder, path).replaceAll('\\', '/')}`, readFileSync(path)]),
  );
  const fileOf = (path: string, bytes: Buffer): File => {
    const type = lookup(path) ?? 'application/octet-stream';
    const packed = encodings.flatMap(({ name, ending }): Packed[] => {
      const body = found.get(`${path}${ending}`);
      return body ? [{ encoding: name, bytes: body }] : [];
    });
    return {
      type: type.startsWith('text/') ? `${type}; charset=utf-8` : type,
      // Weak: it is the same whether it is packed or not.
      tag: `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      // The names of the others stay when what is in them changes.
      cache: path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      bytes,
      packed,
    };
  };
  const isPacked = (path: string): boolean =>
    encodings.some(({ ending }) => path.endsWith(ending) && found.has(path.slice(0, -ending.length)));
  return new Map(
    [...found].flatMap(([path, bytes]) => (isPacked(path) ? [] : [[path, fileOf(path, bytes)] as const])),
  );
};

const accepts = (header: string | undefined, name: string): boolean =>
  (header ?? '').split(',').some((each) => {
    const [what, quality] = each.split(';').map((part) => part.trim().toLowerCase());
    return what === name && !/^q=0(\.0*)?$/.test(quality ?? '');
  });

const send = (
  { method, headers: asked }: IncomingMessage,
  response: ServerResponse,
  { type, tag, cache, bytes, packed }: File,
): void => {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('cache-control', cache).setHeader('etag', tag);
  if (packed.length > 0) response.setHeader('vary', 'Accept-Encoding');
  if (asked['if-none-match']?.includes(tag)) {
    response.writeHead(304).end();
    return;
  }
  const body = packed.find(({ encoding }) => accepts(asked['accept-encoding'], encoding)) ?? {
    encoding: null,
    bytes,
  };
  if (body.encoding !== null) response.setHeader('content-encoding', body.encoding);
  response.setTimeout(idleMs, () => response.destroy());
  response.writeHead(200, { 'content-type': type, 'content-length': body.bytes.length });
  response.end(method === 'HEAD' ? undefined : body.bytes);
};

/** @param folder of what was built; null: it was not. @returns null when there is no page in it. */
export const createConsole = (folder: string | null): Console | null => {
  const files = folder === null ? new Map<string, File>() : readFiles(folder);
  const page = files.get('/index.html');
  if (!page) return null;
  return (request, response, path) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    // Its routes are its own: whatever a browser asks for as a page is the page.
    const isPage = path === '/' || request.headers.accept?.includes('text/html') === true;
    const file = files.get(path) ?? (isPage ? page : undefined);
    if (file) send(request, response, file);
    return file !== undefined;
  };
};

// The console's files: what is answered with them and what never is, with which headers; and its cookie behind TLS.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppInProcess, startAppInProcess } from '../support/app-in-process.ts';
import { askSession } from '../support/console.ts';
import { sendBytes } from './raw.ts';

const page = '<!doctype html><title>Skep</title><script type="module" src="/assets/app-1a2b.js"></script>';
const script = `export const text = '${'skep '.repeat(500)}';`;
const folder = mkdtempSync(join(tmpdir(), 'skep-'));
const running: AppInProcess[] = [];

const start = async (env: NodeJS.ProcessEnv, web: string | null): Promise<AppInProcess> => {
  const app = await startAppInProcess({ dir: mkdtempSync(join(folder, 'a')), env, web });
  running.push(app);
  return app;
};

beforeAll(() => {
  const web = join(folder, 'web');
  mkdirSync(join(web, 'assets'), { recursive: true });
  writeFileSync(join(web, 'index.html'), page);
  writeFileSync(join(web, 'icon.svg'), '<svg/>');
  writeFileSync(join(web, 'assets/app-1a2b.js'), script);
  writeFileSync(join(web, 'assets/app-1a2b.js.br'), brotliCompressSync(script));
  writeFileSync(join(web, 'assets/app-1a2b.js.gz'), gzipSync(script));
  writeFileSync(join(folder, 'outside.txt'), 'not to be told');
});
afterAll(async () => {
  for (const app of running) await app.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** As it comes over the wire: fetch unpacks, and resolves dots itself. */
const get = (
  { url }: AppInProcess,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }> =>
  new Promise((resolve, reject) => {
    const sent = request(new URL(url).origin, { path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response
        .on('data', (part: Buffer) => parts.push(part))
        .on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            bytes: Buffer.concat(parts),
          }),
        );
    });
    sent.on('error', reject).end();
  });
const asPage = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('the console', () => {
  let app: AppInProcess;
  beforeAll(async () => {
    app = await start({}, join(folder, 'web'));
  });

  it.each([
    '/nosuch.js',
    '/assets/nosuch.js',
    '/assets',
    '/assets/',
    '/../outside.txt',
    '/assets/../../outside.txt',
    '/%2e%2e/outside.txt',
    '/assets/..%2f..%2foutside.txt',
    '/constructor',
    '/__proto__',
  ])('has no %s', async (path) => {
    const { status, bytes } = await get(app, path);
    expect([status, String(bytes)]).toEqual([404, 'GraphQL is at /graphql\n']);
  });

  it('is no answer of the API, whoever asks, nor of another method', async () => {
    expect(String((await get(app, '/healthz', asPage)).bytes)).toBe('ok\n');
    expect(String((await get(app, '/readyz', asPage)).bytes)).toBe('ready\n');
    for (const path of ['/graphql', '/audit/export', '/session', '/agent', '/agent?x=1']) {
      const { bytes, status } = await get(app, path, asPage);
      expect(status, path).toBeGreaterThanOrEqual(400);
      expect(String(bytes), path).not.toContain('<!doctype');
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await get(app, '/', asPage, method)).status).toBe(404);
  });

  it.each(['bytes=5-2', 'bytes=-', 'bytes=99999999-', 'nosuch'])('bears a Range of %s', async (range) => {
    const { status, bytes } = await get(app, '/', { range });
    expect([status, String(bytes)]).toEqual([200, page]);
  });

  it('answers what is no request in good order, and goes on', async () => {
    expect(
      await sendBytes(app, 'GET constructor HTTP/1.1\r\nHost: skep\r\nConnection: close\r\n\r\n'),
    ).toMatch(/^HTTP\/1\.1 40[04] /);
    expect((await get(app, '/')).status).toBe(200);
  });

  it('is shown at / and at each of its own routes, and asked for anew each time', async () => {
    const first = await get(app, '/');
    expect([first.status, String(first.bytes)]).toEqual([200, page]);
    expect(first.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-length': String(page.length),
      'cache-control': 'no-cache',
    });
    for (const path of ['/nodes', '/clusters/abc/services?text=x', '/assets/nosuch', '/graphql/more'])
      expect(String((await get(app, path, asPage)).bytes), path).toBe(page);
    const again = await get(app, '/', { 'if-none-match': String(first.headers.etag) });
    expect([again.status, again.bytes.length]).toEqual([304, 0]);
    const head = await get(app, '/', {}, 'HEAD');
    expect([head.status, head.bytes.length, head.headers['content-length']]).toEqual([
      200,
      0,
      String(page.length),
    ]);
  });

  it('keeps what has its digest in its name for ever, and sends it packed to who takes that', async () => {
    const path = '/assets/app-1a2b.js';
    const ways: [string | undefined, string | undefined, Buffer][] = [
      ['gzip, deflate, br', 'br', brotliCompressSync(script)],
      ['gzip;q=1.0, br;q=0', 'gzip', gzipSync(script)],
      ['identity', undefined, Buffer.from(script)],
      [undefined, undefined, Buffer.from(script)],
    ];
    for (const [accepted, encoding, bytes] of ways) {
      const told = await get(app, path, accepted === undefined ? {} : { 'accept-encoding': accepted });
      expect(told.status).toBe(200);
      expect(told.headers['content-encoding']).toBe(encoding);
      expect(told.bytes.equals(bytes)).toBe(true);
      expect(told.headers).toMatchObject({
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'Accept-Encoding',
      });
    }
    expect((await get(app, `${path}.br`)).status).toBe(404);
    expect((await get(app, '/icon.svg')).headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'cache-control': 'no-cache',
    });
  });

  it.each(['/', '/nodes', '/assets/app-1a2b.js', '/icon.svg'])(
    'says of %s what a page may do',
    async (path) => {
      expect((await get(app, path, asPage)).headers).toMatchObject({
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
      });
    },
  );
});

it.each([null, 'assets'])('a console that was not built is missing, and that is said (%s)', async (under) => {
  const app = await start({}, under && join(folder, 'web', under));
  const { status, bytes } = await get(app, '/', asPage);
  expect([status, String(bytes)]).toEqual([
    404,
    'GraphQL is at /graphql; the console was not built: npm run build\n',
  ]);
});

describe('behind a proxy that speaks TLS', () => {
  const console1 = 'https://console.example';

  it('the cookie is for TLS and this host alone, and pages without TLS are others', async () => {
    const app = await start({ SKEP_BEHIND_PROXY: 'yes', SKEP_CONSOLE_URL: `${console1}/` }, null);
    const { host } = new URL(app.url);
    const body = { key: app.adminKey };
    for (const origin of [`http://${host}`, 'http://console.example', 'https://console.example:444'])
      expect(await askSession(app, { body, headers: { origin } })).toMatchObject({ code: 'FORBIDDEN' });
    for (const origin of [`https://${host}`, console1]) {
      const { status, headers } = await askSession(app, { body, headers: { origin } });
      expect(status).toBe(200);
      expect(headers.get('set-cookie')).toMatch(
        /^__Host-skep_session=skep_session_[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict; Secure$/,
      );
    }
    const ask = (cookie: string) =>
      fetch(app.url, {
        method: 'POST',
        headers: { cookie, origin: console1, 'content-type': 'application/json' },
        body: JSON.stringify({ query: 'mutation { createSignInLink(input: {}) { link ticket } }' }),
      }).then((response) => response.json() as any);
    const { cookie } = await askSession(app, { body, headers: { origin: console1 } });
    const { createSignInLink } = (await ask(cookie ?? '')).data;
    expect(createSignInLink.link).toBe(`${console1}/#ticket=${createSignInLink.ticket}`);
    const bare = await ask((cookie ?? '').replace('__Host-', ''));
    expect(bare.errors[0].extensions.code).toBe('UNAUTHENTICATED');
  });
});

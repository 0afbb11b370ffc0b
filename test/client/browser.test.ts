// The package in a browser: a page of another origin that the server allows asks, acts and follows.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, visit, whyNoBrowser } from '../support/browser.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const built = fileURLToPath(new URL('../../dist/client', import.meta.url));

const script = `
import { createSkepClient } from './client.js';
import * as documents from './documents.js';
window.told = [];
const { url, key, node } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
const client = createSkepClient({ url, key });
const onLine = (up) => window.told.push({ up });
const { eventCursor: after } = await client.request(documents.eventCursor);
const set = (value) => client.perform(documents.updateNodeLabels, {
  input: { nodes: [node], set: [{ key: 'page', value }] },
});
window.set = async (value) => (await set(value)).updateNodeLabels.state;
for await (const { nodeChanged } of client.subscribe(documents.nodeChanged, {}, { after, onLine }))
  window.told.push(nodeChanged.changes[0].new);
`;

describe.skipIf(whyNoBrowser !== null)('the package in a browser', () => {
  let system: System;
  let relay: Relay;
  let pages: Server;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];
  beforeAll(async () => {
    const files = new Map([
      ['/', '<script type="module" src="/page.js"></script>'],
      ['/page.js', script],
      ...['/client.js', '/documents.js'].map(
        (path) => [path, readFileSync(join(built, path), 'utf8')] as const,
      ),
    ]);
    pages = createServer(({ url = '' }, response) => {
      const text = files.get(url);
      response.statusCode = text === undefined ? 404 : 200;
      response.setHeader('content-type', url.endsWith('.js') ? 'text/javascript' : 'text/html').end(text);
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    system = await startSystem({
      engines: { kind: 'simulated', version: '20.10', speed: 10 },
      hosts: 1,
      env: { SKEP_ALLOWED_ORIGINS: origin },
    });
    await system.formSwarm();
    relay = await startRelay(Number(new URL(system.server.url).port));
    browser = await openBrowser();
    const visited = await visit(browser);
    page = visited.page;
    page.on('pageerror', (error) => faults.push(String(error)));
    const told = new URLSearchParams({
      url: `http://127.0.0.1:${relay.port}`,
      key: system.server.adminKey,
      node: system.members[0]?.host.hostname ?? '',
    });
    await page.goto(`${origin}/#${told}`);
  });
  afterAll(async () => {
    await browser?.close();
    pages?.close();
    await relay?.close();
    await system?.stop();
  });

  const told = () => page.evaluate('window.told') as Promise<unknown[]>;
  const set = (value: string) => page.evaluate(`window.set(${JSON.stringify(value)})`);

  it('acts, and follows over a line that breaks', async () => {
    await until(async () => (await told()).length > 0, 'the page follows');
    expect(await set('first')).toBe('SUCCEEDED');
    await until(async () => (await told()).includes('first'), 'the first change is told');
    relay.cut();
    await until(async () => (await told()).length === 3, 'the line is away');
    relay.heal();
    expect(await set('second')).toBe('SUCCEEDED');
    await until(async () => (await told()).includes('second'), 'the second change is told');
    expect(await told()).toEqual([{ up: true }, 'first', { up: false }, { up: true }, 'second']);
    expect(faults).toEqual([]);
  });
});

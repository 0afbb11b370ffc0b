// The console as it is served: small, from the server alone, and closed to whatever else a page could load.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consoleOf, openBrowser, signIn, visit, whyNoBrowser } from '../support/browser.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Bytes of gzipped script (issue 6). */
const most = 200_000;

describe.skipIf(whyNoBrowser)(`the console's first load (SIMULATED engines)${whyNoBrowser ?? ''}`, () => {
  let system: System;
  let browser: Browser;

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '20.10', speed: 4 }, hosts: 1 });
    await system.formSwarm();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it('is at most 200 kB of gzipped script, and all of it comes from the server itself', async () => {
    const { page, faults } = await visit(browser);
    const scripts = new Map<string, number>();
    const origins = new Set<string>();
    const open = new Set<string>();
    page.on('requestfinished', (request) => open.delete(request.url()));
    page.on('requestfailed', (request) => open.delete(request.url()));
    page.on('request', (request) => {
      open.add(request.url());
      origins.add(new URL(request.url()).origin);
    });
    page.on('response', async (response) => {
      if (response.request().resourceType() === 'script')
        scripts.set(
          response.url(),
          gzipSync(readFileSync(`dist/web${new URL(response.url()).pathname}`)).length,
        );
    });
    await signIn(page, consoleOf(system), system.server.adminKey);
    await page.getByRole('heading', { name: 'test', exact: true }).waitFor();
    await page.locator('[data-map-node]').first().waitFor();
    await until(() => open.size === 0, 'all is loaded');
    const total = [...scripts.values()].reduce((sum, bytes) => sum + bytes, 0);
    console.log(`first load: ${scripts.size} scripts, ${total} bytes gzipped, of at most ${most}`);
    expect(scripts.size).toBeGreaterThan(0);
    expect(total).toBeLessThanOrEqual(most);
    expect([...origins]).toEqual([new URL(system.server.url).origin]);
    expect(faults).toEqual([]);
    // What is compressed is what goes over the wire.
    const [script] = [...scripts].sort(([, a], [, b]) => b - a)[0] ?? [];
    const { headers } = await page.request
      .get(script ?? '', { headers: { 'accept-encoding': 'gzip' } })
      .then((response) => ({ headers: response.headers() }));
    expect(headers['content-encoding']).toBe('gzip');
  });

  it('runs no script but its own', async () => {
    const { page, faults } = await visit(browser);
    await page.goto(consoleOf(system));
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      document.body.append(script);
    });
    expect(await page.evaluate(() => 'injected' in window)).toBe(false);
    expect(faults.join()).toContain('Content Security Policy');
  });
});

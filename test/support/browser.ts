// A real browser at the console: Debian's Chromium, driven by playwright-core.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { System } from './system.ts';

const executablePath =
  process.env.SKEP_CHROMIUM ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

/** Null where there is a browser; otherwise why tests of the console are skipped. In CI that is a failure. */
export const whyNoBrowser: string | null = executablePath
  ? null
  : 'no Chromium: apt-get install chromium, or name one by SKEP_CHROMIUM';
if (whyNoBrowser !== null && process.env.CI === 'true')
  throw new Error(`CI needs a browser: ${whyNoBrowser}`);

/** As root in a container: no sandbox of its own, and a /dev/shm that may be too small for a page. */
export const openBrowser = (): Promise<Browser> => {
  if (!executablePath) throw new Error(whyNoBrowser ?? 'no browser');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
};

/** Where the console is: the server's own address. */
export const consoleOf = ({ server }: Pick<System, 'server'>): string => new URL('/', server.url).href;

export type Visit = {
  context: BrowserContext;
  page: Page;
  /** What the page's scripts failed with, and what the browser refused to load. */
  faults: string[];
};

/** A browser of its own, with no cookies yet. */
export const visit = async (
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Visit> => {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    // Before the sign-in, and after its end, the server says that nobody is signed in.
    if (message.type() === 'error' && !/status of 401|WebSocket|ERR_/.test(message.text()))
      faults.push(message.text());
  });
  return { context, page, faults };
};

/** Fills in the sign-in page. */
export const signIn = async (page: Page, url: string, key: string): Promise<void> => {
  await page.goto(url);
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
};

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export type Violation = { id: string; impact: string; where: string[] };

/** What axe-core finds of serious or critical impact on the page as it is now. */
export const seriousViolations = async (page: Page): Promise<Violation[]> => {
  // By the debugger's own way in: the page's policy allows no script of others.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as any).axe.run();
    return violations
      .filter(({ impact }: any) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, nodes }: any) => ({
        id,
        impact,
        where: nodes
          .slice(0, 3)
          .map(({ html, any }: any) => `${html.slice(0, 200)} ${any[0]?.message ?? ''}`),
      }));
  });
};

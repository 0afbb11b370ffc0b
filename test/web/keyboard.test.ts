// Without a mouse: search, the filter that the address keeps, movement in the list, opening, choosing and acting.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consoleOf, openBrowser, signIn, visit, whyNoBrowser } from '../support/browser.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe.skipIf(whyNoBrowser)(`the console by keyboard (SIMULATED engines)${whyNoBrowser ?? ''}`, () => {
  let system: System;
  let browser: Browser;
  let page: Page;
  let names: string[];

  const rows = () => page.locator('tr[data-node]');
  const list = () => page.locator('section[aria-label^="Nodes:"]');

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 10 }, hosts: 4 });
    await system.formSwarm({ managers: 3 });
    names = system.members.map(({ host }) => host.hostname).sort();
    browser = await openBrowser();
    page = (await visit(browser)).page;
    await signIn(page, consoleOf(system), system.server.adminKey);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it('finds a node from anywhere', async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('textbox', { name: 'Search nodes, hosts and pages' }).waitFor();
    await page.keyboard.type(names[2] ?? '');
    await page.getByRole('dialog').getByText('node ·').first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: names[2] ?? '' }).waitFor();
  });

  it('keeps filter and order in the address', async () => {
    await page.keyboard.press('Alt+2');
    await until(async () => (await rows().count()) === 4, 'four nodes');
    await page.keyboard.press('/');
    await page.keyboard.type(names[1] ?? '');
    await until(async () => (await rows().count()) === 1, 'one node');
    expect(page.url()).toContain(`text=${names[1]}`);
    await page.reload();
    await until(async () => (await rows().count()) === 1, 'one node after a reload');
    await page.goto(`${consoleOf(system)}nodes?role=MANAGER&sort=-hostname`);
    await until(async () => (await rows().count()) === 3, 'three managers');
    const shown = await rows().evaluateAll((all) => all.map((row) => row.getAttribute('data-node')));
    expect(shown).toEqual([...shown].sort().reverse());
    await page.goto(`${consoleOf(system)}nodes?label=nowhere`);
    await page.getByText('No node fits this filter').waitFor();
  });

  it('moves, chooses, acts and opens', async () => {
    await page.goto(`${consoleOf(system)}nodes`);
    await until(async () => (await rows().count()) === 4, 'four nodes');
    await list().focus();
    await page.keyboard.press('j');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Act on 1 node' }).waitFor();
    expect(await page.getByRole('checkbox', { name: `Choose ${names[2]}` }).isChecked()).toBe(true);
    await page.keyboard.press('a');
    await page.getByRole('menuitem', { name: 'Drain' }).waitFor();
    await page.keyboard.press('Escape');
    await list().focus();
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: names[1] ?? '' }).waitFor();
  });
});

// Who may only look sees the same pages: what cannot be done is there, disabled, with its reason.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consoleOf, openBrowser, signIn, visit, whyNoBrowser } from '../support/browser.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe.skipIf(whyNoBrowser)(`a viewer in the console (SIMULATED engines)${whyNoBrowser ?? ''}`, () => {
  let system: System;
  let browser: Browser;
  let page: Page;
  let keyId: string;

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '20.10', speed: 4 }, hosts: 2 });
    await system.formSwarm();
    const { createApiKey } = await system.ask(
      'mutation { createApiKey(input: { name: "looks", role: VIEWER }) { key apiKey { id } } }',
    );
    keyId = createApiKey.apiKey.id;
    browser = await openBrowser();
    page = (await visit(browser)).page;
    await signIn(page, consoleOf(system), createApiKey.key);
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it('is refused with a wrong key, and told so', async () => {
    const { page: other } = await visit(browser);
    await other.goto(consoleOf(system));
    await other.getByLabel('API key').fill('skep_key_aaaaaaaa_wrong');
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.getByRole('alert').getByText('UNAUTHENTICATED').waitFor();
  });

  it('sees nodes, and every act on them disabled with the permission that is missing', async () => {
    await page.getByRole('link', { name: 'Nodes', exact: true }).click();
    await page.getByRole('checkbox', { name: 'Choose all that are listed' }).check();
    await page.getByRole('button', { name: 'Act on 2 nodes' }).click();
    const items = page.getByRole('menuitem');
    await until(async () => (await items.count()) >= 9, 'the menu is there');
    for (const item of await items.all()) {
      expect(await item.isDisabled()).toBe(true);
      expect(await item.textContent()).toMatch(/does not hold \w+:\w+/);
    }
    await page.keyboard.press('Escape');
  });

  it('cannot act on a cluster either', async () => {
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('button', { name: 'Act on test' }).click();
    await until(async () => (await page.getByRole('menuitem').count()) > 0, 'the menu is there');
    for (const item of await page.getByRole('menuitem').all()) expect(await item.isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
  });

  it('is signed out when the key is revoked, and told why', async () => {
    await system.ask('mutation($id: ID!) { revokeApiKey(input: { id: $id, reason: "gone" }) { state } }', {
      id: keyId,
    });
    await page.getByRole('alert').getByText('SESSION_ENDED').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in to Skep' }).waitFor();
  });
});

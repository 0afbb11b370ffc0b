// Keys, links and hosts that come: secrets are shown once, and what they open is seen to open.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgent } from '../../lab/processes.ts';
import { consoleOf, signIn, visit, whyNoBrowser } from '../support/browser.ts';
import { type Signed, signedIn } from '../support/console-visit.ts';

describe.skipIf(whyNoBrowser)(`access in the console (SIMULATED engines)${whyNoBrowser ?? ''}`, () => {
  let signed: Signed;

  beforeAll(async () => {
    signed = await signedIn({ hosts: 1 });
  });
  afterAll(() => signed?.stop());

  it('a key is shown once, signs in with what it holds, and ends that when it is revoked', async () => {
    const { system, browser, page, go } = signed;
    await go('/access');
    await page.getByRole('button', { name: 'Create a key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('pipelines');
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('releases');
    await dialog.getByRole('button', { name: 'Create the key' }).click();
    const key = await dialog.getByLabel('API key', { exact: true }).innerText();
    expect(key).toMatch(/^skep_key_/);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.locator('[data-key=pipelines]').waitFor();
    expect(await page.content()).not.toContain(key);

    const { page: other } = await visit(browser);
    await signIn(other, consoleOf(system), key);
    await other.goto(new URL('/access', consoleOf(system)).href);
    await other.getByText('cluster:read').first().waitFor();
    expect(await other.getByRole('button', { name: 'Create a key' }).isDisabled()).toBe(true);

    await page
      .locator('[data-key=pipelines]')
      .getByRole('button', { name: /Revoke/ })
      .click();
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('no releases');
    await dialog.getByLabel('Type pipelines to confirm').fill('pipelines');
    await dialog.getByRole('button', { name: 'Revoke', exact: true }).click();
    await other.getByRole('heading', { name: 'Sign in to Skep' }).waitFor();
    await page.keyboard.press('Escape');
  });

  it('a link to sign in with is made, and opens', async () => {
    const { browser, page, go } = signed;
    await go('/access');
    await page.getByRole('button', { name: 'Sign-in link' }).click();
    await page.getByRole('button', { name: 'Make the link' }).click();
    const link = page.getByRole('dialog').getByText(/#ticket=skep_ticket_/);
    const { page: other } = await visit(browser);
    await other.goto(await link.innerText());
    await other.getByRole('navigation', { name: 'Pages' }).waitFor();
    await other.context().close();
    await page.keyboard.press('Escape');
  });

  it('a host is enrolled by a secret that is shown once, and is there as soon as its agent is', async () => {
    const { system, page, go } = signed;
    await go('/hosts');
    await page.getByRole('button', { name: 'Enrol a host' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('rack-9');
    await dialog.getByRole('button', { name: 'Make the command' }).click();
    const enrolment = await dialog.getByLabel('secret', { exact: true }).innerText();
    const dir = mkdtempSync(join(tmpdir(), 'skep-console-'));
    const host = await system.machines.addHost();
    const agent = await startAgent({ dir, host, server: system.server.agentUrl, enrolment });
    try {
      await dialog.getByText('rack-9 has come').waitFor();
      await page.keyboard.press('Escape');
      await page.locator('[data-host="rack-9"][data-status=CONNECTED]').waitFor();
    } finally {
      await agent.kill9();
      rmSync(dir, { recursive: true, force: true });
    }
    await page.locator('[data-host="rack-9"][data-status=DISCONNECTED]').waitFor({ timeout: 60_000 });
    expect(signed.faults).toEqual([]);
  });
});

// A person signs in through a real OpenID provider in a real browser, acts, is refused, and is signed out by an admin.
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, startServer } from '../../lab/processes.ts';
import {
  consoleOf,
  openBrowser,
  seriousViolations,
  signIn,
  visit,
  whyNoBrowser,
} from '../support/browser.ts';
import { act, confirmAct, openPage } from '../support/console-acts.ts';
import { type RunningProvider, startProvider } from '../support/oidc-provider.ts';
import { clientSecret, writeSettings } from '../support/oidc-world.ts';
import { createPerform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

const rules = `
- { group: ops, role: OPERATOR, clusters: [test] }
- { group: readers, role: VIEWER, clusters: [elsewhere] }
`;

describe.skipIf(whyNoBrowser)(`a person in the console (SIMULATED engines)${whyNoBrowser ?? ''}`, () => {
  let provider: RunningProvider;
  let system: System;
  let cluster: string;
  let browser: Browser;
  let page: Page;
  let faults: string[];

  beforeAll(async () => {
    const port = await freePort();
    provider = await startProvider({
      redirectUri: `http://127.0.0.1:${port}/session/callback`,
      postLogoutUri: `http://127.0.0.1:${port}/`,
      secret: clientSecret,
      accounts: {
        olga: { preferred_username: 'olga', groups: ['ops'] },
        rita: { preferred_username: 'rita', groups: ['readers'] },
        nemo: { preferred_username: 'nemo', groups: ['others'] },
      },
    });
    system = await startSystem({
      engines: { kind: 'simulated', version: '28.5', speed: 10 },
      hosts: 2,
      launch: ({ dir, env }) =>
        startServer({ dir, port, env: { ...writeSettings(dir, provider.issuer, rules), ...env } }),
    });
    cluster = await system.formSwarm();
    browser = await openBrowser();
    ({ page, faults } = await visit(browser));
    page.on('response', (answer) => {
      // What a fault of a resource was: the browser names none.
      if (answer.status() >= 400 && answer.status() !== 401)
        faults.push(`${answer.status()} ${answer.url()}`);
    });
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
    await provider?.stop();
  });

  const enter = async (at: Page, login: string | null): Promise<void> => {
    await at.getByRole('link', { name: 'Sign in with Example' }).click();
    if (login === null) await at.getByRole('button', { name: 'Cancel' }).click();
    else {
      await at.getByLabel('Name').fill(login);
      await at.getByRole('button', { name: 'Enter' }).click();
    }
  };
  const menu = async (item: string): Promise<Locator> => {
    const found = page.getByRole('menuitem', { name: item });
    await found.getByLabel('asking').waitFor({ state: 'detached' });
    return found;
  };
  const alert = (at: Page): Locator => at.getByRole('alert');

  it.each([
    ['nemo', 'NO_GROUP_FITS', 'none of your groups may do anything here'],
    [null, 'SIGN_IN_REFUSED', 'you cancelled there'],
  ])('is not let in as %s, and told why on the sign-in page', async (login, code, words) => {
    const { page: other, context } = await visit(browser);
    await other.goto(consoleOf(system));
    await enter(other, login);
    await alert(other).getByText(code).waitFor();
    expect(await alert(other).textContent()).toContain(words);
    // It stays in no address.
    expect(other.url()).toBe(consoleOf(system));
    await context.close();
  });

  it('is told nothing that an address says by itself', async () => {
    const { page: other, context } = await visit(browser);
    await other.goto(`${consoleOf(system)}#sign-in=${encodeURIComponent('Call 555-0100 now')}`);
    await alert(other).getByText('INTERNAL').waitFor();
    expect(await other.content()).not.toContain('555-0100');
    await context.close();
  });

  it('signs in at the provider, and is back on the page that was asked for', async () => {
    const asked = new URL('/nodes', consoleOf(system)).href;
    await page.goto(asked);
    await page.getByRole('link', { name: 'Sign in with Example' }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await enter(page, 'olga');
    await page.getByRole('heading', { level: 1, name: 'Nodes' }).waitFor();
    expect(page.url()).toBe(asked);
    const cookies = await page.context().cookies();
    expect(cookies.find(({ name }) => name === 'skep_session')).toMatchObject({
      httpOnly: true,
      sameSite: 'Strict',
    });
    expect(cookies.find(({ name }) => name === 'skep_signin')).toBeUndefined();
    await page.getByRole('button', { name: 'olga', exact: true }).click();
    await page.getByText('olga, operator').waitFor();
    await page.keyboard.press('Escape');
  });

  it('acts, and is found in the history as the person that it is', async () => {
    const hostname = system.members[1]?.host.hostname ?? '';
    await page.getByRole('link', { name: hostname }).first().click();
    await page.getByRole('heading', { level: 1, name: hostname }).waitFor();
    expect(
      await act(page, { menu: `Act on ${hostname}`, title: 'Pause', reason: 'a look at the disk' }),
    ).toBe('SUCCEEDED');
    const records = await readHistory(system.ask, { action: 'setNodeAvailability' });
    expect(records.map(({ phase, actor, reason }) => [phase, actor.kind, actor.name, reason])).toEqual([
      ['INTENT', 'PERSON', 'olga', 'a look at the disk'],
      ['OUTCOME', 'PERSON', 'olga', 'a look at the disk'],
    ]);
    await openPage(page, 'Audit');
    await page.getByText('a look at the disk').first().waitFor();
    await page.getByText('olga').first().waitFor();
  });

  it('is refused what its group does not allow', async () => {
    const hostname = system.members[1]?.host.hostname ?? '';
    await openPage(page, 'Nodes');
    await page.getByRole('link', { name: hostname }).first().click();
    await page.getByRole('button', { name: `Act on ${hostname}` }).click();
    const demote = await menu('Decommission');
    expect(await demote.isDisabled()).toBe(true);
    expect(await demote.textContent()).toMatch(/You \(operator\) do not hold node:remove/);
    await page.keyboard.press('Escape');
    await openPage(page, 'Access');
    expect(await page.getByRole('button', { name: 'Create a key' }).isDisabled()).toBe(true);
  });

  it('sees its sessions, and nothing of another cluster', async () => {
    const { page: other, context } = await visit(browser);
    await other.goto(consoleOf(system));
    await enter(other, 'rita');
    await other.getByRole('navigation', { name: 'Pages' }).waitFor();
    await openPage(other, 'Nodes');
    expect(await other.content()).not.toContain(system.members[1]?.host.hostname);
    await openPage(other, 'Access');
    await other.locator('[data-session=rita]').getByText('this browser').waitFor();
    expect(await other.locator('[data-session]').count()).toBe(1);
    await other.locator('[data-session=rita]').getByRole('button', { name: 'Revoke' }).click();
    await other.getByRole('dialog').getByText('This is your own session').waitFor();
    await confirmAct(other.getByRole('dialog'), 'Revoke the session', 'done here');
    await other.getByRole('heading', { name: 'Sign in to Skep' }).waitFor();
    await context.close();
  });

  it('is signed out at once when an admin revokes the session, and told why', async () => {
    const { page: admins, context } = await visit(browser);
    await signIn(admins, consoleOf(system), system.server.adminKey);
    await openPage(admins, 'Access');
    const row = admins.locator('[data-session=olga]');
    await row.getByText('person').waitFor();
    expect(await seriousViolations(admins)).toEqual([]);
    await row.getByRole('button', { name: 'Revoke the session of olga' }).click();
    const dialog = admins.getByRole('dialog');
    await confirmAct(dialog, 'Revoke the session', 'a lost laptop');
    await alert(page).getByText('SESSION_ENDED').waitFor();
    await until(async () => {
      const records = await readHistory(system.ask, { action: 'revokeSession' });
      return records.some(({ phase, reason }) => phase === 'OUTCOME' && reason === 'a lost laptop');
    }, 'it is on record');
    await context.close();
    const perform = createPerform(system.server.url, system.server.adminKey);
    expect(
      await perform('setNodeAvailability', {
        cluster,
        nodes: [system.members[1]?.host.hostname],
        availability: 'ACTIVE',
      }),
    ).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('comes back by one click, for the provider knows it still', async () => {
    await page.getByRole('link', { name: 'Sign in with Example' }).click();
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    await page.getByRole('button', { name: 'olga', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Sign out', exact: true }).click();
    await page.getByRole('heading', { name: 'Sign in to Skep' }).waitFor();
    expect(faults).toEqual([]);
  });

  it('signs out at the provider, too, which then asks who it is', async () => {
    await page.getByRole('link', { name: 'Sign in with Example' }).click();
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    await page.getByRole('button', { name: 'olga', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Sign out at the provider, too' }).click();
    // The provider's own question.
    await page.getByRole('button', { name: /Yes, sign me out/ }).click();
    await page.getByRole('link', { name: 'Sign in with Example' }).click();
    await page.getByLabel('Name').waitFor();
  });
});

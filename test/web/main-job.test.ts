// The main job in the browser: sign in, form a swarm, promote, be refused, drain, see a node go down, find it on record.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { consoleOf, openBrowser, type Visit, visit, whyNoBrowser } from '../support/browser.ts';
import { act, chooseAct, closeDialog, confirmAct, openPage, outcomeOf } from '../support/console-acts.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createService, stubborn } from '../support/services.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe.skipIf(whyNoBrowser)(`the main job in the console (${enginesNote}${whyNoBrowser ?? ''})`, () => {
  let system: System;
  let browser: Browser;
  let visited: Visit;
  let names: string[];

  const newLink = async (): Promise<string> => {
    const { createSignInLink } = await system.ask('mutation { createSignInLink(input: {}) { link } }');
    return createSignInLink.link;
  };
  const choose = (name: string) => visited.page.getByRole('checkbox', { name: `Choose ${name}` }).check();

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 4 });
    names = system.members.map(({ host }) => host.hostname);
    await Promise.all(system.machines.hosts.map((host) => host.importImage?.()));
    browser = await openBrowser();
    visited = await visit(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it('signs in by a link that works once and stays in no history', async () => {
    const { page } = visited;
    const link = await newLink();
    expect(new URL(link).origin).toBe(new URL(system.server.url).origin);
    await page.goto(link);
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    expect(page.url()).toBe(consoleOf(system));
    expect(await page.evaluate(() => document.cookie)).toBe('');
    const { page: other } = await visit(browser);
    await other.goto(link);
    await other.getByRole('alert').getByText('UNAUTHENTICATED').waitFor();
    await other.context().close();
    await page.getByText('No swarm yet').waitFor();
  });

  it('forms a swarm of the hosts that have an agent', async () => {
    const { page } = visited;
    await openPage(page, 'Hosts');
    await choose(at(names, 0));
    const made = await act(page, {
      menu: 'Act on 1 host',
      title: 'Make a swarm',
      reason: 'the first',
      more: (dialog) => dialog.getByLabel('Name of the cluster').fill('north'),
    });
    expect(made).toBe('SUCCEEDED');
    await page.getByRole('checkbox', { name: `Choose ${names[0]}` }).uncheck();
    for (const name of names.slice(1)) await choose(name);
    expect(await act(page, { menu: 'Act on 3 hosts', title: 'Join a swarm', reason: 'three more' })).toBe(
      'SUCCEEDED',
    );
    await openPage(page, 'Overview');
    await page.getByText('4 of 4').waitFor();
    expect(await page.locator('[data-map-node][data-status="READY"]').count()).toBe(4);
  });

  it('promotes two, and is told what that is worth before', async () => {
    const { page } = visited;
    await openPage(page, 'Nodes');
    await choose(at(names, 1));
    await choose(at(names, 2));
    const dialog = await chooseAct(page, 'Act on 2 nodes', 'Promote');
    await dialog.getByText('1 manager to 3: tolerates 1 failure (before: no failure)').waitFor();
    await confirmAct(dialog, 'Promote', 'to lose one without loss');
    expect(await outcomeOf(dialog)).toBe('SUCCEEDED');
    await closeDialog(dialog);
    await until(
      async () => (await page.locator('tr[data-node]').filter({ hasText: 'manager' }).count()) === 3,
      'three managers',
    );
    await page.getByRole('checkbox', { name: 'Choose all that are listed' }).check();
    await page.getByRole('checkbox', { name: 'Choose all that are listed' }).uncheck();
  });

  it('is refused what would leave no manager to lose', async () => {
    const { page } = visited;
    await choose(at(names, 1));
    const dialog = await chooseAct(page, 'Act on 1 node', 'Demote');
    await dialog.getByText('3 managers to 2: tolerates no failure (before: 1 failure)').waitFor();
    await dialog.getByText('NO_FAULT_TOLERANCE').waitFor();
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('do we need three?');
    expect(await dialog.getByRole('button', { name: 'Demote', exact: true }).isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('checkbox', { name: `Choose ${names[1]}` }).uncheck();
    // A script that does not ask first is refused on record.
    const { demoteNodes } = await system.ask(
      'mutation($nodes: [NodeRef!]!) { demoteNodes(input: { nodes: $nodes, reason: "do we need three?" }) { state } }',
      { nodes: [names[1]] },
    );
    expect(demoteNodes.state).toBe('REFUSED');
  });

  it('drains a node, with its progress and the operation that stays', async () => {
    const { page } = visited;
    await createService(at(system.members, 0).host, { name: 'web', replicas: 8 });
    const worker = at(names, 3);
    await until(
      async () =>
        (
          await system.ask('query($ref: NodeRef!) { node(ref: $ref) { tasks { state } } }', { ref: worker })
        ).node.tasks.some(({ state }: any) => state === 'RUNNING'),
      'the worker has tasks',
      30_000,
    );
    await page.getByRole('link', { name: worker }).click();
    await page.getByRole('heading', { level: 1, name: worker }).waitFor();
    const dialog = await chooseAct(page, `Act on ${worker}`, 'Drain');
    await dialog.getByText(/\d+ tasks? will move/).waitFor();
    await dialog.getByLabel('Deadline, seconds').fill('120');
    await confirmAct(dialog, 'Drain', 'a new kernel');
    await dialog.getByRole('progressbar').waitFor();
    expect(await outcomeOf(dialog)).toBe('SUCCEEDED');
    expect(await dialog.getByText(/^(\d+) of \1 tasks?$/).count()).toBe(1);
    await closeDialog(dialog);
    await page.getByText('drain', { exact: true }).first().waitFor();
    // Its history says who, why and with what result.
    const line = page.getByRole('listitem').filter({ hasText: 'Drain nodes' });
    await line.getByText('“a new kernel”').waitFor();
    await line.getByText('succeeded').waitFor();
  });

  it('cancels a drain that takes its time: the node has its earlier availability again', async () => {
    const { page } = visited;
    const worker = at(names, 3);
    expect(await act(page, { menu: `Act on ${worker}`, title: 'Activate', reason: 'the kernel runs' })).toBe(
      'SUCCEEDED',
    );
    const { node } = await system.ask('query($ref: NodeRef!) { node(ref: $ref) { id } }', { ref: worker });
    await createService(at(system.members, 0).host, {
      name: 'slow',
      command: stubborn,
      template: { Placement: { Constraints: [`node.id==${node.id}`] } },
    });
    await until(
      async () =>
        (
          await system.ask('query($ref: NodeRef!) { node(ref: $ref) { tasks { state image } } }', {
            ref: worker,
          })
        ).node.tasks.some(({ state }: any) => state === 'RUNNING'),
      'the slow task runs',
      30_000,
    );
    const dialog = await chooseAct(page, `Act on ${worker}`, 'Drain');
    await confirmAct(dialog, 'Drain', 'another kernel');
    await dialog.getByRole('button', { name: 'Cancel this operation' }).click();
    await confirmAct(
      page.getByRole('dialog', { name: /^Cancel the operation/ }),
      'Cancel the operation',
      'not now',
    );
    await outcomeOf(page.getByRole('dialog'));
    await closeDialog(page.getByRole('dialog'));
    await until(
      async () => (await page.getByText('active', { exact: true }).count()) > 0,
      'it is active again',
    );
    const line = page.getByRole('listitem').filter({ hasText: '“another kernel”' });
    await line.getByText('cancelled').waitFor();
  });

  it('sees a node go down when its engine is killed', async () => {
    const { page } = visited;
    await openPage(page, 'Overview');
    const tile = page.locator(`[data-map-node="${names[3]}"]`);
    expect(await tile.getAttribute('data-status')).toBe('READY');
    await at(system.members, 3).host.kill9();
    await page.locator(`[data-map-node="${names[3]}"][data-status="DOWN"]`).waitFor({ timeout: 60_000 });
    await page.getByText('3 of 4').waitFor();
    await page.getByTestId('activity').getByText('DOWN').first().waitFor();
    // Its page has it between what was done to it.
    await tile.click();
    await page.getByRole('listitem').filter({ hasText: 'status.state: READY → DOWN' }).first().waitFor();
  });

  it('finds all of it in the audit', async () => {
    const { page, faults } = visited;
    await openPage(page, 'Audit');
    for (const [action, outcome] of [
      ['Init cluster', 'succeeded'],
      ['Join hosts', 'succeeded'],
      ['Promote nodes', 'succeeded'],
      ['Demote nodes', 'refused'],
      ['Drain nodes', 'succeeded'],
      ['Sign in', ''],
    ] as const) {
      const rows = page.getByRole('row').filter({ hasText: action });
      await rows.filter({ hasText: outcome }).first().waitFor();
    }
    await page
      .getByRole('row')
      .filter({ hasText: 'Promote nodes' })
      .first()
      .getByText('to lose one without loss')
      .waitFor();
    // By the address alone, as a link sent to others.
    await page.goto(`${consoleOf(system)}audit?action=drainNodes&outcome=SUCCEEDED`);
    await page.getByRole('row').filter({ hasText: 'Drain nodes' }).first().waitFor();
    expect(await page.getByRole('row').filter({ hasText: 'Promote nodes' }).count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('signs out, and the cookie is worth nothing any more', async () => {
    const { page } = visited;
    await page.getByRole('button', { name: 'first admin' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Skep' }).waitFor();
    await page.goto(`${consoleOf(system)}nodes`);
    await page.getByRole('heading', { name: 'Sign in to Skep' }).waitFor();
  });
});

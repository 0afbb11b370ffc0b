// Every page, in light and dark, as admin and as viewer: it shows, nothing fails, and axe-core finds nothing serious.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import {
  consoleOf,
  openBrowser,
  seriousViolations,
  signIn,
  visit,
  whyNoBrowser,
} from '../support/browser.ts';
import { chooseAct } from '../support/console-acts.ts';
import { createPerform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe.skipIf(whyNoBrowser)(`pages of the console (SIMULATED engines)${whyNoBrowser ?? ''}`, () => {
  let system: System;
  let browser: Browser;
  let viewerKey: string;
  /** Title of the page by its address. */
  let pages: [path: string, title: string][];

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 10 }, hosts: 4 });
    const perform = createPerform(system.server.url, system.server.adminKey);
    const ids = system.members.map(({ hostId }) => hostId);
    const init = await perform('initCluster', { host: ids[0], name: 'north' });
    const cluster: string = init.clusterId.id;
    await perform('joinHosts', {
      cluster,
      hosts: ids.slice(1, 3).map((host) => ({ host })),
      waitSeconds: 60,
    });
    await perform('createNetwork', { cluster, name: 'front' });
    await perform('createSecret', { cluster, name: 'password', value: 'a' });
    await perform('createConfig', { cluster, name: 'settings', value: 'a' });
    const service = await perform('createService', {
      cluster,
      name: 'web',
      image: 'bb:1',
      replicas: 3,
      networks: ['front'],
      endpointMode: 'DNSRR',
    });
    await perform('preflight', { hosts: ids.slice(0, 2).map((host) => ({ host })) });
    const { nodes } = await system.ask('{ nodes { edges { node { id hostname } } } }');
    const node = nodes.edges[0].node;
    await perform('updateNodeLabels', {
      cluster,
      nodes: [node.id],
      set: [{ key: 'zone', value: 'a' }],
      reason: 'a',
    });
    const { networks } = await system.ask(
      'query($cluster: ID) { networks(cluster: $cluster) { edges { node { id name } } } }',
      {
        cluster,
      },
    );
    const front = networks.edges.find((edge: any) => edge.node.name === 'front').node;
    const made = await perform('createApiKey', { name: 'looks', role: 'VIEWER' });
    viewerKey = made.payload.key;
    pages = [
      ['/', 'Overview'],
      ['/nodes', 'Nodes'],
      [`/nodes/${node.id}`, node.hostname],
      ['/hosts', 'Hosts'],
      [`/hosts/${ids[3]}`, at(system.members, 3).host.hostname],
      ['/services', 'Services'],
      [`/services/${cluster}/web`, 'web'],
      ['/networks', 'Networks'],
      [`/networks/${cluster}/${front.id}`, 'front'],
      ['/secrets', 'Secrets and configs'],
      ['/readiness', 'Readiness'],
      ['/fleet', 'Fleet'],
      ['/maintenance', 'Maintenance'],
      ['/operations', 'Operations'],
      [`/operations/${service.id}`, 'Create service'],
      ['/audit', 'Audit'],
      ['/audit/1', 'First start, record 1'],
      ['/access', 'Access'],
      ['/nowhere', 'There is no such page'],
    ];
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it.each([
    { who: 'an admin', colorScheme: 'light' },
    { who: 'an admin', colorScheme: 'dark' },
    { who: 'a viewer', colorScheme: 'light' },
  ] as const)('all pages, $colorScheme, for $who', { timeout: 180_000 }, async ({ who, colorScheme }) => {
    const { page, context, faults } = await visit(browser, { colorScheme });
    const url = consoleOf(system);
    expect(await page.goto(url).then(() => seriousViolations(page))).toEqual([]);
    await signIn(page, url, who === 'a viewer' ? viewerKey : system.server.adminKey);
    const found: Record<string, unknown> = {};
    for (const [path, title] of pages) {
      await page.goto(new URL(path, url).href);
      await page.getByRole('heading', { name: title, exact: true }).first().waitFor();
      await until(
        async () => (await page.getByRole('status').filter({ hasText: 'Reading' }).count()) === 0,
        'all of it is read',
      );
      const violations = await seriousViolations(page);
      if (violations.length > 0) found[path] = violations;
    }
    expect(found).toEqual({});
    expect(faults).toEqual([]);
    await context.close();
  });

  it('dialogs too', async () => {
    const { page, faults } = await visit(browser);
    const url = consoleOf(system);
    await signIn(page, url, system.server.adminKey);
    await page.goto(new URL(pages[2]?.[0] ?? '', url).href);
    const dialog = await chooseAct(page, `Act on ${pages[2]?.[1]}`, 'Drain');
    await dialog.getByTestId('consequence').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.goto(new URL('/hosts', url).href);
    await page.getByRole('button', { name: 'Enrol a host' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    expect(faults).toEqual([]);
  });
});

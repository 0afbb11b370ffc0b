// What is on the screen is of now: by itself, over a cut line without a missed change, and greyed when it is not.
// How soon it is there is measured by bench/measures/engine-to-screen.ts.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { openBrowser, signIn, type Visit, visit, whyNoBrowser } from '../support/browser.ts';
import { changeNode, listNodes } from '../support/docker.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform } from '../support/perform.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { subscribeSse } from '../support/sse.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe.skipIf(whyNoBrowser)(`the console's live view (${enginesNote}${whyNoBrowser ?? ''})`, () => {
  let system: System;
  let browser: Browser;
  let relay: Relay;
  let visited: Visit;
  let page: Page;
  let worker: string;

  const label = async (key: string, value: string): Promise<void> =>
    changeNode(at(system.members, 0).host, worker, ({ Labels }) => ({ Labels: { ...Labels, [key]: value } }));
  const link = () => page.getByTestId('link-state').textContent();

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2 });
    await system.formSwarm();
    const nodes = await listNodes(at(system.members, 0).host);
    worker = nodes.find(({ Spec }) => Spec.Role === 'worker')?.ID ?? '';
    relay = await startRelay(Number(new URL(system.server.url).port));
    browser = await openBrowser();
    visited = await visit(browser);
    page = visited.page;
    await signIn(page, `http://127.0.0.1:${relay.port}/`, system.server.adminKey);
    await page.getByTestId('link-state').getByText('live').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await relay?.close();
    await system?.stop();
  });

  it('a change on an engine is on the screen by itself', async () => {
    await page.getByRole('link', { name: 'Nodes', exact: true }).click();
    await page.getByRole('row').nth(2).waitFor();
    for (const value of ['one', 'two', 'three']) {
      await label('seen', value);
      await page.getByText(`seen=${value}`).waitFor();
    }
  });

  it('a cut line is told, values are greyed and dated, and every change meanwhile comes once', async () => {
    await page.getByRole('link', { name: 'Overview' }).click();
    relay.cut();
    await until(async () => (await link()) === 'reconnecting', 'the break is told');
    await label('during', 'a');
    await label('during', 'b');
    await label('during', 'c');
    await until(
      async () =>
        (await system.ask('{ nodes { edges { node { labels { value } } } } }')).nodes.edges.some(
          ({ node }: any) => node.labels.some(({ value }: any) => value === 'c'),
        ),
      'the server saw the last change',
    );
    await until(async () => (await link())?.startsWith('stale since'), 'it is told since when');
    expect(await page.locator('main .stale').count()).toBeGreaterThan(0);
    relay.heal();
    await until(async () => (await link()) === 'live', 'it is live again');
    await page.getByTestId('activity').getByText('→ c').waitFor();
    const lines = await page.getByTestId('activity').getByRole('listitem').allTextContents();
    const during = lines.filter((line) => line.includes('during'));
    // The server's own watcher may have read two changes as one: what it saw is what must be here, once each.
    const seen = during.map((line) => / → (\w)/.exec(line)?.[1]);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen[0]).toBe('c');
    expect(await page.locator('main .stale').count()).toBe(0);
  });

  it('goes on after the server was restarted', async () => {
    await system.server.stop();
    await until(async () => (await link()) !== 'live', 'the break is told');
    await system.server.start();
    await until(async () => (await link()) === 'live', 'it is live again', 60_000);
    await label('after', 'restart');
    await page.getByTestId('activity').getByText('restart').waitFor({ timeout: 30_000 });
    expect(visited.faults).toEqual([]);
  });
});

describe.skipIf(whyNoBrowser)(`what the console cannot know (SIMULATED engines${whyNoBrowser ?? ''})`, () => {
  let system: System;
  let browser: Browser;
  let relay: Relay;
  let page: Page;
  let cluster: string;

  beforeAll(async () => {
    system = await startSystem({
      engines: { kind: 'simulated', version: '28.5', speed: 10 },
      hosts: 2,
      env: { SKEP_EVENTS_KEPT: '1000' },
    });
    cluster = await system.formSwarm();
    relay = await startRelay(Number(new URL(system.server.url).port));
    browser = await openBrowser();
    page = (await visit(browser)).page;
    await signIn(page, `http://127.0.0.1:${relay.port}/`, system.server.adminKey);
    await page.getByTestId('link-state').getByText('live').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await relay?.close();
    await system?.stop();
  });

  it('when the server has forgotten what was missed, all is read anew, and goes on', async () => {
    const perform = createPerform(system.server.url, system.server.adminKey);
    const { nodes, eventCursor } = await system.ask('{ eventCursor nodes { edges { node { id } } } }');
    const node: string = nodes.edges[1].node.id;
    const label = (value: string) =>
      perform('updateNodeLabels', { cluster, nodes: [node], set: [{ key: 'turn', value }] });
    await page.getByRole('link', { name: 'Nodes', exact: true }).click();
    await page.getByRole('row').nth(2).waitFor();
    relay.cut();
    let turn = 0;
    // Until the cursor of before is refused: the oldest events are deleted when a thousand more have come.
    await until(
      async () => {
        for (let each = 0; each < 50; each += 1) await label(String(turn++));
        const stream = subscribeSse(
          system.server.url,
          system.server.adminKey,
          'subscription($after: String) { nodeChanged(after: $after) { cursor } }',
          { after: eventCursor },
        );
        await until(() => stream.received.length + stream.errors.length > 0, 'an answer');
        stream.stop();
        return JSON.stringify(stream.errors).includes('CURSOR_TOO_OLD');
      },
      'the events of before are forgotten',
      90_000,
    );
    relay.heal();
    await page.getByText(`turn=${turn - 1}`).waitFor();
    await label('after');
    await page.getByText('turn=after').waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    // Once: had two subscriptions been begun, it would stand there twice.
    await page.getByTestId('activity').getByText('→ after').waitFor();
    expect(await page.getByTestId('activity').getByText('→ after').count()).toBe(1);
  }, 120_000);

  it('what no agent can read any more is greyed, and says of when it is', async () => {
    await Promise.all(system.members.map(({ agent }) => agent.kill9()));
    await page.getByText('These values are not of now').waitFor({ timeout: 60_000 });
    expect(await page.locator('main .stale').count()).toBeGreaterThan(0);
    await page.getByRole('link', { name: 'Hosts', exact: true }).click();
    await page.locator('[data-host][data-status=DISCONNECTED]').first().waitFor({ timeout: 60_000 });
    await page.getByText('last heard').first().waitFor();
  }, 120_000);
});

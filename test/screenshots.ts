// `npm run screenshots`: the pictures of the console in README.md and docs/console.md, taken of the demo itself.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playScenario } from '../lab/demo-scenario.ts';
import { startDemoSystem } from '../lab/demo-system.ts';
import { createLifetime } from '../lab/lifetime.ts';
import { freePort } from '../lab/processes.ts';
import { openBrowser, visit } from './support/browser.ts';
import { chooseAct, openPage } from './support/console-acts.ts';
import { createPerform } from './support/perform.ts';
import { until } from './support/until.ts';

const lifetime = createLifetime();
const say = (line: string): void => console.log(line);

const take = async (): Promise<void> => {
  const dir = await lifetime.own(
    async () => mkdtempSync(join(tmpdir(), 'skep-screenshots-')),
    (made) => rmSync(made, { recursive: true, force: true }),
  );
  const system = await startDemoSystem({
    dir,
    count: 5,
    port: await freePort(),
    lifetime,
    noteFolder: () => undefined,
    say,
  });
  await Promise.all(system.hosts.map(({ machine }) => machine.importImage?.()));
  const browser = await lifetime.own(openBrowser, (opened) => opened.close());
  const { page } = await visit(browser, { viewport: { width: 1280, height: 860 }, colorScheme: 'light' });
  const { createSignInLink } = await system.ask('mutation { createSignInLink(input: {}) { link } }');
  await page.goto(createSignInLink.link);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.getByTestId('link-state').getByText('live').waitFor();

  const cluster = await playScenario(system, say);
  const perform = createPerform(system.url, system.adminKey);
  const command = ['sleep', '100000'];
  for (const [name, replicas] of [
    ['web', 6],
    ['worker', 5],
    ['cache', 2],
  ] as const)
    await perform('createService', {
      ...{ cluster, name, replicas, command, image: 'bb:1', endpointMode: 'DNSRR' },
      reason: 'what the demo runs',
    });
  await page
    .getByText(/^[1-9]\d* tasks?$/)
    .first()
    .waitFor();
  await until(async () => (await page.getByText('no tasks').count()) === 0, 'each node has tasks', 30_000);
  await page.screenshot({ path: 'docs/console-overview.png' });

  await page.emulateMedia({ colorScheme: 'dark' });
  await openPage(page, 'Nodes');
  const manager = system.hosts[1]?.machine.hostname ?? '';
  await page.getByRole('checkbox', { name: `Choose ${manager}` }).check();
  const dialog = await chooseAct(page, 'Act on 1 node', 'Demote');
  await dialog.getByText('NO_FAULT_TOLERANCE').waitFor();
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('do we need three?');
  await page.screenshot({ path: 'docs/console-demote.png' });
};

try {
  await take();
  say('taken: docs/console-overview.png, docs/console-demote.png');
} finally {
  await lifetime.end();
}

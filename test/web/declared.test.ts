// Readiness as a matrix, a fleet document as plan, application and drift, and rolling maintenance, in the console.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoBrowser } from '../support/browser.ts';
import { closeDialog, confirmAct, outcomeOf } from '../support/console-acts.ts';
import { type Signed, signedIn } from '../support/console-visit.ts';

describe.skipIf(whyNoBrowser)(
  `what is declared and planned, in the console (SIMULATED engines)${whyNoBrowser ?? ''}`,
  () => {
    let signed: Signed;

    beforeAll(async () => {
      signed = await signedIn({ hosts: 3 });
    });
    afterAll(() => signed?.stop());

    it('hosts are probed, and the result is a matrix with its findings', async () => {
      const { page, go } = signed;
      await go('/readiness');
      await page.getByRole('button', { name: 'Probe hosts' }).click();
      const dialog = page.getByRole('dialog');
      await confirmAct(dialog, 'Probe', 'new machines');
      expect(await outcomeOf(dialog)).toBe('SUCCEEDED');
      await closeDialog(dialog);
      await page.locator('[data-ready]').waitFor();
      await page
        .getByRole('button', { name: /^From .* to / })
        .first()
        .click();
    });

    it('a document is refused where it is wrong, planned, applied, and drift from it is shown', async () => {
      const { system, cluster, perform, page, go } = signed;
      const { nodes } = await system.ask(
        '{ nodes(filter: { role: MANAGER }) { edges { node { id hostname } } } }',
      );
      const { id, hostname } = nodes.edges[0].node;
      const document = (value: string) =>
        `skepFleet: 1\ncluster: test\nnodes:\n  - host: ${hostname}\n    role: manager\n    labels: { checked: ${value} }\n`;
      await go('/fleet');
      const text = page.getByRole('textbox', { name: 'Fleet document' });
      const plan = page.getByRole('button', { name: 'Show what differs' });
      await text.fill('skepFleet: 1\nbad: yes');
      await plan.click();
      await page.getByRole('alert').first().waitFor();
      await text.fill(document('today'));
      await plan.click();
      await page.locator('[data-in-sync]').waitFor();
      await page.getByRole('button', { name: 'Apply …' }).click();
      const dialog = page.getByRole('dialog');
      await confirmAct(dialog, 'Apply', 'as agreed');
      expect(await outcomeOf(dialog)).toBe('SUCCEEDED');
      await closeDialog(dialog);
      await page.locator('[data-drift="0"]').waitFor();
      await perform('updateNodeLabels', { cluster, nodes: [id], set: [{ key: 'checked', value: 'not' }] });
      await page.locator('[data-drift="1"]').waitFor();
    });

    it('maintenance is begun, waits for a go-ahead, and is cancelled', async () => {
      const { page, go } = signed;
      await go('/maintenance');
      await page.getByRole('button', { name: 'Begin maintenance' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Type test to confirm').fill('test');
      for (const guard of await dialog.getByTestId('consequence').getByRole('checkbox').all())
        await guard.check();
      await confirmAct(dialog, 'Begin maintenance', 'a new kernel');
      await dialog.getByTestId('operation').waitFor();
      await closeDialog(dialog);
      await page.locator('tr[data-phase=GO_AHEAD]').first().waitFor({ timeout: 30_000 });
      await page.locator('tr[data-phase=GO_AHEAD]').getByRole('button').first().click();
      await dialog.getByRole('textbox', { name: 'Reason' }).fill('it is done');
      await dialog.locator('button[type=submit]').click();
      expect(await outcomeOf(dialog)).toBe('SUCCEEDED');
      await closeDialog(dialog);
      await page.getByRole('button', { name: 'Cancel' }).first().click();
      await dialog.getByRole('textbox', { name: 'Reason' }).fill('not today');
      await dialog.locator('button[type=submit]').click();
      await dialog.getByTestId('operation').waitFor();
      await closeDialog(dialog);
      await page.getByText('No maintenance runs').waitFor({ timeout: 30_000 });
      expect(signed.faults).toEqual([]);
    });
  },
);

// Services, networks, secrets and configs in the console: each is made, changed and taken away, and no value leaks.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoBrowser } from '../support/browser.ts';
import { act, closeDialog, confirmAct, outcomeOf } from '../support/console-acts.ts';
import { type Signed, signedIn } from '../support/console-visit.ts';

describe.skipIf(whyNoBrowser)(`swarm mode in the console (SIMULATED engines)${whyNoBrowser ?? ''}`, () => {
  let signed: Signed;
  /** Bodies that the browser sent. */
  const sent: string[] = [];

  beforeAll(async () => {
    signed = await signedIn({ hosts: 3 });
    signed.page.on('request', (request) => sent.push(request.postData() ?? ''));
  });
  afterAll(() => signed?.stop());

  const create = async (button: string, fill: () => Promise<void>): Promise<string> => {
    const { page } = signed;
    await page.getByRole('button', { name: button }).click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await fill();
    await confirmAct(dialog, button, 'for the shop');
    const state = await outcomeOf(dialog);
    await closeDialog(dialog);
    return state;
  };

  it('a network is made, shown with who is on it, and removed by its name', async () => {
    const { page, go } = signed;
    await go('/networks');
    const made = await create('Create network', async () => {
      await page.getByRole('dialog').getByLabel('Name').fill('shop');
      await page.getByLabel('Attachable').check();
    });
    expect(made).toBe('SUCCEEDED');
    await page.getByRole('link', { name: 'shop' }).click();
    await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor();
    await go('/networks');
    await page.getByRole('button', { name: 'Remove shop' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('no shop');
    const remove = dialog.getByRole('button', { name: 'Remove', exact: true });
    expect(await remove.isDisabled()).toBe(true);
    await dialog.getByLabel('Type shop to confirm').fill('shop');
    await remove.click();
    expect(await outcomeOf(dialog)).toBe('SUCCEEDED');
    await closeDialog(dialog);
    await page.locator('[data-network=shop]').waitFor({ state: 'detached' });
  });

  it('a secret is made and rotated; its value goes over the line once each and stands nowhere', async () => {
    const { page, go } = signed;
    await go('/secrets');
    const made = await create('Create secret', async () => {
      await page.getByRole('dialog').getByLabel('Name').fill('token');
      await page.getByLabel('Value').fill('hunter2-first');
    });
    expect(made).toBe('SUCCEEDED');
    await page.locator('[data-kept=token]').waitFor();
    await page.getByRole('button', { name: 'Rotate token' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('New value').fill('hunter2-second');
    await dialog.getByLabel('Remove the old one').check();
    await confirmAct(dialog, 'Rotate', 'it leaked');
    expect(await outcomeOf(dialog)).toBe('SUCCEEDED');
    await closeDialog(dialog);
    await page.locator('[data-kept=token-v2]').waitFor();
    await page.locator('[data-kept="token"]').waitFor({ state: 'detached' });
    for (const value of ['hunter2-first', 'hunter2-second'])
      expect(sent.filter((body) => body.includes(value))).toHaveLength(1);
    expect(await page.content()).not.toContain('hunter2');
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    expect(kept).not.toContain('hunter2');
  });

  it('a service is made, scaled with its progress, changed and rolled back', async () => {
    const { page, go } = signed;
    await go('/services');
    const made = await create('Create service', async () => {
      await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).first().fill('web');
      await page.getByLabel('Image').fill('bb:1');
    });
    expect(made).toBe('SUCCEEDED');
    await page.getByLabel('Choose web').check();
    const scaled = await act(page, {
      menu: 'Act on 1 service',
      title: 'Scale',
      reason: 'more of them',
      more: (dialog) => dialog.getByLabel('Replicas').fill('4'),
    });
    expect(scaled).toBe('SUCCEEDED');
    await page.locator('[data-service=web]').getByText('4 of 4').waitFor();
    await page.getByRole('link', { name: 'web', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'web' }).waitFor();
    const changed = await act(page, {
      menu: 'Act on web',
      title: 'Change image',
      reason: 'a new one',
      more: (dialog) => dialog.getByRole('textbox', { name: 'Image' }).fill('bb:2'),
    });
    expect(changed).toBe('SUCCEEDED');
    expect(await act(page, { menu: 'Act on web', title: 'Roll back', reason: 'it was worse' })).toBe(
      'SUCCEEDED',
    );
    await page.getByRole('tab', { name: 'History' }).click();
    await page
      .getByRole('listitem')
      .filter({ hasText: 'Rollback service' })
      .getByText('“it was worse”')
      .waitFor();
    await go('/services?tab=tasks');
    await page.locator('[data-task="web.1"]').first().waitFor();
    expect(signed.faults).toEqual([]);
  });
});

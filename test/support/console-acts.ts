// What a person does in the console, for its tests.
import type { Locator, Page } from 'playwright-core';

/** Opens a menu of acts and chooses one; the server has judged it by then. @returns the dialog. */
export const chooseAct = async (page: Page, menu: string, act: string): Promise<Locator> => {
  await page.getByRole('button', { name: menu }).click();
  const item = page.getByRole('menuitem', { name: act });
  await item.getByLabel('asking').waitFor({ state: 'detached' });
  await item.click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  return dialog;
};

/** Gives the reason, and does it as soon as the dry run allows. */
export const confirmAct = async (dialog: Locator, act: string, reason: string): Promise<void> => {
  await dialog.getByRole('textbox', { name: 'Reason' }).fill(reason);
  await dialog.getByRole('button', { name: act, exact: true }).click();
};

/** Waits until the operation of the dialog is final. @returns its state. */
export const outcomeOf = async (dialog: Locator, withinMs = 120_000): Promise<string> => {
  const operation = dialog.getByTestId('operation');
  await operation.waitFor();
  const final = ['SUCCEEDED', 'FAILED', 'REFUSED', 'CANCELLED', 'UNRESOLVED'];
  await dialog
    .locator(final.map((state) => `[data-testid="operation"][data-state="${state}"]`).join(', '))
    .waitFor({ timeout: withinMs });
  return (await operation.getAttribute('data-state')) ?? '';
};

export const closeDialog = async (dialog: Locator): Promise<void> => {
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await dialog.waitFor({ state: 'detached' });
};

/** One act from the menu to its outcome. */
export const act = async (
  page: Page,
  {
    menu,
    title,
    reason,
    more,
  }: {
    menu: string;
    title: string;
    reason: string;
    more?: (dialog: Locator) => Promise<void>;
  },
): Promise<string> => {
  const dialog = await chooseAct(page, menu, title);
  await more?.(dialog);
  await confirmAct(dialog, title, reason);
  const state = await outcomeOf(dialog);
  await closeDialog(dialog);
  return state;
};

export const openPage = async (page: Page, name: string): Promise<void> => {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
};

// The audit in the console: live, found by filters, before and after side by side, verified and exported.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { whyNoBrowser } from '../support/browser.ts';
import { type Signed, signedIn } from '../support/console-visit.ts';
import { changeNode } from '../support/docker.ts';

describe.skipIf(whyNoBrowser)(`the audit in the console (SIMULATED engines)${whyNoBrowser ?? ''}`, () => {
  let signed: Signed;
  let node: { id: string; hostname: string };

  const label = (value: string) =>
    signed.perform('updateNodeLabels', {
      cluster: signed.cluster,
      nodes: [node.id],
      set: [{ key: 'zone', value }],
      reason: `to ${value}`,
    });

  beforeAll(async () => {
    signed = await signedIn({ hosts: 2 });
    const { nodes } = await signed.system.ask('{ nodes { edges { node { id hostname } } } }');
    node = nodes.edges[1].node;
    await label('a');
  });
  afterAll(() => signed?.stop());

  it('tells of what is done while it is looked at, also without Skep', async () => {
    const { system, page, go } = signed;
    await go('/audit');
    await page.getByRole('row').filter({ hasText: 'to a' }).first().waitFor();
    await label('b');
    await page.getByRole('row').filter({ hasText: 'to b' }).first().waitFor();
    await changeNode(at(system.members, 0).host, node.id, ({ Labels }) => ({
      Labels: { ...Labels, sly: 'yes' },
    }));
    await page.getByRole('row').filter({ hasText: 'without Skep' }).first().waitFor();
  });

  it('shows a record with before and after, and leads to its neighbours and its operation', async () => {
    const { system, page, go } = signed;
    const { auditLog } = await system.ask(
      '{ auditLog(first: 1, filter: { action: "updateNodeLabels", phase: OUTCOME }) { edges { node { seq operationId } } } }',
    );
    const { seq, operationId } = auditLog.edges[0].node;
    await go(`/audit/${seq}`);
    await page.getByRole('heading', { level: 1, name: `Update node labels, record ${seq}` }).waitFor();
    const changes = page.getByRole('row').filter({ hasText: 'labels.zone' });
    await changes.getByText('a', { exact: true }).or(changes.getByText('"a"')).first().waitFor();
    await changes.getByText('b', { exact: true }).or(changes.getByText('"b"')).first().waitFor();
    await page.getByRole('link', { name: 'Record before' }).click();
    await page.getByRole('heading', { level: 1, name: `record ${seq - 1}` }).waitFor();
    await page.goBack();
    await page.locator(`a[href="/operations/${operationId}"]`).first().click();
    await page.getByTestId('operation').getByText('“to b”').waitFor();
    await go('/audit/999999');
    await page.getByText('There is no such record').waitFor();
  });

  it('lists every operation, page by page, and those under way alone', async () => {
    const { page, go } = signed;
    for (let turn = 0; turn < 55; turn += 1) await label(`turn-${turn}`);
    await go('/operations');
    const rows = page.locator('tr[data-operation]');
    await page.getByText('to turn-54', { exact: true }).waitFor();
    expect(await rows.count()).toBe(50);
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByText('to a', { exact: true }).waitFor();
    await page.locator('tr[data-operation=initCluster]').waitFor();
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
    await page.getByLabel('Only open ones').check();
    await page.getByText('Nothing is under way').waitFor();
    expect(page.url()).toContain('open=true');
  });

  it('is verified, and exported as it is filtered', async () => {
    const { page, go } = signed;
    await go(`/audit?target=${node.id}&phase=OUTCOME`);
    await page.getByRole('row').filter({ hasText: 'to turn-54' }).first().waitFor();
    await page.getByRole('button', { name: 'Verify the history' }).click();
    await page.locator('[data-verified]').waitFor();
    await page.getByRole('button', { name: 'Export' }).click();
    const downloading = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: /CSV/ }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(/^skep-audit-\d+\.csv$/);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n');
    expect(lines[0]).toContain('seq,at,phase,action');
    expect(lines.slice(1).every((line) => line.includes(',OUTCOME,updateNodeLabels,'))).toBe(true);
    expect(lines.length).toBeGreaterThan(50);
    expect(signed.faults).toEqual([]);
  });
});

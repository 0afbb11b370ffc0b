// How long the console's list of nodes holds up the page when it is filtered and scrolled, against frames with no work.
import type { Page } from 'playwright-core';
import { consoleOf, openBrowser, signIn } from '../../test/support/browser.ts';
import type { Measure, Row, Sample } from '../measure.ts';
import { startBenchServer } from '../server.ts';

/** https://w3c.github.io/longtasks/: from here on a task is felt as a pause. */
const longTaskMs = 50;

const row = (id: string, what: string): Row => ({
  id,
  what,
  unit: 'ms',
  compare: 'difference',
  goal: longTaskMs,
});

type Does = 'filter' | 'scroll' | 'nothing';

/** From the doing to the second frame after it, in the page's own clock. */
const frameAfter = (page: Page, does: Does, step: number): Promise<number> =>
  page.evaluate(
    async ({ does, step }) => {
      const began = performance.now();
      if (does === 'filter') {
        const input = document.querySelector<HTMLInputElement>('input[data-page-filter]');
        // React listens to the element's own setter, so that it is gone around.
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(
          input,
          step % 2 ? '' : String(step % 10),
        );
        input?.dispatchEvent(new Event('input', { bubbles: true }));
      }
      if (does === 'scroll') {
        const frame = document.querySelector('section[aria-label^="Nodes:"]');
        frame?.scrollTo(0, (step % 2) * 20_000 + step * 40);
      }
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return performance.now() - began;
    },
    { does, step },
  );

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;

export const consoleMeasure: Measure = {
  rows: [
    row(
      'consoleFilter',
      'From a letter in the filter of 1,000 nodes to the painted list, p50, over two empty frames',
    ),
    row(
      'consoleScroll',
      'From a jump in the list of 1,000 nodes to the painted rows, p50, over two empty frames',
    ),
  ],
  run: async (context) => {
    const { system } = await startBenchServer(context, { nodes: context.short ? 60 : 1_000 });
    const browser = await context.own(openBrowser, (opened) => opened.close());
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await signIn(page, consoleOf(system), system.server.adminKey);
    await page.getByRole('link', { name: 'Nodes', exact: true }).click();
    await page.getByRole('row').nth(20).waitFor();
    const times = context.short ? 3 : 15;
    const of = async (does: Does): Promise<number> => {
      const took: number[] = [];
      for (let step = 0; step < times; step += 1) took.push(await frameAfter(page, does, step));
      return median(took);
    };
    const filter: Sample[] = [];
    const scroll: Sample[] = [];
    for (let round = 0; round < context.rounds; round += 1) {
      const reference = await of('nothing');
      filter.push({ ours: await of('filter'), reference });
      await frameAfter(page, 'filter', 1);
      scroll.push({ ours: await of('scroll'), reference });
    }
    return { consoleFilter: filter, consoleScroll: scroll };
  },
};

// How long after a write to the engine it is to be read in the console: what a person sees of a change by somebody else.
import { consoleOf, openBrowser, signIn } from '../../test/support/browser.ts';
import type { Measure, Sample } from '../measure.ts';
import { median, setLabelBare, startThreeEngines } from '../three-engines.ts';

export const engineToScreen: Measure = {
  rows: [
    {
      id: 'engineToScreen',
      what: 'From a write to the engine to its value in the console’s list of nodes, p50; 3 real engines',
      unit: 'ms',
      compare: 'ours',
      goal: 1_000,
    },
  ],
  run: async (context) => {
    const { system, nodes, docker } = await startThreeEngines(context);
    const browser = await context.own(openBrowser, (opened) => opened.close());
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await signIn(page, consoleOf(system), system.server.adminKey);
    await page.getByRole('link', { name: 'Nodes', exact: true }).click();
    await page.getByRole('row').nth(3).waitFor();
    let count = 0;
    const once = async (): Promise<number> => {
      count += 1;
      const began = performance.now();
      await setLabelBare(docker, nodes[count % nodes.length] ?? '', 'bare', String(count));
      await page.getByText(`bare=${count}`, { exact: true }).waitFor();
      return performance.now() - began;
    };
    await once();
    const samples: Sample[] = [];
    for (let round = 0; round < context.rounds; round += 1) {
      const all: number[] = [];
      for (let turn = 0; turn < (context.short ? 2 : 20); turn += 1) all.push(await once());
      samples.push({ ours: median(all), reference: 0 });
    }
    return { engineToScreen: samples };
  },
};

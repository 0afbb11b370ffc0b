// A label change through the door, on record and observed, against the same change by dockerode on the same engine.
import type { Measure, Sample } from '../measure.ts';
import { median, setLabelBare, startThreeEngines } from '../three-engines.ts';

const mutation =
  'mutation($input: UpdateNodeLabelsInput!) { updateNodeLabels(input: $input) { state failure { code message } } }';

export const mutationMeasure: Measure = {
  rows: [
    {
      id: 'mutation1',
      what: 'A label change, audited and observed, p50, against inspect and update by dockerode; 3 real engines',
      unit: 'ms',
      compare: 'ratio',
      goal: 2.5,
    },
    {
      id: 'mutation16',
      what: 'Sixteen at once on the three nodes, p50, against as many by dockerode, late ones tried again',
      unit: 'ms',
      compare: 'ratio',
      goal: 2.5,
    },
  ],
  run: async (context) => {
    const { system, nodes, docker } = await startThreeEngines(context);
    let count = 0;
    const timed = async (work: () => Promise<unknown>): Promise<number> => {
      const began = performance.now();
      await work();
      return performance.now() - began;
    };
    const next = (): { id: string; value: string } => {
      count += 1;
      return { id: nodes[count % nodes.length] ?? '', value: String(count) };
    };
    const bare = (): Promise<number> => {
      const { id, value } = next();
      return timed(() => setLabelBare(docker, id, 'bare', value));
    };
    const ours = (): Promise<number> => {
      const { id, value } = next();
      return timed(async () => {
        const { updateNodeLabels } = await system.ask(mutation, {
          input: { nodes: [id], set: [{ key: 'ours', value }] },
        });
        if (updateNodeLabels.state !== 'SUCCEEDED') throw new Error(JSON.stringify(updateNodeLabels));
      });
    };
    /** Each side in turn, so many at once. */
    const sample = async (atOnce: number, times: number): Promise<Sample> => {
      const all: { ours: number[]; reference: number[] } = { ours: [], reference: [] };
      for (let turn = 0; turn < times; turn += 1) {
        const together = (side: () => Promise<number>) => Promise.all(Array.from({ length: atOnce }, side));
        all.reference.push(...(await together(bare)));
        all.ours.push(...(await together(ours)));
      }
      return { ours: median(all.ours), reference: median(all.reference) };
    };
    if (!context.short) await sample(1, 10);
    const mutation1: Sample[] = [];
    const mutation16: Sample[] = [];
    for (let round = 0; round < context.rounds; round += 1) {
      mutation1.push(await sample(1, context.short ? 2 : 20));
      mutation16.push(await sample(16, context.short ? 1 : 3));
    }
    return { mutation1, mutation16 };
  },
};

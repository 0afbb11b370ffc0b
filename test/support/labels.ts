// Writers: clients that change labels through Skep, many at once.
import type { Ask } from '../../lab/client.ts';

export type LabelChange = {
  cluster: string;
  nodes: readonly string[];
  set?: readonly { key: string; value: string }[];
  remove?: readonly string[];
};

/** Changes labels. @returns the operation's id. @throws Error unless it succeeded. */
export const changeLabels = async (ask: Ask, input: LabelChange): Promise<string> => {
  const { updateNodeLabels } = await ask(
    'mutation($input: UpdateNodeLabelsInput!) { updateNodeLabels(input: $input) { id state failure { code message } } }',
    { input: { waitSeconds: 120, ...input } },
  );
  if (updateNodeLabels.state !== 'SUCCEEDED') throw new Error(`labels: ${JSON.stringify(updateNodeLabels)}`);
  return updateNodeLabels.id;
};

/** Runs `count` jobs by `clients` workers at once; each job gets its number. */
export const byClients = async (
  clients: number,
  count: number,
  job: (number: number) => Promise<void>,
): Promise<void> => {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const number = next;
      next += 1;
      await job(number);
    }
  };
  await Promise.all(Array.from({ length: clients }, work));
};

// Operations that are begun and not waited for: what tests of restarts and of many clients do with them.
import type { Ask } from '../../lab/client.ts';
import { operationFields } from './system.ts';
import { until } from './until.ts';

/** Begins an operation and returns it as it stands. `waitSeconds` 0 unless given. */
export const begin = async (
  ask: Ask,
  mutation: string,
  input: Record<string, unknown>,
): Promise<Record<string, any>> => {
  const name = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}`;
  const data = await ask(
    `mutation($input: ${name}Input!) { ${mutation}(input: $input) { ${operationFields} } }`,
    { input: { waitSeconds: 0, ...input } },
  );
  return data[mutation];
};

export const readOperation = async (ask: Ask, id: string): Promise<Record<string, any>> => {
  const { operation } = await ask(`query($id: ID!) { operation(id: $id) { ${operationFields} } }`, { id });
  return operation;
};

/** The operation once it is final. */
export const ended = (ask: Ask, id: string, withinMs = 120_000): Promise<Record<string, any>> =>
  until(
    async () => {
      const operation = await readOperation(ask, id);
      return operation.endedAt === null ? null : operation;
    },
    `operation ${id} ends`,
    withinMs,
  );

/** Until every agent is connected and the clusters are read again. */
export const connected = (ask: Ask): Promise<true> =>
  until(
    async () => {
      const { clusters, hosts } = await ask(
        '{ clusters { watcher { stale } } hosts { edges { node { status } } } }',
      );
      return (
        clusters.every(({ watcher }: Record<string, any>) => !watcher.stale) &&
        hosts.edges.every(({ node }: Record<string, any>) => node.status === 'CONNECTED')
      );
    },
    'all agents are connected and the clusters are read',
    30_000,
  );

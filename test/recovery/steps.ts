// What the tests of this folder ask again and again.
import type { Ask } from '../../lab/client.ts';
import { until } from '../support/until.ts';

/** The cluster as it is shown now. */
export const readCluster = async (ask: Ask, id: string): Promise<Record<string, any>> => {
  const { cluster } = await ask(
    `query($id: ID!) { cluster(id: $id) {
      id name state watcher { stale trouble }
      quorum { managers reachable needed tolerates advice }
      nodes { edges { node { id hostname role observedRole managerStatus { leader reachability } status { state } host { id } } } }
    } }`,
    { id },
  );
  return cluster;
};

/** The cluster once it is in a state. */
export const clusterIs = (
  ask: Ask,
  id: string,
  state: string,
  withinMs = 90_000,
): Promise<Record<string, any>> => {
  let last = '';
  return until(
    async () => {
      const seen = await readCluster(ask, id);
      last = JSON.stringify({ state: seen.state, quorum: seen.quorum, watcher: seen.watcher });
      return seen.state === state ? seen : null;
    },
    `the cluster is ${state}`,
    withinMs,
  ).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : String(error)}; it is ${last}`, {
      cause: error,
    });
  });
};

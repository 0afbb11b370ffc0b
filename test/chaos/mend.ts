// Between two rounds the clusters get their managers and members back, by the API as everything else.
import { begin, ended } from '../support/operations.ts';
import type { Arena } from './arena.ts';

const leastManagers = 3;

/** Brings both clusters back to something that can be broken: as far as it can be done, for the rest is checked elsewhere. */
export const mend = async ({ system, clusters, note }: Arena): Promise<void> => {
  const act = async (mutation: string, input: Record<string, unknown>): Promise<void> => {
    try {
      const { id } = await begin(system.ask, mutation, { reason: 'mend', waitSeconds: 60, ...input });
      const { state, failure } = await ended(system.ask, id);
      note('mend', { mutation, input, state, failure });
    } catch (error) {
      note('mend', { mutation, input, error: String(error) });
    }
  };
  const { nodes, hosts } = await system.ask(
    '{ nodes(first: 1000) { edges { node { id role availability cluster { id } status { state } } } } hosts(first: 1000) { edges { node { id swarm { localState } } } } }',
  );
  const all: Record<string, any>[] = nodes.edges.map(({ node }: Record<string, any>) => node);
  for (const cluster of clusters) {
    const own = all.filter((node) => node.cluster.id === cluster);
    const down = own.filter(({ status }) => status.state === 'DOWN');
    const managersDown = down.filter(({ role }) => role === 'MANAGER').map(({ id }) => id);
    if (managersDown.length > 0)
      await act('demoteNodes', { cluster, nodes: managersDown, override: ['NO_FAULT_TOLERANCE'] });
    if (down.length > 0) await act('removeNodes', { cluster, nodes: down.map(({ id }) => id) });
    const idle = own.filter(
      ({ availability, status }) => availability !== 'ACTIVE' && status.state === 'READY',
    );
    if (idle.length > 0)
      await act('setNodeAvailability', { cluster, nodes: idle.map(({ id }) => id), availability: 'ACTIVE' });
  }
  const free: string[] = hosts.edges
    .map(({ node }: Record<string, any>) => node)
    .filter(({ swarm }: Record<string, any>) => swarm?.localState === 'INACTIVE')
    .map(({ id }: { id: string }) => id);
  const sizes = clusters.map((cluster) => ({
    cluster,
    ready: all.filter((node) => node.cluster.id === cluster && node.status.state === 'READY'),
  }));
  for (const host of free) {
    const [smallest] = [...sizes].sort((a, b) => a.ready.length - b.ready.length);
    if (!smallest) return;
    smallest.ready.push({ role: 'MANAGER' });
    await act('joinHosts', { cluster: smallest.cluster, hosts: [{ host }], role: 'MANAGER' });
  }
  for (const { cluster, ready } of sizes) {
    const missing = leastManagers - ready.filter(({ role }) => role === 'MANAGER').length;
    const workers = ready.filter(({ role, id }) => role === 'WORKER' && id).slice(0, Math.max(0, missing));
    if (workers.length > 0) await act('promoteNodes', { cluster, nodes: workers.map(({ id }) => id) });
  }
};

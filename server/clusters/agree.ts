// The read that changes of managers are judged on: it knows the leader, and no other manager contradicts it.
import type { Commands } from '../hosts/commands.ts';
import type { Host } from '../hosts/host.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure } from '../platform/failure.ts';
import type { Managers } from './managers.ts';
import { type NodeObservation, observationOf } from './observation.ts';
import type { FreshRead, ReadCluster } from './read.ts';
import type { Clusters } from './registry.ts';

/**
 * A fresh read, compared with what a second manager lists where there is one with an agent. A leader that is cut off
 * answers for up to 16 seconds as if nothing were (measured); while the two differ nobody knows who the managers are.
 * @throws Failure NO_LEADER when no leader is named, or the two differ, for five seconds; and what a read throws.
 */
export type ReadAgreed = (clusterId: string) => Promise<FreshRead>;

/** A change of leader is over in a second when it was asked for. */
const agreeMs = 5_000;
/** A second manager that is silent for longer contradicts nobody. */
const secondMs = 2_000;

/** Who is a manager, by wish and in fact, and who leads: what two managers must agree on. */
const managersIn = (nodes: readonly NodeObservation[]): string =>
  nodes
    .filter(({ role, managerStatus }) => role === 'MANAGER' || managerStatus !== null)
    .map(({ id, role, managerStatus }) => `${id} ${role} ${managerStatus?.leader ?? 'not in the raft group'}`)
    .sort()
    .join('\n');

export const createReadAgreed = ({
  clusters,
  managers,
  commands,
  read,
}: {
  clusters: Clusters;
  managers: Managers;
  commands: Commands;
  read: ReadCluster;
}): ReadAgreed => {
  const asked = async (host: Host, clusterId: string): Promise<readonly NodeObservation[] | null> => {
    try {
      const seen = observationOf(
        await commands.read(host.id, { __typename: 'ReadCluster', fresh: true }, secondMs),
      );
      return seen.swarm.id === clusterId ? seen.nodes : null;
    } catch (error) {
      if (error instanceof Failure) return null;
      throw error;
    }
  };

  const contradicts = async (state: FreshRead, clusterId: string): Promise<Failure | null> => {
    if (!state.nodes.some(({ managerStatus }) => managerStatus?.leader))
      return new Failure('NO_LEADER', 'no manager leads: an election runs, or quorum is lost', 'wait for it');
    const cluster = clusters.find(clusterId);
    const second = cluster && managers.of(cluster).find(({ id }) => id !== state.hostId);
    const nodes = second && (await asked(second, clusterId));
    if (!nodes || managersIn(nodes) === managersIn(state.nodes)) return null;
    return new Failure(
      'NO_LEADER',
      `two managers list different managers or leaders; one of them is ${second.name}`,
      'look whether the managers reach each other, or wait for the election',
    );
  };

  return async (clusterId) => {
    let why: Failure | null = null;
    const agreed = await waitFor(
      async () => {
        const state = await read.fresh(clusterId);
        why = await contradicts(state, clusterId);
        return why ? null : state;
      },
      { timeoutMs: agreeMs, intervalMs: 250, signal: new AbortController().signal },
    );
    if (agreed) return agreed;
    throw why ?? new Failure('NO_LEADER', 'no manager leads', 'wait for the election');
  };
};

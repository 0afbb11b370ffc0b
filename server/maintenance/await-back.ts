// Host and node are back: the agent is connected, its engine answers it, and the managers list the node as Ready, and a
// manager as reachable. All by reads that begin after it was let go on.
import { isReachable } from '../clusters/quorum.ts';
import { offline, whySilent } from '../hosts/host.ts';
import { secondsAfter } from '../nodes/drain.ts';
import type { Run } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure } from '../platform/failure.ts';
import type { MaintenanceParts } from './parts.ts';
import type { Plan, Work } from './plan.ts';

const lookEveryMs = 500;
const engineMs = 3_000;

/** Why its own side is not there, or null. An older agent that may not list containers has answered, too. */
const whyHostAway = async (
  { hosts, links, commands }: MaintenanceParts,
  nodeId: string,
): Promise<string | null> => {
  const host = hosts.ofMember(nodeId);
  if (!host || host.revokedAt) return null;
  if (!links.of(host.id)) return offline(host).message;
  const silent = whySilent(host, true);
  if (silent) return silent.message;
  const answer = await commands
    .read(host.id, { __typename: 'ReadContainers', fresh: true }, engineMs)
    .then(() => null)
    .catch((error: unknown) => {
      if (error instanceof Failure) return error.code === 'NOT_ALLOWED' ? null : error.message;
      throw error;
    });
  if (answer !== null) return answer;
  const swarm = hosts.find(host.id)?.report?.swarm;
  return swarm && swarm.localState !== 'ACTIVE'
    ? `the engine of ${host.name} takes no part in the swarm yet: it is ${swarm.localState}${swarm.localState === 'LOCKED' ? ', unlockHosts lets it' : ''}`
    : null;
};

/** Why it is not back yet, or when the read began that shows it back. */
const look = async (parts: MaintenanceParts, { clusterId }: Plan, nodeId: string): Promise<string | Date> => {
  const away = await whyHostAway(parts, nodeId);
  if (away !== null) return away;
  const state = await parts.read.fresh(clusterId).catch((error: unknown) => {
    if (error instanceof Failure) return error;
    throw error;
  });
  if (state instanceof Failure) return state.message;
  const node = state.nodes.find(({ id }) => id === nodeId);
  if (!node) throw new Failure('NODE_NOT_FOUND', `the cluster no longer has node ${nodeId}`, 'list nodes');
  if (node.status.state !== 'READY')
    return `${node.hostname} is ${node.status.state}, not READY: when that lasts for a minute while its engine runs, start the engine once more`;
  if (node.role === 'WORKER' && node.managerStatus === null) return state.began;
  if (!isReachable(node)) return `manager ${node.hostname} is not reachable for the others yet`;
  if (!state.nodes.some(({ managerStatus }) => managerStatus?.leader)) return 'no manager leads yet';
  const own = parts.hosts.ofMember(nodeId)?.report?.swarm;
  if (own && !own.controlAvailable) return `the engine of ${node.hostname} does not act as a manager yet`;
  return state.began;
};

/**
 * @returns false: cancelled before.
 * @throws Failure NOT_BACK at the deadline, NODE_NOT_FOUND.
 */
export const awaitBack = (
  parts: MaintenanceParts,
  run: Run,
  plan: Plan,
  nodeId: string,
  { name, work }: { name: string; work: Work },
): Promise<boolean> =>
  run.step('back', nodeId, async (tell) => {
    const from = new Date(work.wentOn?.at ?? work.since);
    const deadline = secondsAfter(from, plan.backDeadlineSeconds);
    let why = 'it was not looked at';
    const seen = await waitFor<Date | 'cancelled'>(
      async () => {
        if (run.cancel.aborted) return 'cancelled';
        const answer = await look(parts, plan, nodeId);
        if (answer instanceof Date) return answer;
        why = answer;
        tell(why);
        return null;
      },
      {
        timeoutMs: Math.max(0, deadline.getTime() - parts.clock.now().getTime()),
        intervalMs: lookEveryMs,
        signal: run.signal,
      },
    );
    if (seen === null)
      throw new Failure(
        'NOT_BACK',
        `${name} was not back ${plan.backDeadlineSeconds} seconds after it was let go on, and stays in drain: ${why}`,
        'bring it back, then set it ACTIVE, and repeat for those that were not begun',
      );
    if (seen === 'cancelled') return false;
    run.observed(seen);
    tell(`${name} is back`);
    return true;
  });

// A role step is over when the node's own engine has followed. One that meets an engine before it has followed the last
// makes it wait for 16 seconds, twice, before it follows either (swarmkit node/node.go, superviseManager).
import type { Links } from '../hosts/links.ts';
import type { Hosts } from '../hosts/registry.ts';
import type { Run } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Change } from '../platform/events.ts';
import { Failure } from '../platform/failure.ts';

export type Settle = {
  /**
   * Waits until the node's engine says itself whether it has control of the cluster.
   * @param target whose step it is. @default the node
   * @returns false: it did not in time. True also where no agent can tell.
   */
  control(run: Run, nodeId: string, wanted: boolean, target?: string): Promise<boolean>;
  /** Waits until a demotion, whoever asked for it, is so long ago that its engine has a worker's certificate. */
  demotion(run: Run, nodeId: string): Promise<void>;
  /**
   * Watches a promotion. An engine before 25.0.6 enters the raft group only through the address that it once joined the
   * swarm by (join-addresses.ts). When no manager is there it tries for ever, is Down, and cannot be demoted; by then
   * it has forgotten all other addresses, and to start it anew does not help (measured on 20.10, 4 of 4).
   * @returns tells PROMOTION_STUCK once the engine has reported nothing else for 15 seconds.
   */
  stuckPromotion(nodeId: string): () => Failure | null;
};

/** A demoted engine gives its control up within 8 seconds (measured). */
const controlMs = 30_000;
/** Three times swarmkit's interval between two looks at roles (manager/role_manager.go). */
const demotionMs = 15_000;
/** Longer than an engine takes that only meets a change of leader: it tries again after 0.2, 0.4, … 6.4 seconds. */
const stuckMs = 15_000;
/** Events read at once, newest first, until they are older than a demotion that matters. */
const pageSize = 500;

export const createSettle = ({
  db,
  clock,
  hosts,
  links,
}: {
  db: Database;
  clock: Clock;
  hosts: Hosts;
  links: Links;
}): Settle => {
  /** When the node was seen to become a worker, if that is so short a time ago that it matters. */
  const demotedAt = async (nodeId: string): Promise<number | null> => {
    const since = clock.now().getTime() - demotionMs;
    let before: number | undefined;
    for (;;) {
      const rows = await db.read.event.findMany({
        where: { topic: 'NODE', ...(before === undefined ? {} : { seq: { lt: before } }) },
        orderBy: { seq: 'desc' },
        take: pageSize,
        select: { seq: true, at: true, subjectId: true, changesJson: true },
      });
      for (const { at, subjectId, changesJson } of rows) {
        if (at.getTime() < since) return null;
        const demoted = (change: Change): boolean =>
          (change.path === 'role' || change.path === 'observedRole') && change.new === 'WORKER';
        if (subjectId === nodeId && (JSON.parse(changesJson) as Change[]).some(demoted)) return at.getTime();
      }
      before = rows.at(-1)?.seq;
      if (rows.length < pageSize) return null;
    }
  };

  return {
    control: (run, nodeId, wanted, target = nodeId) => {
      const agrees = (): boolean => {
        const host = hosts.ofNode(nodeId);
        const swarm = host && links.of(host.id) ? host.report?.swarm : null;
        return !swarm || swarm.controlAvailable === wanted;
      };
      return run.step(wanted ? 'await control' : 'await control given up', target, async () => {
        const settled = await waitFor(async () => (agrees() ? true : null), {
          timeoutMs: controlMs,
          intervalMs: 50,
          signal: run.signal,
        });
        return settled === true;
      });
    },
    demotion: async (run, nodeId) => {
      const at = await demotedAt(nodeId);
      if (at === null) return;
      await run.step('await the last demotion settled', nodeId, async (tell) => {
        const sinceMs = (): number => clock.now().getTime() - at;
        tell(
          `it became a worker ${Math.round(sinceMs() / 1_000)} seconds ago; promoted before ${demotionMs / 1_000} have passed it would take half a minute`,
        );
        await waitFor(async () => (sinceMs() >= demotionMs ? true : null), {
          timeoutMs: demotionMs,
          intervalMs: 250,
          signal: run.signal,
        });
      });
    },
    stuckPromotion: (nodeId) => {
      const hostId = hosts.ofMember(nodeId)?.id ?? null;
      let well = performance.now();
      return () => {
        const host = hostId === null ? null : hosts.find(hostId);
        const error = host?.report?.swarm?.error ?? '';
        if (!host || !error.includes("can't initialize raft node")) well = performance.now();
        if (!host || performance.now() - well < stuckMs) return null;
        const through = /dial tcp (\S+?): connect/.exec(error)?.[1];
        return new Failure(
          'PROMOTION_STUCK',
          `the engine of ${host.name} joined the swarm through ${through ?? 'a manager'}, where no manager is any more, and enters the raft group by no other way`,
          `promote the node at ${through ?? 'that address'}: this one follows by itself within half a minute; to start its engine anew does not help any more`,
        );
      };
    },
  };
};

// unlockHosts: docker swarm unlock. A manager of a cluster with autolock that started again waits for the unlock key.
// https://docs.docker.com/engine/swarm/swarm_manager_locking/
import * as z from 'zod';
import { whyReadOnly } from '../clusters/find.ts';
import { isAutolocked } from '../clusters/settings.ts';
import { readUnlockKey } from '../clusters/unlock-key.ts';
import { findHost } from '../hosts/actions.ts';
import { failureOf } from '../hosts/commands.ts';
import { clusterOf, type Host, whySilent } from '../hosts/host.ts';
import { type Action, allClear, type Run, refused } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import type { MembershipParts } from './join.ts';

const input = z.object({
  hosts: z.array(z.string().min(1)).min(1, 'names no host').max(1_000),
  // swarmkit manager/encryption: 32 bytes in unpadded base64.
  unlockKey: z
    .string()
    .trim()
    .regex(/^SWMKEY-1-[A-Za-z0-9+/]{43}$/, 'is no unlock key (SWMKEY-1-…)')
    .nullish()
    .transform((key) => key ?? null),
});
type Input = z.infer<typeof input>;
/** `nodeId`: the node that the host was last known to be; a locked engine does not tell. `keyGiven`: never the key. */
type Plan = {
  clusterId: string | null;
  members: { hostId: string; nodeId: string | null }[];
  keyGiven: boolean;
};
type Parts = MembershipParts & { clock: Clock };

/** The engine answers within 3 seconds (measured), where there is a leader; the agent gives it 30. */
const patienceMs = 45_000;
const observeMs = 15_000;

const keyNeeded = (why: string): Failure =>
  new Failure(
    'UNLOCK_KEY_NEEDED',
    `the unlock key cannot be read: ${why}`,
    'give unlockKey, from where it is kept',
  );

/** Why it cannot be unlocked, or null. */
const whyNotUnlock = (host: Host, connected: boolean): Failure | null => {
  const silent = whySilent(host, connected);
  if (silent) return silent;
  const swarm = host.report?.swarm;
  return swarm?.localState === 'INACTIVE'
    ? new Failure('NOT_IN_SWARM', `host ${host.name} is in no swarm`, 'there is nothing to unlock')
    : null;
};

const isLocked = (host: Host | null): boolean => host?.report?.swarm?.localState === 'LOCKED';

export const unlockHostsAction = (parts: Parts): Action<Input, Plan> => {
  const { clusters, hosts, links, commands, read, clock } = parts;

  /** The key is read when it is sent; here only whether it can be. */
  const whyNoKey = async (clusterId: string | null): Promise<Failure | null> => {
    if (clusterId === null) return keyNeeded('of which cluster the host is a manager is not known');
    try {
      const { swarm } = await read.fresh(clusterId);
      return isAutolocked(swarm.spec)
        ? null
        : keyNeeded('autolock is off by now, and the manager was locked with the key of before');
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return keyNeeded(error.message);
    }
  };

  /** Waits until the host reports to be the node of before again. @returns how it is. */
  const observe = async (run: Run, hostId: string, nodeId: string | null): Promise<'ACTIVE' | 'PENDING'> => {
    const swarmNow = () => hosts.find(hostId)?.report?.swarm ?? null;
    const isBack = (state: string): boolean => {
      const swarm = swarmNow();
      return swarm?.localState === state && swarm.nodeId !== null;
    };
    const active = await waitFor(async () => (isBack('ACTIVE') ? true : null), {
      timeoutMs: observeMs,
      intervalMs: 50,
      signal: run.signal,
    });
    if (!active && !isBack('PENDING'))
      throw new Failure(
        'OUTCOME_UNKNOWN',
        'the host was not seen to be unlocked in time',
        'read the host, then decide',
      );
    const seen = swarmNow()?.nodeId ?? null;
    if (nodeId !== null && seen !== nodeId)
      throw new Failure('NOT_OBSERVED', `the host is node ${seen} now, not ${nodeId}`, 'read the host');
    run.unknown(false);
    run.observed(clock.now());
    return active ? 'ACTIVE' : 'PENDING';
  };

  const invalid = (keyGiven: boolean, message: string): Failure =>
    new Failure(
      'UNLOCK_KEY_INVALID',
      message,
      keyGiven
        ? 'a manager that was away while the key was rotated needs the key of before'
        : 'it was away while the key was rotated: give the key of before',
    );

  return {
    name: 'unlockHosts',
    permission: 'cluster:update',
    input: input as z.ZodType<Input>,
    secrets: ['unlockKey'],
    named: ({ hosts: asked }) => asked.map((name) => ({ kind: 'HOST', name })),
    resolve: async (asked, requester) => {
      const found = [...new Set(asked.hosts)].map((id) => findHost(hosts, id, parts.scopeOf(requester)));
      const ids = [...new Set(found.map(clusterOf).filter((id) => id !== null))];
      if (ids.length > 1)
        throw new Failure(
          'BAD_USER_INPUT',
          'input.hosts are of several clusters',
          'one mutation changes one cluster',
        );
      const members = found.map(({ id, membership }) => ({ hostId: id, nodeId: membership?.nodeId ?? null }));
      return {
        clusterId: ids[0] ?? null,
        plan: { clusterId: ids[0] ?? null, members, keyGiven: asked.unlockKey !== null },
        targets: found.map(({ id, name }) => ({ kind: 'HOST', id, name })),
        locks: found.map(({ id }) => `host:${id}`),
      };
    },
    reachable: async ({ members }) => members.every(({ hostId }) => links.of(hostId) !== null),
    judge: async ({ clusterId, members, keyGiven }) => {
      const cluster = clusterId === null ? null : clusters.find(clusterId);
      const readOnly = cluster && whyReadOnly(cluster);
      if (readOnly) return refused(readOnly);
      for (const { hostId } of members) {
        const host = hosts.find(hostId);
        if (!host) return refused(new Failure('NOT_FOUND', `no host ${hostId}`));
        const why = whyNotUnlock(host, links.of(hostId) !== null);
        if (why) return refused(why);
      }
      const open = members.filter(({ hostId }) => !isLocked(hosts.find(hostId)));
      const why = keyGiven || open.length === members.length ? null : await whyNoKey(clusterId);
      if (why) return refused(why);
      return {
        ...allClear,
        warnings: open.map(({ hostId }) => ({
          code: 'NOT_LOCKED',
          message: 'the host is not locked: nothing is sent to it',
          target: hostId,
        })),
      };
    },
    act: async (run, { clusterId, members, keyGiven }) => {
      const readOnce = async (): Promise<string> => {
        if (clusterId === null) throw keyNeeded('its cluster is not known');
        await run.secretRead();
        return readUnlockKey(parts, clusterId);
      };
      let fromManager: Promise<string> | null = null;
      /** Null: it was given to an earlier process, and is not kept. */
      const keyOf = async (): Promise<string | null> => {
        if (keyGiven) return run.given.unlockKey ?? null;
        fromManager ??= readOnce();
        return fromManager;
      };
      // All at once: the first of several answers only when there is a leader, which may take the others.
      await run.each(
        async (target) => {
          const member = members.find(({ hostId }) => hostId === target.id);
          if (!member) return;
          const { hostId, nodeId } = member;
          if (!run.resumed && !isLocked(hosts.find(hostId))) return;
          await run.step('unlock', hostId, async () => {
            const unlockKey = await keyOf();
            if (unlockKey === null) {
              if (isLocked(hosts.find(hostId)))
                throw new Failure('INTERRUPTED', 'the server was restarted, and keeps no key', 'ask again');
              return;
            }
            const result = await commands.carryOut({
              run,
              hostId,
              step: `unlock:${hostId}`,
              body: { __typename: 'UnlockSwarm', unlockKey },
              patienceMs,
            });
            if (result.failure?.code === 'UNLOCK_KEY_INVALID')
              throw invalid(keyGiven, result.failure.message);
            if (result.outcome === 'FAILED' || result.outcome === 'REFUSED') throw failureOf(result);
            run.unknown(result.outcome === 'UNKNOWN');
          });
          const state = await run.step('observe', hostId, () => observe(run, hostId, nodeId));
          if (state === 'PENDING')
            run.warn({
              code: 'NO_LEADER',
              message: 'it is unlocked, and waits for enough other managers to have a leader',
              target: hostId,
            });
        },
        { parallel: true },
      );
    },
  };
};

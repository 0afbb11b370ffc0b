// The hosts: a row each, and in memory with what their agents report.
import type { Host as Row } from '../../prisma/generated/client.ts';
import { changesOf } from '../platform/changes.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Emit, Events, Transaction } from '../platform/events.ts';
import { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import { type Host, hostScalars, type Quarantine, type Report, report } from './host.ts';

export type Hosts = {
  find(id: string): Host | null;
  list(): readonly Host[];
  /** The connected host whose engine is this node; matched by NodeID alone. */
  ofNode(nodeId: string): Host | null;
  /** Also when its engine does not tell its node id now: by the membership that it was last known to have. */
  ofMember(nodeId: string): Host | null;
  add(tx: Transaction, emit: Emit, host: Host): Promise<void>;
  /** Makes an added host known; call it when its transaction is committed. */
  added(host: Host): void;
  /**
   * @param also written with it, or not at all.
   * @throws Failure NOT_FOUND, NAME_TAKEN, ENGINE_CLAIMED.
   */
  change(
    id: string,
    change: Partial<Omit<Host, 'id'>>,
    operationId?: string | null,
    also?: (tx: Transaction, emit: Emit) => Promise<void>,
  ): Promise<Host>;
  /** The host that an engine belongs to; revoked ones have none. */
  ofEngine(engineId: string): Host | null;
  remove(id: string): Promise<void>;
  /** Hears of each change, after it is stored. */
  onChange(listener: (host: Host, before: Host | null) => void): void;
};

const quarantineOf = (json: string): Quarantine => {
  const kept = JSON.parse(json);
  return { ...kept, at: new Date(kept.at) };
};

const hostOf = (row: Row): Host => ({
  id: row.id,
  name: row.name,
  publicKey: row.publicKey,
  engineId: row.engineId,
  status: row.revokedAt
    ? 'REVOKED'
    : row.quarantineJson
      ? 'QUARANTINED'
      : row.lastSeenAt
        ? 'DISCONNECTED'
        : 'ENROLLED',
  report: row.reportJson === null ? null : report.parse(JSON.parse(row.reportJson)),
  enrolledAt: row.enrolledAt,
  lastSeenAt: row.lastSeenAt,
  revokedAt: row.revokedAt,
  quarantine: row.quarantineJson === null ? null : quarantineOf(row.quarantineJson),
  membership:
    row.membershipId && row.clusterId ? { nodeId: row.membershipId, clusterId: row.clusterId } : null,
});

const columnsOf = (host: Host): Omit<Row, 'id'> => ({
  name: host.name,
  publicKey: host.publicKey,
  engineId: host.engineId,
  reportJson: host.report && JSON.stringify(host.report satisfies Report),
  enrolledAt: host.enrolledAt,
  lastSeenAt: host.lastSeenAt,
  revokedAt: host.revokedAt,
  membershipId: host.membership?.nodeId ?? null,
  clusterId: host.membership?.clusterId ?? null,
  quarantineJson: host.quarantine && JSON.stringify(host.quarantine),
});

export const createHosts = async ({
  db,
  events,
  clock,
  log,
}: {
  db: Database;
  events: Events;
  clock: Clock;
  log: Log;
}): Promise<Hosts> => {
  const hosts = new Map((await db.read.host.findMany()).map((row) => [row.id, hostOf(row)]));
  const listeners: ((host: Host, before: Host | null) => void)[] = [];
  const tell = (host: Host, before: Host | null): void => {
    for (const listener of listeners) {
      try {
        listener(host, before);
      } catch (error) {
        log.error({ err: error, host: host.id }, 'a listener of hosts failed');
      }
    }
  };

  const emitHost = (
    emit: Emit,
    kind: 'ADDED' | 'UPDATED' | 'REMOVED',
    host: Host,
    before: Host | null,
    operationId: string | null,
  ) => {
    const after = hostScalars(host);
    const old = before && hostScalars(before);
    const changes = kind === 'UPDATED' ? changesOf(old, after) : [];
    if (kind === 'UPDATED' && changes.length === 0) return Promise.resolve();
    return emit({
      topic: 'HOST',
      kind,
      // Who left its cluster is told to those who saw it there.
      clusterId: after.clusterId ?? old?.clusterId ?? null,
      subjectId: host.id,
      before: old,
      after,
      changes,
      operationId,
    });
  };

  const ofNode: Hosts['ofNode'] = (nodeId) => {
    const found = [...hosts.values()].filter(({ report }) => report?.swarm?.nodeId === nodeId);
    return found.find(({ status }) => status === 'CONNECTED') ?? found[0] ?? null;
  };

  const ofEngine: Hosts['ofEngine'] = (engineId) =>
    [...hosts.values()].find((host) => host.engineId === engineId && host.revokedAt === null) ?? null;

  const refuseClaimed = (engineId: string, hostId: string): void => {
    const holder = ofEngine(engineId);
    if (holder && holder.id !== hostId)
      throw new Failure(
        'ENGINE_CLAIMED',
        `engine ${engineId} is host ${holder.name}’s`,
        'revoke that host first, or give this engine an id of its own',
      );
  };

  return {
    ofEngine,
    find: (id) => hosts.get(id) ?? null,
    list: () => [...hosts.values()],
    ofNode,
    ofMember: (nodeId) =>
      ofNode(nodeId) ??
      [...hosts.values()].find(
        ({ membership, revokedAt }) => membership?.nodeId === nodeId && revokedAt === null,
      ) ??
      null,
    add: async (tx, emit, host) => {
      if (host.engineId !== null) refuseClaimed(host.engineId, host.id);
      const known = [...hosts.values()].find(({ publicKey }) => publicKey === host.publicKey);
      if (known)
        throw new Failure(
          'KEY_KNOWN',
          `this key is host ${known.name}’s, or was before it was revoked`,
          'start the agent with an empty state folder, which makes a new key; or forgetHost first',
        );
      await tx.host.create({ data: { id: host.id, ...columnsOf(host) } });
      await emitHost(emit, 'ADDED', host, null, null);
    },
    added: (host) => {
      hosts.set(host.id, host);
      tell(host, null);
    },
    change: async (id, change, operationId = null, also = async () => undefined) => {
      // Inside the write queue, so that two changes at once cannot undo each other.
      let before: Host | null = null;
      const host = await events.transact(
        async (tx, emit) => {
          before = hosts.get(id) ?? null;
          if (!before) throw new Failure('NOT_FOUND', `no host ${id}`, 'list hosts');
          const next: Host = { ...before, ...change };
          // A connection that was just admitted, or just broke, takes neither away.
          if (next.revokedAt) next.status = 'REVOKED';
          else if (next.quarantine) next.status = 'QUARANTINED';
          if (change.engineId != null) refuseClaimed(change.engineId, id);
          if (
            change.name !== undefined &&
            [...hosts.values()].some((other) => other.id !== id && other.name === change.name)
          )
            throw new Failure('NAME_TAKEN', `another host is called ${change.name}`, 'choose another name');
          await tx.host.update({ where: { id }, data: columnsOf(next) });
          await emitHost(emit, 'UPDATED', next, before, operationId);
          await also(tx, emit);
          return next;
        },
        (next) => hosts.set(id, next),
      );
      tell(host, before);
      return host;
    },
    remove: async (id) => {
      await events.transact(
        async (tx, emit) => {
          const host = hosts.get(id);
          if (!host) return;
          await tx.host.delete({ where: { id } });
          await emitHost(emit, 'REMOVED', host, host, null);
        },
        () => hosts.delete(id),
      );
      log.info({ host: id, at: clock.now() }, 'host forgotten');
    },
    onChange: (listener) => void listeners.push(listener),
  };
};

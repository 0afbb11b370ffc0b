// The hosts: a row each, and in memory with what their agents report.
import type { Host as Row } from '../../prisma/generated/client.ts';
import { changesOf } from '../platform/changes.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Emit, Events, Transaction } from '../platform/events.ts';
import { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import { type Host, hostScalars, type Report, report } from './host.ts';

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
  change(id: string, change: Partial<Omit<Host, 'id'>>, operationId?: string | null): Promise<Host>;
  remove(id: string): Promise<void>;
  /** Hears of each change, after it is stored. */
  onChange(listener: (host: Host, before: Host | null) => void): void;
};

const hostOf = (row: Row): Host => ({
  id: row.id,
  name: row.name,
  publicKey: row.publicKey,
  engineId: row.engineId,
  status: row.revokedAt ? 'REVOKED' : row.lastSeenAt ? 'DISCONNECTED' : 'ENROLLED',
  report: row.reportJson === null ? null : report.parse(JSON.parse(row.reportJson)),
  enrolledAt: row.enrolledAt,
  lastSeenAt: row.lastSeenAt,
  revokedAt: row.revokedAt,
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
      clusterId: after.clusterId,
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

  return {
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
      await tx.host.create({ data: { id: host.id, ...columnsOf(host) } });
      await emitHost(emit, 'ADDED', host, null, null);
    },
    added: (host) => {
      hosts.set(host.id, host);
      tell(host, null);
    },
    change: async (id, change, operationId = null) => {
      // Inside the write queue, so that two changes at once cannot undo each other.
      let before: Host | null = null;
      const host = await events.transact(
        async (tx, emit) => {
          before = hosts.get(id) ?? null;
          if (!before) throw new Failure('NOT_FOUND', `no host ${id}`, 'list hosts');
          const next: Host = { ...before, ...change };
          if (
            change.name !== undefined &&
            [...hosts.values()].some((other) => other.id !== id && other.name === change.name)
          )
            throw new Failure('NAME_TAKEN', `another host is called ${change.name}`, 'choose another name');
          await tx.host.update({ where: { id }, data: columnsOf(next) });
          await emitHost(emit, 'UPDATED', next, before, operationId);
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

// The hosts: a row each, and in memory with what their agents report.
import { isDeepStrictEqual } from 'node:util';
import type { Host as Row } from '../../prisma/generated/client.ts';
import { changesOf } from '../platform/changes.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Emit, Events, Transaction } from '../platform/events.ts';
import { Failure } from '../platform/failure.ts';
import { createGather } from '../platform/gather.ts';
import type { Log } from '../platform/log.ts';
import { type Host, hostScalars, type Quarantine, type Report, report } from './host.ts';
import { createHostIndex } from './host-index.ts';

export type Hosts = {
  find(id: string): Host | null;
  list(): readonly Host[];
  /** All, by name. */
  sorted(): readonly Host[];
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
  /** Its agent has told this of it. The same as before, by one that was heard of just now, is not stored again. */
  heard(id: string, report: Report, at: Date): Promise<Host>;
  /** The host that an engine belongs to; revoked ones have none. */
  ofEngine(engineId: string): Host | null;
  ofName(name: string): Host | null;
  /** Those whose engines say that they are managers. */
  controllers(): readonly Host[];
  remove(id: string): Promise<void>;
  /** Hears of each change, after it is stored. */
  onChange(listener: (host: Host, before: Host | null) => void): void;
  /** Hears of each host that was forgotten. */
  onRemove(listener: (hostId: string) => void): void;
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

/** Changes of one transaction, at most: each holds up whoever waits for the write queue by some 50 microseconds. */
const mostTogether = 200;
/** Between two such transactions: each is an fsync, which holds up the whole process, whether it is for one or for many. */
const apartMs = 20;

/** As after each reconnect: its agent has attached, which was stored, and says what it said before. */
const heardMs = 5_000;

type Asked = { id: string; change: Partial<Omit<Host, 'id'>>; operationId: string | null };
type Done = { before: Host; next: Host };

/** What the row has to be told; a report is not put into words to find that it is the same. */
const changedColumns = (before: Host, next: Host): Partial<Omit<Row, 'id'>> => {
  const old = columnsOf(before.report === next.report ? { ...before, report: null } : before);
  const now = columnsOf(before.report === next.report ? { ...next, report: null } : next);
  return Object.fromEntries(
    Object.entries(now).filter(([name, value]) => !isDeepStrictEqual(value, old[name as keyof typeof old])),
  );
};

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
  const hosts = createHostIndex((await db.read.host.findMany()).map(hostOf));
  const listeners: ((host: Host, before: Host | null) => void)[] = [];
  const removed: ((hostId: string) => void)[] = [];
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

  const refuseClaimed = (engineId: string, hostId: string): void => {
    const holder = hosts.ofEngine(engineId);
    if (holder && holder.id !== hostId)
      throw new Failure(
        'ENGINE_CLAIMED',
        `engine ${engineId} is host ${holder.name}’s`,
        'revoke that host first, or give this engine an id of its own',
      );
  };

  const judged = (before: Host | null, { id, change }: Asked): Host => {
    if (!before) throw new Failure('NOT_FOUND', `no host ${id}`, 'list hosts');
    const next: Host = { ...before, ...change };
    // Said again, as after each reconnect: nothing to store, and no second copy to keep.
    if (isDeepStrictEqual(next.report, before.report)) next.report = before.report;
    // A connection that was just admitted, or just broke, takes neither away.
    if (next.revokedAt) next.status = 'REVOKED';
    else if (next.quarantine) next.status = 'QUARANTINED';
    if (change.engineId != null) refuseClaimed(change.engineId, id);
    const named = change.name === undefined ? null : hosts.ofName(change.name);
    if (named && named.id !== id)
      throw new Failure('NAME_TAKEN', `another host is called ${change.name}`, 'choose another name');
    return next;
  };

  const store = async (tx: Transaction, emit: Emit, asked: Asked, before: Host | null): Promise<Done> => {
    const next = judged(before, asked);
    const data = changedColumns(before as Host, next);
    if (Object.keys(data).length > 0) tx.$sql.update('Host', next.id, data);
    await emitHost(emit, 'UPDATED', next, before, asked.operationId);
    return { before: before as Host, next };
  };

  /**
   * Changes that agents cause as they come and go, in one transaction for all that wait: a thousand that come back at
   * once would wait for a thousand commits. Inside the write queue, so that two changes at once cannot undo each other.
   */
  const changeTogether = createGather<Asked, Done>(
    mostTogether,
    (take) =>
      events.transact(
        async (tx, emit) => {
          const now = new Map<string, Host>();
          const done: (Done | Failure)[] = [];
          for (const asked of take()) {
            try {
              const stored = await store(tx, emit, asked, now.get(asked.id) ?? hosts.find(asked.id));
              now.set(asked.id, stored.next);
              done.push(stored);
            } catch (error) {
              // Refused before anything of it was written.
              if (!(error instanceof Failure)) throw error;
              done.push(error);
            }
          }
          return done;
        },
        (done) => {
          for (const stored of done) if (!(stored instanceof Failure)) hosts.keep(stored.next);
        },
      ),
    apartMs,
  );

  /** One that others may stand in the way of, or that brings more to be written, is a transaction of its own. */
  const changeAlone = (
    asked: Asked,
    also: (tx: Transaction, emit: Emit) => Promise<void> = async () => undefined,
  ): Promise<Done> =>
    events.transact(
      async (tx, emit) => {
        const stored = await store(tx, emit, asked, hosts.find(asked.id));
        await also(tx, emit);
        return stored;
      },
      ({ next }) => hosts.keep(next),
    );

  const changed: Hosts['change'] = async (id, change, operationId = null, also) => {
    const asked = { id, change, operationId };
    const isAlone = also !== undefined || change.name !== undefined || change.engineId !== undefined;
    const { before, next } = await (isAlone ? changeAlone(asked, also) : changeTogether(asked));
    tell(next, before);
    return next;
  };

  return {
    ofEngine: hosts.ofEngine,
    ofName: hosts.ofName,
    find: hosts.find,
    list: hosts.list,
    sorted: hosts.sorted,
    ofNode: hosts.ofNode,
    ofMember: (nodeId) => hosts.ofNode(nodeId) ?? hosts.ofMembership(nodeId),
    controllers: hosts.controllers,
    add: async (tx, emit, host) => {
      if (host.engineId !== null) refuseClaimed(host.engineId, host.id);
      const known = hosts.ofKey(host.publicKey);
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
      hosts.keep(host);
      tell(host, null);
    },
    heard: async (id, report, at) => {
      const host = hosts.find(id);
      const age = at.getTime() - (host?.lastSeenAt?.getTime() ?? 0);
      if (host && age >= 0 && age < heardMs && isDeepStrictEqual(host.report, report)) return host;
      return changed(id, { report, lastSeenAt: at });
    },
    change: changed,
    remove: async (id) => {
      await events.transact(
        async (tx, emit) => {
          const host = hosts.find(id);
          if (!host) return;
          await tx.host.delete({ where: { id } });
          await emitHost(emit, 'REMOVED', host, host, null);
        },
        () => hosts.remove(id),
      );
      for (const listener of removed) listener(id);
      log.info({ host: id, at: clock.now() }, 'host forgotten');
    },
    onChange: (listener) => void listeners.push(listener),
    onRemove: (listener) => void removed.push(listener),
  };
};

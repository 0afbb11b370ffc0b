// What agents know of the server's past: a database that is older than an agent remembers was restored, and a generation
// that it has seen and this server has not is of another server with the same key.
import { setImmediate } from 'node:timers/promises';
import { system } from '../audit/actor.ts';
import { hashesOf } from '../audit/compare-heads.ts';
import type { SignedHead } from '../audit/head.ts';
import type { Heads } from '../audit/heads.ts';
import type { Audit } from '../audit/record.ts';
import type { Database } from '../platform/database.ts';
import type { Events } from '../platform/events.ts';
import { Failure } from '../platform/failure.ts';
import { createGather } from '../platform/gather.ts';
import type { Generation } from '../platform/generation.ts';
import type { Log } from '../platform/log.ts';
import type { CommandOutcome } from './commands.ts';
import type { Host } from './host.ts';
import { createIsOurHead } from './our-heads.ts';
import type { Hosts } from './registry.ts';
import type { ServerIdentity } from './server-identity.ts';

/** A command of an agent's journal. */
export type Recalled = {
  id: string;
  kind: string;
  /** When it was accepted. */
  at: Date;
  /** Null: it has no result yet. */
  outcome: CommandOutcome | null;
  args: unknown;
};

export type Branches = {
  /**
   * @param head the newest that the agent keeps; null: none.
   * @returns whether it was last with a generation that a restore has ended, and is to tell its journal.
   * @throws Failure RESTORED: the server starts anew; OTHER_SERVER.
   */
  compare(host: Host, head: SignedHead | null): Promise<boolean>;
  /** Puts on record what was carried out in the lost time: commands that this database does not know. */
  recalled(hostId: string, commands: readonly Recalled[]): Promise<void>;
};

/** Of one query. */
const mostHashes = 200;

/** @param onOlder the database was found to be older than an agent knows. */
export const createBranches = ({
  db,
  events,
  audit,
  heads,
  hosts,
  identity,
  life,
  onOlder,
  log,
}: {
  db: Database;
  events: Events;
  audit: Audit;
  heads: Heads;
  hosts: Hosts;
  identity: ServerIdentity;
  life: Generation;
  onOlder: () => void;
  log: Log;
}): Branches => {
  const others = new Set<string>();
  // Signed by this server’s key, so that no agent can make one up.
  const isOurs = createIsOurHead(identity);

  /** Asked by each agent that attaches: one query for all of one turn of the loop. Null: there is no such record. */
  const hashAt = createGather<number, string | null>(mostHashes, async (take) => {
    await setImmediate();
    const asked = take();
    const hashes = hashesOf(db.sql, asked);
    return asked.map((seq) => hashes.get(seq) ?? null);
  });

  /** A record that retention has taken out is not missing. */
  const isMissing = async ({ seq, hash }: SignedHead): Promise<boolean> => {
    const found = await hashAt(seq);
    return found === null ? seq > (heads.newest()?.seq ?? 0) : found !== hash;
  };

  /** The event of a record outlives it: then somebody has edited or cut the history, which witness.ts tells. */
  const wasHere = async ({ seq, hash }: SignedHead): Promise<boolean> => {
    const found = await db.read.event.findMany({
      where: { topic: 'AUDIT', subjectId: String(seq) },
      select: { afterJson: true },
    });
    return found.some(({ afterJson }) => JSON.parse(afterJson).hash === hash);
  };

  const older = (host: Host, { seq }: SignedHead): Failure => {
    const why = `the agent of ${host.name} keeps record ${seq} of the history, and the database has none`;
    log.error({ host: host.id, seq }, 'the database is older than an agent knows: it was restored');
    life.doubt(why);
    onOlder();
    return new Failure('RESTORED', why, 'the server starts a new generation; come again');
  };

  const otherServer = async (host: Host, head: SignedHead): Promise<Failure> => {
    const failure = new Failure(
      'OTHER_SERVER',
      `the agent of ${host.name} has been with generation ${head.generation}, which this server does not know: another server runs with this one’s key, or this one is an old copy`,
      `stop one of the two; to go on with this one, start it with SKEP_TAKE_OVER=${head.generation}`,
    );
    log.error({ host: host.id, generation: head.generation }, failure.message);
    if (others.has(head.generation)) return failure;
    others.add(head.generation);
    await events.transact(async (tx, emit) => {
      await audit.append(tx, emit, {
        phase: 'OBSERVED',
        action: 'otherServer',
        actor: system,
        targets: [{ kind: 'HOST', id: host.id, name: host.name }],
        input: { generation: head.generation, seq: head.seq, at: head.at },
      });
    });
    return failure;
  };

  return {
    compare: async (host, head) => {
      if (head === null || !isOurs(head)) return false;
      if (head.generation === life.id) {
        if ((await isMissing(head)) && !(await wasHere(head))) throw older(host, head);
        return false;
      }
      if (!life.former.includes(head.generation)) throw await otherServer(host, head);
      // Its newest head may be a little older than what it was told to do last: the journal says what is lost.
      return true;
    },
    recalled: async (hostId, commands) => {
      const host = hosts.find(hostId);
      const ids = commands.map(({ id }) => id);
      const known = await db.read.command.findMany({ where: { id: { in: ids } }, select: { id: true } });
      const knownIds = new Set(known.map(({ id }) => id));
      const lost = commands.filter(({ id }) => !knownIds.has(id));
      if (!host || lost.length === 0) return;
      log.warn({ host: hostId, commands: lost.length }, 'commands of the lost time are on record now');
      await events.transact(async (tx, emit) => {
        await audit.append(tx, emit, {
          phase: 'OBSERVED',
          action: 'commandsOfLostTime',
          actor: { kind: 'AGENT', id: host.id, name: host.name },
          targets: [{ kind: 'HOST', id: host.id, name: host.name }],
          input: { commands: lost.map((command) => ({ ...command, at: command.at.toISOString() })) },
        });
      });
    },
  };
};

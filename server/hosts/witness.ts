// The agents as witnesses of the history: each is told of signed heads, keeps them, and says which it holds. A head that
// the history contradicts proves that the history was changed.
import { setImmediate } from 'node:timers/promises';
import type { Actor } from '../audit/actor.ts';
import { type ComparedHead, compareHeads } from '../audit/compare-heads.ts';
import type { SignedHead } from '../audit/head.ts';
import type { Heads } from '../audit/heads.ts';
import type { Audit } from '../audit/record.ts';
import type { Testimony } from '../audit/verify.ts';
import { type Bell, createBell } from '../platform/bell.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Events } from '../platform/events.ts';
import { createGather } from '../platform/gather.ts';
import { uuidv7 } from '../platform/ids.ts';
import type { Log } from '../platform/log.ts';
import type { Link } from './links.ts';
import { createIsOurHead } from './our-heads.ts';
import type { Hosts } from './registry.ts';
import type { ServerIdentity } from './server-identity.ts';

/** `head`: to be kept. `ask`: to be answered, under this id, with all heads that are kept. */
export type HeadNotice = { head: SignedHead | null; ask: string | null };
/** What an agent says: heads that it holds, newest last, and one that it refused because the last of them contradicts it. */
export type Statement = { ask: string | null; heads: readonly SignedHead[]; refused: SignedHead | null };
export type Contradiction = { held: SignedHead; hash: string | null; at: Date };
/** The newest head that an agent has said to hold since the server started, and the oldest that contradicts. */
export type Witness = { newest: SignedHead | null; contradiction: Contradiction | null };

export type Witnesses = {
  /** What an attached agent is told, until its link ends. */
  notices(link: Link): AsyncGenerator<HeadNotice>;
  said(hostId: string, statement: Statement): Promise<void>;
  of(hostId: string): Witness;
  /** All that the connected agents hold; an agent that does not answer in five seconds is left out. */
  testify(): Promise<Testimony[]>;
};

/** An agent writes each head to its disk: under a load of mutations it gets one in two seconds. */
const pushEveryMs = 2_000;
const idleMs = 60_000;
/** Statements of one comparison, and heads of such a statement: a longer one must not get the others refused with it. */
const mostTogether = 50;
const longestTogether = 100;
const answerWithinMs = 5_000;

export const createWitnesses = async ({
  db,
  events,
  audit,
  heads,
  hosts,
  identity,
  generation,
  clock,
  log,
}: {
  db: Database;
  events: Events;
  audit: Audit;
  heads: Heads;
  hosts: Hosts;
  identity: ServerIdentity;
  generation: string;
  clock: Clock;
  log: Log;
}): Promise<Witnesses> => {
  const lines = new Map<string, { asks: string[]; bell: Bell }>();
  const asked = new Map<string, (heads: readonly SignedHead[]) => void>();
  const newest = new Map<string, SignedHead>();
  const contradictions = new Map<string, Contradiction>();
  for (const row of await db.read.auditContradiction.findMany({ orderBy: { seq: 'desc' } }))
    contradictions.set(row.hostId, { held: JSON.parse(row.heldJson), hash: row.hash, at: row.at });

  hosts.onRemove((hostId) => {
    newest.delete(hostId);
    contradictions.delete(hostId);
  });

  const isOurs = createIsOurHead(identity);

  /** Many agents say at once what they keep, and mostly the same: one comparison for all of one turn of the loop. */
  const compareTogether = createGather<readonly SignedHead[], readonly ComparedHead[]>(
    mostTogether,
    async (take) => {
      await setImmediate();
      const asked = take();
      const compared = compareHeads(db.sql, generation, asked.flat());
      let end = 0;
      return asked.map(({ length }) => {
        end += length;
        return compared.slice(end - length, end);
      });
    },
  );

  const record = async (hostId: string, held: SignedHead, hash: string | null): Promise<void> => {
    const host = hosts.find(hostId);
    if (!host) return;
    const key = { hostId, generation: held.generation, seq: held.seq };
    const contradiction = { held, hash, at: clock.now() };
    await events.transact(
      async (tx, emit) => {
        const known = await tx.auditContradiction.findUnique({ where: { hostId_generation_seq: key } });
        if (known) return;
        await tx.auditContradiction.create({
          data: { ...key, heldJson: JSON.stringify(held), hash, at: contradiction.at },
        });
        const actor: Actor = { kind: 'AGENT', id: host.id, name: host.name };
        await audit.append(tx, emit, {
          phase: 'OBSERVED',
          action: 'auditContradicted',
          actor,
          targets: [{ kind: 'HOST', id: host.id, name: host.name }],
          input: { held, hash },
        });
        log.error({ host: hostId, seq: held.seq }, 'the history was changed: an agent holds another head');
      },
      () => {
        const known = contradictions.get(hostId);
        if (!known || known.held.seq > held.seq) contradictions.set(hostId, contradiction);
      },
    );
  };

  const said: Witnesses['said'] = async (hostId, { ask, heads: told, refused }) => {
    const last = told.at(-1);
    // What this server never signed is nobody's to keep: it may be of any size.
    if (last && isOurs(last)) newest.set(hostId, last);
    if (ask !== null) asked.get(ask)?.(told);
    const isLong = told.length > longestTogether;
    const compared = await (isLong ? compareHeads(db.sql, generation, told) : compareTogether(told));
    // The oldest one tells most: the history was changed there or before.
    const wrong = compared.find(({ verdict, head }) => verdict === 'CONTRADICTS' && isOurs(head));
    if (wrong) await record(hostId, wrong.head, wrong.hash);
    else if (last && refused && isOurs(last) && isOurs(refused)) await record(hostId, last, refused.hash);
  };

  async function* notices(link: Link): AsyncGenerator<HeadNotice> {
    const line = { asks: [], bell: createBell() } as { asks: string[]; bell: Bell };
    lines.set(link.hostId, line);
    const forget = heads.onMade(line.bell.ring);
    let told = 0;
    let pushAtMs = 0;
    try {
      while (!link.ended.aborted) {
        const head = heads.newest();
        const isNew = head !== null && head.seq > told;
        const leftMs = pushAtMs - performance.now();
        const ask = line.asks.shift() ?? null;
        if (isNew && leftMs <= 0) {
          told = head.seq;
          pushAtMs = performance.now() + pushEveryMs;
          yield { head, ask };
        } else if (ask !== null) yield { head: null, ask };
        else await line.bell.wait(isNew ? leftMs : idleMs, link.ended);
      }
    } finally {
      forget();
      if (lines.get(link.hostId) === line) lines.delete(link.hostId);
    }
  }

  const askOne = (hostId: string, line: { asks: string[]; bell: Bell }): Promise<Testimony | null> => {
    const id = uuidv7();
    return new Promise<Testimony | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), answerWithinMs);
      asked.set(id, (held) => {
        clearTimeout(timer);
        resolve({ host: { id: hostId, name: hosts.find(hostId)?.name ?? hostId }, heads: held });
      });
      line.asks.push(id);
      line.bell.ring();
    }).finally(() => {
      asked.delete(id);
      line.asks = line.asks.filter((other) => other !== id);
    });
  };

  return {
    notices,
    said,
    of: (hostId) => ({
      newest: newest.get(hostId) ?? null,
      contradiction: contradictions.get(hostId) ?? null,
    }),
    testify: async () => {
      const told = await Promise.all([...lines].map(([hostId, line]) => askOne(hostId, line)));
      return told
        .filter((testimony) => testimony !== null)
        .map(({ host, heads: held }) => ({ host, heads: held.filter(isOurs) }));
    },
  };
};

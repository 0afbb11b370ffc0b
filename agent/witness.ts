// Keeps the heads that the server sends, and says to it what is kept.
import type { KeptHeads, SignedHead } from './heads.ts';
import type { HeadNotice, Session, Statement } from './link.ts';
import type { Log } from './log.ts';

/** The agent as a witness of the server's history. */
export interface Witness {
  /** Says at once what was kept before: the server holds it against its history. */
  attached(session: Session): void;
  detached(): void;
  receive(notice: HeadNotice): void;
}

/** Said without being asked: enough for the server to find that it is another history. */
const saidUnasked = 20;

/** @param heads - those that are kept */
export function createWitness({ heads, log }: { heads: KeptHeads; log: Log }): Witness {
  let session: Session | undefined;

  const say = (statement: Statement): void => {
    // Lost without a connection: what is kept is said again at the next one.
    session?.witness(statement).catch(() => {});
  };

  const keep = (head: SignedHead): Statement => {
    const before = heads.all().at(-1);
    const received = heads.receive(head);
    if ('kept' in received) {
      const kept = before === undefined || before === received.kept ? [] : [before];
      return { ask: null, heads: [...kept, received.kept], refused: null };
    }
    log.error(
      { seq: head.seq, generation: head.generation, kept: received.by?.seq },
      received.by === null
        ? 'a head of the history is not signed by the server: refused'
        : 'a head of the history contradicts one that is kept: refused',
    );
    return { ask: null, heads: received.by === null ? [] : [received.by], refused: head };
  };

  return {
    attached: (next) => {
      session = next;
      const kept = heads.all().slice(-saidUnasked);
      if (kept.length > 0) say({ ask: null, heads: kept, refused: null });
    },
    detached: () => {
      session = undefined;
    },
    receive: ({ head, ask }) => {
      try {
        if (head !== null) say(keep(head));
      } catch (error) {
        log.error(
          { error: error instanceof Error ? error.message : String(error) },
          'a head of the history could not be kept',
        );
      }
      if (ask !== null) say({ ask, heads: heads.all(), refused: null });
    },
  };
}

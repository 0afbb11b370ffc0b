// Subscribers of one document with the same variables and rights: each event is executed and put into words once for
// all of them. Who does not read, or begins earlier, goes on alone from its own cursor until it has caught up.
import { setImmediate } from 'node:timers/promises';
import type { ExecutionArgs } from 'graphql';
import type { EventReader } from '../platform/event-reader.ts';
import type { StoredEvent, Topic } from '../platform/events.ts';
import { textFrame } from '../platform/text-frame.ts';
import { isFull, type Outlet, onceDrained, writeTo } from './outlet.ts';
import type { ChangeSource } from './stream.ts';
import type { Turns } from './turns.ts';

/** What members of one key have in common, and what there is once for all of them: they are held by the thousand. */
export type Share = {
  /** Of the key and what it asks. */
  readonly name: string;
  readonly keyId: string;
  readonly source: Pick<ChangeSource, 'topic' | 'fits'>;
  readonly args: ExecutionArgs;
};

export type Member = {
  /** Of the subscription, on its socket. */
  readonly id: string;
  readonly outlet: Outlet;
  readonly share: Share;
  /** Its cursor: what it was told, unless it is level with the cohort, whose cursor then is its. */
  seq: number;
  /** While it waits for its peer: what forgets that. */
  unwait: (() => void) | null;
};

export type Cohort = {
  join(member: Member): void;
  /** @returns false: it had left before. */
  leave(member: Member): boolean;
  isEmpty(): boolean;
  /** There may be new events. */
  advance(): void;
};

/** So many characters are put into words at a time, and one event at least: what may wait for a peer that stalls. */
const batchCharacters = 65_536;

type Batch = { payloads: readonly string[]; to: number };

const framesOf = (id: string, payloads: readonly string[]): Buffer => {
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  const frames = payloads.map((payload) => textFrame(`${head}${payload}}`));
  return frames.length === 1 && frames[0] ? frames[0] : Buffer.concat(frames);
};

export type CohortParts = {
  reader: EventReader;
  /** In which those that are behind catch up. */
  turns: Turns;
  /** Whether who holds the key may still be told anything. */
  isValid: (keyId: string) => boolean;
  /** JSON text of an event for a subscriber; any member's arguments give the same. */
  payloadOf: (args: ExecutionArgs, event: StoredEvent) => string | Promise<string>;
  /** So many events were told, each for each that heard it. */
  count: (topic: Topic, events: number) => void;
  /** It is told no more, and why. */
  end: (member: Member, error: unknown) => void;
};

export const createCohort = ({ reader, turns, isValid, payloadOf, count, end }: CohortParts): Cohort => {
  const members = new Set<Member>();
  /** Those that have been told all up to `seq`, or began after it. */
  const level = new Set<Member>();
  let seq = reader.head();
  let advancing = false;

  const batchAfter = async ({ source, args }: Share, from: number, until: number): Promise<Batch> => {
    const { events, to } = reader.page(source.topic, from, until);
    const payloads: string[] = [];
    let characters = 0;
    for (const event of events) {
      if (!source.fits(event)) continue;
      const payload = payloadOf(args, event);
      const text = typeof payload === 'string' ? payload : await payload;
      payloads.push(text);
      characters += text.length;
      if (characters >= batchCharacters) return { payloads, to: event.seq };
    }
    return { payloads, to };
  };

  /** Level or not yet, or when its peer has read. */
  const place = (member: Member): void => {
    const again = (): void => turns.add(() => void catchUp(member));
    if (isFull(member.outlet)) member.unwait = onceDrained(member.outlet, again);
    else if (member.seq >= seq) level.add(member);
    else again();
  };

  const catchUp = async (member: Member): Promise<void> => {
    if (!members.has(member)) return;
    member.unwait = null;
    try {
      const { payloads, to } = await batchAfter(member.share, member.seq, Math.max(member.seq, seq));
      if (!members.has(member) || !isValid(member.share.keyId)) return;
      member.seq = to;
      if (payloads.length > 0) {
        writeTo(member.outlet, framesOf(member.id, payloads));
        count(member.share.source.topic, payloads.length);
      }
      place(member);
    } catch (error) {
      end(member, error);
    }
  };

  /** All that are level are told what came after `from`, and are level with `seq`. */
  const tell = (topic: Topic, payloads: readonly string[], from: number): void => {
    let id: string | null = null;
    let frames: Buffer = Buffer.alloc(0);
    let keyId: string | null = null;
    let valid = false;
    let told = 0;
    for (const member of level) {
      if (member.seq > from) {
        if (member.seq >= seq) continue;
        // It began within the batch.
        level.delete(member);
        place(member);
        continue;
      }
      if (member.share.keyId !== keyId) {
        keyId = member.share.keyId;
        valid = isValid(keyId);
      }
      if (!valid) continue;
      if (member.id !== id) {
        id = member.id;
        frames = framesOf(id, payloads);
      }
      writeTo(member.outlet, frames);
      told += 1;
      if (!isFull(member.outlet)) continue;
      level.delete(member);
      member.seq = seq;
      place(member);
    }
    count(topic, told * payloads.length);
  };

  const anyValid = (): Share | null => {
    for (const { share } of level) if (isValid(share.keyId)) return share;
    return null;
  };

  const goOn = async (): Promise<void> => {
    while (seq < reader.head()) {
      const lead = anyValid();
      if (!lead) {
        // Nobody to tell: those behind read by themselves.
        seq = reader.head();
        return;
      }
      const from = seq;
      const { payloads, to } = await batchAfter(lead, from, reader.head());
      seq = to;
      if (payloads.length > 0) tell(lead.source.topic, payloads, from);
      if (seq < reader.head()) await setImmediate();
    }
  };

  const advance = (): void => {
    if (advancing) return;
    advancing = true;
    goOn()
      .catch((error: unknown) => {
        const from = seq;
        seq = reader.head();
        for (const member of [...level])
          if (member.seq <= from) end(member, error);
          else if (level.delete(member)) place(member);
      })
      .finally(() => {
        advancing = false;
      });
  };

  return {
    join: (member) => {
      members.add(member);
      place(member);
    },
    leave: (member) => {
      member.unwait?.();
      level.delete(member);
      return members.delete(member);
    },
    isEmpty: () => members.size === 0,
    advance,
  };
};

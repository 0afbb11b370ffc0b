// Subscribers of one document with the same variables and rights: each event is executed and put into words once for
// all of them. Who does not read, or begins earlier, goes on alone from its own cursor until it has caught up.
import { setImmediate } from 'node:timers/promises';
import type { ExecutionArgs } from 'graphql';
import type { EventReader } from '../platform/event-reader.ts';
import type { StoredEvent } from '../platform/events.ts';
import { isFull, type Outlet, onceDrained, textFrame, writeTo } from './outlet.ts';
import type { ChangeSource } from './stream.ts';
import type { Turns } from './turns.ts';

export type Member = {
  /** Of the subscription, on its socket. */
  readonly id: string;
  readonly outlet: Outlet;
  readonly keyId: string;
  readonly source: ChangeSource;
  readonly args: ExecutionArgs;
  /** Its cursor: what it was told, unless it is level with the cohort, whose cursor then is its. */
  seq: number;
  /** It is told no more, and why. */
  readonly end: (error: unknown) => void;
};

export type Cohort = {
  join(member: Member): void;
  leave(member: Member): void;
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
};

export const createCohort = ({ reader, turns, isValid, payloadOf }: CohortParts): Cohort => {
  /** All, with what forgets that one waits for its peer. */
  const members = new Map<Member, (() => void) | null>();
  /** Those that have been told all up to `seq`, or began after it. */
  const level = new Set<Member>();
  let seq = reader.head();
  let advancing = false;

  const batchAfter = async (of: Member, from: number, until: number): Promise<Batch> => {
    const { events, to } = reader.page(of.source.topic, from, until);
    const payloads: string[] = [];
    let characters = 0;
    for (const event of events) {
      if (!of.source.fits(event)) continue;
      const payload = payloadOf(of.args, event);
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
    if (isFull(member.outlet)) members.set(member, onceDrained(member.outlet, again));
    else if (member.seq >= seq) level.add(member);
    else again();
  };

  const catchUp = async (member: Member): Promise<void> => {
    if (!members.has(member)) return;
    try {
      const { payloads, to } = await batchAfter(member, member.seq, Math.max(member.seq, seq));
      if (!members.has(member) || !isValid(member.keyId)) return;
      member.seq = to;
      if (payloads.length > 0) writeTo(member.outlet, framesOf(member.id, payloads));
      place(member);
    } catch (error) {
      member.end(error);
    }
  };

  /** All that are level are told what came after `from`, and are level with `seq`. */
  const tell = (payloads: readonly string[], from: number): void => {
    let id: string | null = null;
    let frames: Buffer = Buffer.alloc(0);
    let keyId: string | null = null;
    let valid = false;
    for (const member of level) {
      if (member.seq > from) {
        if (member.seq >= seq) continue;
        // It began within the batch.
        level.delete(member);
        place(member);
        continue;
      }
      if (member.keyId !== keyId) {
        keyId = member.keyId;
        valid = isValid(keyId);
      }
      if (!valid) continue;
      if (member.id !== id) {
        id = member.id;
        frames = framesOf(id, payloads);
      }
      writeTo(member.outlet, frames);
      if (!isFull(member.outlet)) continue;
      level.delete(member);
      member.seq = seq;
      place(member);
    }
  };

  const anyValid = (): Member | null => {
    for (const member of level) if (isValid(member.keyId)) return member;
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
      if (payloads.length > 0) tell(payloads, from);
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
          if (member.seq <= from) member.end(error);
          else if (level.delete(member)) place(member);
      })
      .finally(() => {
        advancing = false;
      });
  };

  return {
    join: (member) => {
      members.set(member, null);
      place(member);
    },
    leave: (member) => {
      members.get(member)?.();
      members.delete(member);
      level.delete(member);
    },
    isEmpty: () => members.size === 0,
    advance,
  };
};

// The journal across crashes: torn ends, damage, compaction, a full disk.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Completion } from '../../agent/contract.ts';
import { openJournal } from '../../agent/journal.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skep-journal-'));
  path = join(folder, 'journal.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const command = { kind: 'UpdateNode', argsHash: 'h', args: { node: 'n' } };
const done: Completion = { outcome: 'DONE', result: { changed: true } };
const day = 24 * 3600 * 1000;

test('what was written is there again', () => {
  const first = openJournal({ folder });
  first.accepted('a', command);
  first.accepted('b', command);
  first.started('b');
  first.accepted('c', command);
  first.started('c');
  first.result('c', done);
  first.accepted('d', command);
  first.result('d', done);
  first.confirmed('d');
  const again = openJournal({ folder });
  expect(again.get('a')).toMatchObject({ state: 'accepted' });
  expect(again.interrupted()).toEqual(['b']);
  expect(again.unconfirmed()).toEqual([{ id: 'c', completion: done }]);
  expect(again.get('d')).toEqual({ state: 'result', completion: done, isConfirmed: true });
  expect(again.get('e')).toBeUndefined();
});

test('at whatever byte the last append was cut, everything before it stands', () => {
  const journal = openJournal({ folder });
  journal.accepted('a', command);
  journal.started('a');
  const whole = readFileSync(path);
  journal.result('a', { outcome: 'FAILED', failure: { code: 'NO_LEADER', message: 'żółw 🐢' } });
  const end = readFileSync(path);
  fc.assert(
    fc.property(fc.integer({ min: whole.length, max: end.length - 1 }), (cut) => {
      writeFileSync(path, end.subarray(0, cut));
      const again = openJournal({ folder });
      expect(again.interrupted()).toEqual(['a']);
      again.result('a', done);
      again.close();
      const last = openJournal({ folder });
      expect(last.get('a')?.completion).toEqual(done);
      last.close();
    }),
    { numRuns: 30 },
  );
});

test('damage before the last line is not passed over', () => {
  const journal = openJournal({ folder });
  journal.accepted('a', command);
  writeFileSync(path, `${readFileSync(path, 'utf8').replace('accepted', 'acc\u0000pted')}`);
  appendFileSync(path, `${JSON.stringify({ state: 'started', id: 'a', at: 1 })}\n`);
  expect(() => openJournal({ folder })).toThrow('line 1 cannot be read');
});

test('a result goes seven days after it was confirmed, never before', () => {
  let time = 0;
  const journal = openJournal({ folder, now: () => time });
  for (const id of ['confirmed', 'unconfirmed']) {
    journal.accepted(id, command);
    journal.started(id);
    journal.result(id, done);
  }
  journal.confirmed('confirmed');
  journal.accepted('never begun', command);
  journal.accepted('interrupted', command);
  journal.started('interrupted');
  time = 7 * day;
  expect(openJournal({ folder, now: () => time }).get('confirmed')).toBeDefined();
  time += 1;
  const later = openJournal({ folder, now: () => time });
  expect(later.get('confirmed')).toBeUndefined();
  expect(later.get('never begun')).toBeUndefined();
  expect(later.get('unconfirmed')).toBeDefined();
  expect(later.interrupted()).toEqual(['interrupted']);
});

test('a long journal is made short while it is in use', () => {
  let time = 0;
  const journal = openJournal({ folder, now: () => time });
  const large = { ...command, args: 'x'.repeat(100_000) };
  for (let index = 0; index < 45; index++) {
    time = index * day;
    journal.accepted(`c${index}`, large);
    journal.result(`c${index}`, done);
    journal.confirmed(`c${index}`);
  }
  expect(readFileSync(path).length).toBeLessThan(2_000_000);
  expect(openJournal({ folder, now: () => time }).get('c44')).toBeDefined();
});

test('of those that the server has confirmed the newest ten thousand are kept, and all that it has not', () => {
  const first = openJournal({ folder });
  first.accepted('open', command, false);
  first.started('open');
  first.result('open', done);
  const lines = ['accepted', 'started', 'result', 'confirmed'];
  const many = Array.from({ length: 10_100 }, (_, index) =>
    lines.map((state) =>
      JSON.stringify({ state, id: `c${index}`, at: Date.now(), ...command, completion: done }),
    ),
  );
  first.close();
  appendFileSync(path, `${many.flat().join('\n')}\n`);
  const journal = openJournal({ folder });
  expect(journal.get('c99')).toBeUndefined();
  expect(journal.get('c100')).toBeDefined();
  expect(journal.get('c10099')).toBeDefined();
  expect(journal.unconfirmed()).toEqual([{ id: 'open', completion: done }]);
});

test('one that nothing is left out of is not written anew', () => {
  const first = openJournal({ folder });
  first.accepted('a', command);
  first.close();
  const before = statSync(path);
  openJournal({ folder }).close();
  expect(statSync(path).ino).toBe(before.ino);
});

test('a closed journal writes into nobody’s file', () => {
  const journal = openJournal({ folder });
  journal.close();
  expect(() => journal.accepted('a', command)).toThrow('closed');
});

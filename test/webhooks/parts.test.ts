// What no receiver shows: the waits between tries, what is sealed, which addresses are link-local.
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { readConfig } from '../../server/config.ts';
import { applySteps, type Step, tellDue } from '../../server/webhooks/conditions.ts';
import { nextAttempt } from '../../server/webhooks/delivery.ts';
import type { Message } from '../../server/webhooks/message.ts';
import { isLinkLocal } from '../../server/webhooks/post.ts';
import { createSeal } from '../../server/webhooks/seal.ts';

const { webhookRetrySeconds } = readConfig({});
const now = new Date('2026-01-01T00:00:00Z');

it('waits longer each time, as Standard Webhooks has it, with up to a fifth more, and then no more', () => {
  const waits = (random: number): number[] => {
    const found: number[] = [];
    for (let tries = 1; ; tries += 1) {
      const next = nextAttempt(tries, webhookRetrySeconds, now, random);
      if (next === null) return found;
      found.push((next.getTime() - now.getTime()) / 1_000);
    }
  };
  expect(waits(0)).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 36_000]);
  expect(waits(1)).toEqual([6, 360, 2_160, 8_640, 21_600, 43_200, 43_200]);
});

it.each(['', '5,', '5;6', '-1', '1.5', '604801', Array(21).fill('1').join()])(
  'does not take the waits %j',
  (list) => {
    expect(() => readConfig({ SKEP_WEBHOOK_RETRY_SECONDS: list })).toThrow('SKEP_WEBHOOK_RETRY_SECONDS');
  },
);

it('opens what it sealed, for the same thing, by the same key, and unchanged; nothing else', () => {
  const seal = createSeal(randomBytes(32));
  const sealed = seal.close('whsec_x', 'secret 1');
  expect(sealed).not.toContain('whsec');
  expect(seal.close('whsec_x', 'secret 1')).not.toBe(sealed);
  expect(seal.open(sealed, 'secret 1')).toBe('whsec_x');
  expect(seal.open(sealed, 'secret 2')).toBeNull();
  expect(createSeal(randomBytes(32)).open(sealed, 'secret 1')).toBeNull();
  expect(seal.open('', 'secret 1')).toBeNull();
  const bytes = Buffer.from(sealed, 'base64');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(seal.open(changed.toString('base64'), 'secret 1')).toBeNull();
  }
});

it.each([
  ['169.254.169.254', true],
  ['169.254.0.1', true],
  ['fe80::1', true],
  ['febf::1', true],
  ['::ffff:169.254.169.254', true],
  ['169.253.0.1', false],
  ['10.0.0.1', false],
  ['fec0::1', false],
  ['receiver.example', false],
])('%s is link-local: %s', (address, is) => {
  expect(isLinkLocal(address)).toBe(is);
});

const of = { kind: 'NODE_DOWN' as const, subjectId: 'n' };
const begin: Step = { do: 'begin', ...of, clusterId: 'c', since: now, told: { to: 'DOWN' } };
const end: Step = { do: 'end', ...of, told: { to: 'READY' } };
const later = (ms: number): Date => new Date(now.getTime() + ms);
const typesOf = (messages: readonly Message[]): string[] => messages.map(({ type }) => type);

it('what is over within the grace is told to nobody, however often it comes', () => {
  const flapped = applySteps(new Map(), [begin, end, begin, end], now);
  expect(flapped).toEqual({ after: new Map(), messages: [] });
  const { after, messages } = applySteps(new Map(), [begin, begin], now);
  expect(messages).toEqual([]);
  expect(tellDue(after, later(999), now, 1_000).messages).toEqual([]);
  const told = tellDue(after, later(1_000), now, 1_000);
  expect(typesOf(told.messages)).toEqual(['node.down']);
  expect(tellDue(told.after, later(9_000), now, 1_000).messages).toEqual([]);
  const ended = applySteps(told.after, [end, end], later(2_000));
  expect(typesOf(ended.messages)).toEqual(['node.up']);
  expect(ended.messages[0]?.alarm).toEqual(told.messages[0]?.alarm);
});

it('the grace begins anew with the server: what was over while it was away is not told', () => {
  const { after } = applySteps(new Map(), [begin], now);
  const startedAt = later(60_000);
  expect(tellDue(after, startedAt, startedAt, 1_000).messages).toEqual([]);
  expect(typesOf(tellDue(after, later(61_000), startedAt, 1_000).messages)).toEqual(['node.down']);
});

it('what is gone before it was told is forgotten, and afterwards withdrawn', () => {
  const drop: Step = { do: 'drop', ...of, reason: 'NODE_REMOVED' };
  const { after } = applySteps(new Map(), [begin], now);
  expect(applySteps(after, [drop], now)).toEqual({ after: new Map(), messages: [] });
  const told = tellDue(after, now, now, 0);
  expect(applySteps(told.after, [drop], now).messages).toMatchObject([
    { type: 'alarm.withdrawn', reason: 'NODE_REMOVED' },
  ]);
});

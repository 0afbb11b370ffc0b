// The checks of chaos can fail: a small history that is right, and each way to break it is found.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Effect } from '../../lab/simulated/effects.ts';
import type { Arena } from './arena.ts';
import { checkAnswers, checkAudit, checkEnds } from './check-records.ts';
import { checkSecrets } from './check-secrets.ts';
import { checkEffects, checkSuccess } from './check-truth.ts';
import type { Call } from './clients.ts';
import type { Stored } from './database.ts';

const dir = mkdtempSync(join(tmpdir(), 'skep-checks-'));
const stateDir = join(dir, 'agent-h1');
mkdirSync(stateDir);
afterAll(() => rmSync(dir, { recursive: true }));

type Line = Record<string, unknown>;
const accepted: Line = {
  state: 'accepted',
  id: 'c1',
  at: 1_090,
  kind: 'UpdateNode',
  argsHash: '',
  args: { node: 'n1', setLabels: [{ key: 'k', value: 'v' }], removeLabels: [] },
};
const begun: Line = { state: 'started', id: 'c1', at: 1_100 };
const effect: Effect = {
  seq: 1,
  at: 1_200,
  through: 'h1',
  cluster: 'x',
  subject: 'n1',
  path: 'labels.k',
  old: null,
  new: 'v',
};

const rightOperation: Stored['operations'][number] = {
  id: 'o1',
  action: 'updateNodeLabels',
  state: 'SUCCEEDED',
  idempotencyKey: 'call 1',
  input: { cluster: 'x', set: [{ key: 'k', value: 'v' }], remove: [] },
  targets: [{ kind: 'NODE', id: 'n1', name: 'h1', state: 'SUCCEEDED', failure: null }],
  warnings: [],
  failure: null,
  startedAt: 1_000,
  endedAt: 1_500,
  observedAt: 1_300,
};
const intent = {
  seq: 1,
  at: 1_010,
  phase: 'INTENT',
  action: 'a',
  outcome: null,
  actorKind: 'API_KEY',
  operationId: 'o1',
};
const outcome = { ...intent, seq: 2, at: 1_500, phase: 'OUTCOME', outcome: 'SUCCEEDED' };
const stored = (change: Partial<Stored> = {}): Stored => ({
  operations: [rightOperation],
  records: [intent, outcome],
  commands: [{ id: 'c1', operationId: 'o1', hostId: 'host1', kind: 'UpdateNode', step: 's', state: 'DONE' }],
  events: () => [],
  faults: [],
  ...change,
});
const operation = (change: Partial<typeof rightOperation>): Partial<Stored> => ({
  operations: [{ ...rightOperation, ...change }],
});
const call: Call = {
  client: 0,
  mutation: 'updateNodeLabels',
  input: { idempotencyKey: 'call 1' },
  from: 990,
  until: 1_510,
  attempts: 1,
  operation: { id: 'o1', state: 'SUCCEEDED' },
  error: null,
};

const arena = {
  system: {
    dir,
    members: [{ hostId: 'host1', host: { hostname: 'h1' }, agent: { stateDir } }],
    server: { adminKey: 'skep_key_admin', logPath: '' },
  },
  proxies: new Map(),
  folder: dir,
  secrets: new Set(['SWMTKN-1-abcdefghijklmnop-qrstuvwxyz012345']),
  random: { next: () => 0.5 },
} as unknown as Arena;

const all = async ({
  lines = [accepted, begun],
  effects = [effect],
  given = stored(),
  calls = [call],
  isChained = true,
}: {
  lines?: readonly Line[];
  effects?: readonly Effect[];
  given?: Stored;
  calls?: readonly Call[];
  isChained?: boolean;
}): Promise<string> => {
  writeFileSync(join(stateDir, 'journal.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const ask = async () => ({ verifyAudit: { ok: isChained, fault: null } }) as any;
  return [
    ...(await checkAudit(ask, given)),
    ...checkAnswers(calls, given),
    ...checkEnds(given),
    ...checkEffects(arena, effects, given),
    ...checkSuccess(arena, effects, given),
  ].join('\n');
};

describe('the checks of chaos', () => {
  it('find nothing in a history that is right', async () => {
    expect(await all({})).toBe('');
  });

  it.each<[string, Parameters<typeof all>[0], string]>([
    ['a chain that breaks', { isChained: false }, 'the audit chain breaks'],
    [
      'a record that is missing',
      { given: stored({ records: [intent, { ...outcome, seq: 3 }] }) },
      'record 2 has number 3',
    ],
    [
      'an intent without an outcome',
      { given: stored({ records: [intent] }) },
      'its outcomes on record are []',
    ],
    [
      'two outcomes',
      { given: stored({ records: [intent, outcome, { ...outcome, seq: 3 }] }) },
      '[SUCCEEDED, SUCCEEDED]',
    ],
    [
      'another outcome than the state',
      { given: stored({ records: [intent, { ...outcome, outcome: 'FAILED' }] }) },
      'its outcomes on record are [FAILED]',
    ],
    [
      'an operation without an intent',
      { given: stored({ records: [{ ...outcome, seq: 1 }] }) },
      'has 0 intents',
    ],
    [
      'an answer that is not on record',
      { given: stored({ operations: [], records: [], commands: [] }), effects: [] },
      'is not on record',
    ],
    [
      'an answer that is no longer true',
      { calls: [{ ...call, operation: { id: 'o1', state: 'FAILED' } }] },
      'was told FAILED',
    ],
    ['a call that was never answered', { calls: [{ ...call, operation: null }] }, 'was never answered'],
    [
      'an internal error',
      { calls: [{ ...call, operation: null, error: { code: 'INTERNAL', message: 'x' } }] },
      'answered INTERNAL',
    ],
    [
      'an operation that has not ended',
      { given: stored({ ...operation({ state: 'RUNNING' }), records: [intent] }), calls: [] },
      'has not ended',
    ],
    [
      'a refusal that did something',
      {
        given: stored({
          ...operation({ state: 'REFUSED' }),
          records: [intent, { ...outcome, outcome: 'REFUSED' }],
        }),
        calls: [],
      },
      'is REFUSED and has sent a command',
    ],
    ['a command that was begun twice', { lines: [accepted, begun, begun] }, 'command c1 was begun 2 times'],
    [
      'a command that took effect twice',
      { effects: [effect, { ...effect, seq: 2, at: 1_250 }] },
      'took effect twice',
    ],
    [
      'an effect that nobody asked for',
      { effects: [effect, { ...effect, seq: 2, path: 'role', new: 'manager' }] },
      'no command did it',
    ],
    [
      'an effect before its intent',
      { given: stored({ records: [{ ...intent, at: 1_300 }, outcome] }) },
      'happened before the intent',
    ],
    ['a success that never was', { effects: [] }, 'was never "v"'],
    [
      'a success that was seen too early',
      { given: stored(operation({ observedAt: 1_100 })) },
      'begun before the change',
    ],
    [
      'a failure that is sure, and wrong',
      {
        given: stored({
          ...operation({
            state: 'FAILED',
            targets: [
              {
                kind: 'NODE',
                id: 'n1',
                name: 'h1',
                state: 'FAILED',
                failure: { code: 'ENGINE_ERROR', message: '' },
              },
            ],
          }),
          records: [intent, { ...outcome, outcome: 'FAILED' }],
        }),
        calls: [],
      },
      'says for sure that it did not',
    ],
    [
      'a quorum lost',
      {
        effects: [
          effect,
          {
            ...effect,
            seq: 2,
            through: null,
            path: 'raft',
            quorum: { before: true, after: false, shown: false },
          },
        ],
      },
      'quorum was lost',
    ],
  ])('find %s', async (_, broken, message) => {
    expect(await all(broken)).toContain(message);
  });

  it.each<[string, (secret: string) => string]>([
    ['as it is', (secret) => secret],
    ['in base64', (secret) => Buffer.from(`x${secret}yz`).toString('base64')],
    ['in hex', (secret) => Buffer.from(secret).toString('hex')],
    ['in a URL', (secret) => encodeURIComponent(secret)],
  ])('find a secret %s', (_, spell) => {
    const path = join(dir, 'some.log');
    writeFileSync(path, 'nothing to see');
    expect(checkSecrets(arena)).toEqual([]);
    for (const secret of arena.secrets) writeFileSync(path, `a line with ${spell(secret)} in it`);
    expect(checkSecrets(arena).join()).toContain('holds a secret');
    rmSync(path);
  });
});

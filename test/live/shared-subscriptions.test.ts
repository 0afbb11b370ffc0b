// Subscribers that are told the same are told together, and none of them notices: each has its own id, its own rights, its
// own pace and its own end.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, createAsk } from '../../lab/client.ts';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { at } from '../support/at.ts';
import { byClients } from '../support/labels.ts';
import { createRandom } from '../support/random.ts';
import { until } from '../support/until.ts';
import { type Message, openSocket, type RawSocket } from '../transports/raw.ts';

const random = createRandom();
console.log(`SKEP_TEST_SEED=${random.seed}`);

const thin = 'subscription($after: String) { auditRecorded(after: $after) { cursor record { seq reason } } }';
/** One event fills some 30 KB, so that a stalled peer is noticed after a few of them. */
const fat = `subscription($after: String) { auditRecorded(after: $after) { cursor record { seq ${Array.from({ length: 30 }, (_, index) => `r${index}: reason`).join(' ')} } } }`;

describe('subscribers of one document', () => {
  const dir = mkdtempSync(join(tmpdir(), 'skep-'));
  const opened: RawSocket[] = [];
  let server: ServerProcess;
  let ask: Ask;

  beforeAll(async () => {
    server = await startServer({ dir });
    ask = createAsk(() => server.url, server.adminKey);
  });
  afterAll(async () => {
    for (const each of opened) each.close();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const now = async (): Promise<string> => (await ask('{ eventCursor }')).eventCursor;
  /** Refused operations: each is two records, without any engine. */
  const act = (count: number, reason = 'r'): Promise<void> =>
    byClients(8, count, async () => {
      await ask('mutation($input: CancelOperationInput!) { cancelOperation(input: $input) { state } }', {
        input: { id: 'none', reason },
      });
    });
  const open = async (key = server.adminKey, where: { socketUrl: string } = server): Promise<RawSocket> => {
    const socket = openSocket(where);
    opened.push(socket);
    socket.init(key);
    await until(() => socket.messages.some(({ type }) => type === 'connection_ack'), 'acknowledged');
    return socket;
  };
  const createKey = async (input: object): Promise<{ id: string; key: string }> => {
    const { createApiKey } = await ask(
      'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { key apiKey { id } } }',
      { input },
    );
    return { id: createApiKey.apiKey.id, key: createApiKey.key };
  };
  const told = ({ messages }: RawSocket, id: string): Message[] =>
    messages.filter((message) => message.type === 'next' && message.id === id);
  const seqsOf = (socket: RawSocket, id: string): number[] =>
    told(socket, id).map(({ payload }) => payload.data.auditRecorded.record.seq);
  const newest = async (): Promise<number> =>
    (await ask('{ auditLog(first: 1) { edges { node { seq } } } }')).auditLog.edges[0].node.seq;
  /** All of them, once and in order. */
  const expectAllAfter = (seqs: readonly number[], first: number, last: number): void =>
    expect(seqs).toEqual(Array.from({ length: last - first }, (_, index) => first + index + 1));

  it('are each told under their own id, wherever they began', async () => {
    const began = await newest();
    const after = await now();
    await act(3);
    const [one, other] = [await open(), await open()];
    one.subscribe('1', thin, { after });
    one.subscribe('an "id" \u2028 of é', thin, { after });
    other.subscribe('2', thin, { after });
    other.subscribe('live', thin);
    await until(() => told(other, '2').length === 6, 'what was before is told');
    await act(2);
    const last = await newest();
    await until(() => told(other, 'live').length === 4, 'what came then is told');
    for (const [socket, id] of [
      [one, '1'],
      [one, 'an "id" \u2028 of é'],
      [other, '2'],
    ] as const) {
      await until(() => told(socket, id).length === 10, 'all is told');
      expectAllAfter(seqsOf(socket, id), began, last);
    }
    expectAllAfter(seqsOf(other, 'live'), last - 4, last);
    expect(told(one, '1').map(({ payload }) => payload)).toEqual(
      told(other, '2').map(({ payload }) => payload),
    );
  });

  it('are told what their own rights let them see, whoever came first', async () => {
    const { key } = await createKey({ name: 'elsewhere', role: 'VIEWER', clusters: ['elsewhere'] });
    const { key: sameRole } = await createKey({ name: 'everywhere', role: 'VIEWER' });
    const after = await now();
    const sockets = [await open(key), await open(sameRole), await open(key), await open()];
    for (const socket of sockets) {
      socket.subscribe('1', thin, { after });
      socket.send({ type: 'subscribe', id: '2', payload: { query: '{ __typename }' } });
      await until(() => told(socket, '2').length === 1, 'it has subscribed');
    }
    await act(3);
    const [scoped, scopedToo] = [at(sockets, 0), at(sockets, 2)];
    for (const seesAll of [at(sockets, 1), at(sockets, 3)])
      await until(() => told(seesAll, '1').length === 6, 'who may see it is told');
    // The socket tells in order: what was to be told before this answer has been told.
    for (const socket of [scoped, scopedToo]) {
      socket.subscribe('3', '{ __typename }');
      await until(() => told(socket, '3').length === 1, 'an answer');
      expect(told(socket, '1')).toEqual([]);
    }
  });

  it('go on from where they began or were held up, without a gap and once, however each reads', {
    timeout: 120_000,
  }, async () => {
    const began = await newest();
    const watched = await open();
    watched.subscribe('1', thin, { after: await now() });
    const ids = ['1', '2', '3'];
    /** The buffers of a unix socket hold a few events; those of TCP on one machine may hold a thousand. */
    const near = { socketUrl: server.agentUrl.replace(/\/agent$/, '/graphql') };
    const readers: { socket: RawSocket; seqs: Map<string, number[]>; from: number }[] = [];
    const follow = async (after: string, from: number): Promise<void> => {
      const socket = await open(server.adminKey, near);
      const seqs = new Map(ids.map((id) => [id, [] as number[]]));
      socket.socket.removeAllListeners('message').on('message', (data) => {
        const [, id = '', seq] = /^{"id":"(\d)",.*?"seq":(\d+)/.exec(String(data)) ?? [];
        seqs.get(id)?.push(Number(seq));
      });
      for (const id of ids) socket.subscribe(id, fat, { after });
      readers.push({ socket, seqs, from });
    };
    const reason = 'x'.repeat(1_000);
    await act(5, reason);
    await until(() => told(watched, '1').length === 10, 'there is something to begin after');
    for (let round = 0; round < 10; round += 1) {
      if (readers.length < 4) {
        const { cursor, record } = random.pick(told(watched, '1')).payload.data.auditRecorded;
        await follow(cursor, record.seq);
      }
      for (const { socket } of readers) if (random.below(2) === 0) socket.socket.pause();
      await act(4, reason);
      const last = await newest();
      await until(() => seqsOf(watched, '1').at(-1) === last, 'the one that reads has heard of all');
      for (const { socket } of readers) socket.socket.resume();
      // Level again, but for some that are stalled anew while they catch up.
      for (const { seqs } of readers)
        if (random.below(3) > 0)
          await until(() => ids.every((id) => seqs.get(id)?.at(-1) === last), 'it has caught up', 30_000);
    }
    const last = await newest();
    expectAllAfter(seqsOf(watched, '1'), began, last);
    for (const { socket, seqs, from } of readers) {
      for (const id of ids) {
        const heard = seqs.get(id) ?? [];
        await until(() => heard.at(-1) === last, 'it has caught up', 30_000);
        expectAllAfter(heard, from, last);
      }
      socket.close();
    }
  });

  it('end each for itself: by its own wish, or with its key', async () => {
    const doomed = await createKey({ name: 'doomed', role: 'ADMIN' });
    const heir = await createKey({ name: 'heir', role: 'ADMIN' });
    // The first of them has what the others' events are executed with.
    const [ends, leaves, stays] = [await open(doomed.key), await open(heir.key), await open(heir.key)];
    const after = await now();
    const began = await newest();
    for (const socket of [ends, leaves, stays]) socket.subscribe('1', thin, { after });
    leaves.subscribe('2', thin, { after });
    await act(2);
    for (const socket of [ends, leaves, stays])
      await until(() => told(socket, '1').length === 4, 'all are told');
    let writing = true;
    const writers = (async () => {
      while (writing) await act(8);
    })();
    await until(() => told(stays, '1').length > 10, 'amid the writing');
    leaves.send({ type: 'complete', id: '1' });
    leaves.subscribe('answer', '{ __typename }');
    await until(() => told(leaves, 'answer').length === 1, 'the server has heard of it');
    const until1 = told(leaves, '1').length;
    await ask('mutation($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { state } }', {
      input: { id: doomed.id },
    });
    expect(await ends.closed).toMatchObject({ code: 4403 });
    // Its end came amid the writing, which goes on for a moment.
    await act(2);
    writing = false;
    await writers;
    const last = await newest();
    await until(() => seqsOf(stays, '1').at(-1) === last, 'who stays has heard of all');
    await until(() => seqsOf(leaves, '2').at(-1) === last, 'its other subscription has too');
    expectAllAfter(seqsOf(stays, '1'), began, last);
    expectAllAfter(seqsOf(leaves, '2'), began, last);
    expect(told(leaves, '1').length).toBe(until1);
    const heard = seqsOf(ends, '1');
    expectAllAfter(heard, began, began + heard.length);
    expect(heard.length).toBeLessThan(last - began);
    // The id is free again.
    leaves.subscribe('1', thin, { after });
    await until(() => seqsOf(leaves, '1').at(-1) === last, 'it may come back');
    expectAllAfter(seqsOf(leaves, '1').slice(until1), began, last);
  });
});

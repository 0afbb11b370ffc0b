// The client's requests: what is thrown for which answer, and what is sent again.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSkepClient, type SkepClient, SkepError, SkepUnreachable } from '../../client/client.ts';
import * as documents from '../../client/generated/documents.ts';
import { freePort } from '../../lab/processes.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

type Options = Partial<Parameters<typeof createSkepClient>[0]>;
const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => ({ answered: value }),
    (error: unknown) => error,
  );

describe('requests of the client', () => {
  let system: System;
  let client: SkepClient;
  let node: string;
  let cluster: string;
  beforeAll(async () => {
    system = await startSystem({
      engines: { kind: 'simulated', version: '20.10', speed: 10 },
      hosts: 2,
    });
    cluster = await system.formSwarm();
    node = system.members.at(-1)?.host.hostname ?? '';
    client = connect();
  });
  afterAll(() => system?.stop());

  const connect = (options: Options = {}): SkepClient =>
    createSkepClient({ url: system.server.url, key: system.server.adminKey, ...options });
  const labels = (value: string, more: object = {}) => ({
    input: { nodes: [node], set: [{ key: 'client', value }], ...more },
  });

  it('throws what the answer complains of, with its code', async () => {
    const error = await rejection(connect({ key: 'none' }).request('{ eventCursor }'));
    expect(error).toBeInstanceOf(SkepError);
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', retryable: false, requestId: null, data: null });
    expect(await rejection(client.request('{ colour }'))).toMatchObject({
      name: 'SkepError',
      code: 'BAD_USER_INPUT',
      errors: [{ message: expect.stringContaining('colour') }],
    });
    expect(await rejection(client.request(documents.nodes, { first: 0 }))).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });

  it.each(['', 'localhost:4000', 'skep.example.org', 'ws://localhost:4000', 'http://'])(
    'refuses the address «%s» at once, where a subscription would dial it for ever',
    (url) => {
      expect(() => connect({ url })).toThrow(TypeError);
      expect(() => connect({ url })).toThrow(/is no address of a server: write it as https:/);
    },
  );

  it('throws SkepUnreachable where nobody answers, and where somebody else does', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const error = await rejection(connect({ url, resends: 0 }).request('{ eventCursor }'));
    expect(error).toBeInstanceOf(SkepUnreachable);
    expect(error).toMatchObject({ message: `${url}/graphql does not answer`, cause: expect.any(Error) });
    const elsewhere = new URL('/healthz', system.server.url);
    expect(await rejection(connect({ url: String(elsewhere) }).request('{ eventCursor }'))).toMatchObject({
      name: 'SkepUnreachable',
      message: expect.stringContaining('is not Skep'),
      retryable: false,
    });
    // Nor does a subscription wait there for what will not come.
    const changes = documents.nodeChanged;
    expect(
      await rejection(
        connect({ url: String(elsewhere) })
          .subscribe(changes)
          .next(),
      ),
    ).toMatchObject({
      name: 'SkepUnreachable',
    });
  });

  it('follows no redirect: what is sent is for the server that was named', async () => {
    const bodies: string[] = [];
    const other = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
      request.on('end', () => response.end('{"data":{"eventCursor":"x"}}'));
    });
    const redirecting = createServer((request, response) => {
      request.resume().on('end', () => {
        const { port } = other.address() as AddressInfo;
        response.writeHead(307, { location: `http://localhost:${port}/graphql` }).end();
      });
    });
    for (const each of [other, redirecting]) await new Promise<void>((done) => each.listen(0, done));
    const { port } = redirecting.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const variables = { value: 'a secret of a swarm' };
    const error = await rejection(connect({ url }).request('{ eventCursor }', variables));
    for (const each of [other, redirecting]) each.close();
    expect(bodies).toEqual([]);
    expect(error).toMatchObject({
      name: 'SkepUnreachable',
      message: expect.stringContaining('HTTP status 307'),
      retryable: false,
    });
  });

  it('throws SkepUnreachable when the answer is late, and the signal’s reason when it is given up', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const late = await rejection(connect({ url, timeoutMs: 50 }).request('{ eventCursor }'));
    expect(late).toBeInstanceOf(SkepUnreachable);
    expect(late).toMatchObject({ message: 'no answer within 0.05 seconds' });
    const stop = new AbortController();
    const given = rejection(connect({ url }).request('{ eventCursor }', {}, { signal: stop.signal }));
    stop.abort(new Error('not wanted any more'));
    expect(await given).toEqual(new Error('not wanted any more'));
    silent.closeAllConnections();
    silent.close();
  });

  it('asks the function for the key each time', async () => {
    let asked = 0;
    const key = async () => {
      asked += 1;
      return system.server.adminKey;
    };
    const asking = connect({ key });
    await asking.request('{ eventCursor }');
    await asking.request('{ eventCursor }');
    expect(asked).toBe(2);
  });

  it('takes texts, parsed documents and ready ones', async () => {
    const text = 'query ($ref: NodeRef!) { node(ref: $ref) { hostname } }';
    expect(await client.request(text, { ref: node })).toEqual({ node: { hostname: node } });
    const parsed = parse(text) as unknown as typeof documents.node;
    expect(await client.request(parsed, { ref: node })).toEqual({ node: { hostname: node } });
    const { nodes } = await client.request(documents.nodes, { filter: { role: ['WORKER'] } });
    expect(nodes.edges.map((edge) => edge.node.hostname)).toEqual([node]);
  });

  /** The server takes each request, and its first answer is lost on the way. */
  const lossy = () => {
    const answers: unknown[] = [];
    const lose: typeof fetch = async (...asked) => {
      const response = await fetch(...asked);
      answers.push(await response.clone().json());
      if (answers.length === 1) throw new TypeError('terminated');
      return response;
    };
    return { answers, lossy: connect({ fetch: lose }) };
  };

  it('sends a query again, and of mutations only those with an idempotency key', async () => {
    const queried = lossy();
    expect(await queried.lossy.request('{ eventCursor }')).toMatchObject({
      eventCursor: expect.any(String),
    });
    expect(queried.answers).toHaveLength(2);

    const unnamed = lossy();
    const unknown = await rejection(unnamed.lossy.request(documents.updateNodeLabels, labels('1')));
    expect(unknown).toBeInstanceOf(SkepUnreachable);
    expect(unnamed.answers).toMatchObject([{ data: { updateNodeLabels: { state: 'SUCCEEDED' } } }]);

    const named = lossy();
    const { updateNodeLabels } = await named.lossy.request(
      documents.updateNodeLabels,
      labels('2', { idempotencyKey: 'label two' }),
    );
    expect(named.answers).toMatchObject([
      { data: { updateNodeLabels: { id: updateNodeLabels.id } } },
      { data: { updateNodeLabels: { id: updateNodeLabels.id } } },
    ]);
  });

  it('performs: a refusal is thrown with its code and what the history knows it by', async () => {
    const input = { nodes: [system.members[0]?.host.hostname ?? ''] };
    const { demoteNodes } = await client.request(documents.demoteNodes, { input });
    expect(demoteNodes.state).toBe('REFUSED');
    const error = await rejection(client.perform(documents.demoteNodes, { input }));
    expect(error).toMatchObject({
      name: 'SkepError',
      code: demoteNodes.failure?.code,
      message: demoteNodes.failure?.message,
      hint: demoteNodes.failure?.hint,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      data: { demoteNodes: { state: 'REFUSED' } },
    });
    const { auditLog } = await client.request(documents.auditLog, { first: 1 });
    expect(auditLog.edges[0]?.node.requestId).toBe((error as SkepError).requestId);
  });

  it('performs: refuses a document that does not tell how the operation ends', async () => {
    const document = 'mutation ($input: DemoteNodesInput!) { demoteNodes(input: $input) { id } }';
    expect(await rejection(client.perform(document))).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'demoteNodes does not select state of its operation',
    });
    expect(await rejection(client.perform('{ eventCursor }'))).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('performs: gives a mutation a name of its own, so that it is sent again and done once', async () => {
    const { answers, lossy: performing } = lossy();
    const { updateNodeLabels } = await performing.perform(documents.updateNodeLabels, labels('3'));
    expect(updateNodeLabels.state).toBe('SUCCEEDED');
    expect(answers).toHaveLength(2);
    const { operations } = await client.request(documents.operations, { first: 2 });
    expect(operations.edges.map((edge) => edge.node.id).indexOf(updateNodeLabels.id)).toBe(0);
    expect(operations.edges[1]?.node.action).not.toBe('updateNodeLabels');
  });

  it('performs: waits beyond waitSeconds, with the selection of the document', async () => {
    const document = `mutation ($input: SetNodeAvailabilityInput!, $one: Int) {
      drained: setNodeAvailability(input: $input) { ...Ended targets { node { history(first: $one) { phase } } } }
    }
    fragment Ended on Operation { id as: state why: failure { code message } endedAt }`;
    const variables = { input: { nodes: [node], availability: 'DRAIN', waitSeconds: 0 }, one: 1 };
    const answers: { data: { drained?: { as: string } } }[] = [];
    const seeing = connect({
      fetch: async (...asked) => {
        const response = await fetch(...asked);
        answers.push(await response.clone().json());
        return response;
      },
    });
    const { drained } = (await seeing.perform(document, variables)) as { drained: object };
    expect(['QUEUED', 'RUNNING']).toContain(answers[0]?.data.drained?.as);
    expect(drained).toEqual({
      id: expect.any(String),
      as: 'SUCCEEDED',
      why: null,
      endedAt: expect.any(String),
      targets: [{ node: { history: [{ phase: expect.any(String) }] } }],
    });
  });

  it('performs: waits for a server that is away meanwhile', async () => {
    const input = { nodes: [node], availability: 'ACTIVE' as const, waitSeconds: 0 };
    let asked = 0;
    const breaking = connect({
      fetch: (...given) => {
        asked += 1;
        return asked > 1 && asked < 7 ? Promise.reject(new TypeError('fetch failed')) : fetch(...given);
      },
    });
    const { setNodeAvailability } = await breaking.perform(documents.setNodeAvailability, { input });
    expect(setNodeAvailability.state).toBe('SUCCEEDED');
    expect(asked).toBeGreaterThan(7);
  });

  it('performs: gives up waiting by its signal and by close(), and the operation goes on', async () => {
    const closing = connect();
    const stop = new AbortController();
    const input = {
      cluster,
      nodes: [node],
      proceed: 'GO_AHEAD' as const,
      waitSeconds: 0,
      idempotencyKey: 'long',
    };
    const closed = rejection(closing.perform(documents.rollMaintenance, { input }));
    const stopped = rejection(client.perform(documents.rollMaintenance, { input }, { signal: stop.signal }));
    const open = await until(async () => {
      const { operations } = await client.request(documents.operations, { filter: { open: true } });
      return operations.edges[0]?.node.id;
    }, 'the operation is open');
    await closing.close();
    stop.abort(new Error('not wanted any more'));
    expect(await closed).toMatchObject({ name: 'SkepUnreachable', retryable: false });
    expect(await stopped).toEqual(new Error('not wanted any more'));
    expect(() => closing.subscribe(documents.nodeChanged)).toThrow('the client is closed');
    const { operation } = await client.request(documents.operation, { id: open });
    expect(['QUEUED', 'RUNNING']).toContain(operation?.state);
    await client.request(documents.cancelOperation, { input: { id: open } });
  });

  it('performs: of a payload, its operation', async () => {
    const input = { name: 'another' };
    const { createEnrolment } = await client.perform(documents.createEnrolment, { input });
    expect(createEnrolment.operation.state).toBe('SUCCEEDED');
    expect(createEnrolment.secret).toEqual(expect.any(String));
  });
});

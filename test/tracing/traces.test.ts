// Traces, as a collector receives them: from a caller's request to what an agent asked its engine.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, enginesNote } from '../support/engines.ts';
import { connect, subscribe } from '../support/live.ts';
import { type ReceivedSpan, type Receiver, startReceiver } from '../support/otlp.ts';
import { createPerform, documentOf, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const secretValue = 'canary-in-a-trace';
const reason = 'a reason that no trace tells';

describe(`traces (${enginesNote})`, () => {
  let receiver: Receiver;
  let system: System;
  let perform: Perform;
  let cluster: string;

  beforeAll(async () => {
    receiver = await startReceiver();
    system = await startSystem({
      engines,
      hosts: 3,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-canary=for-the-collector',
        OTEL_BSP_SCHEDULE_DELAY: '50',
      },
    });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
  });
  afterAll(async () => {
    await system?.stop();
    await receiver?.stop();
  });

  const last = (): string => system.members.at(-1)?.host.hostname ?? '';
  const send = (mutation: string, input: object, headers: Record<string, string> = {}) =>
    fetch(system.server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${system.server.adminKey}`,
        ...headers,
      },
      body: JSON.stringify({ query: documentOf(mutation), variables: { input } }),
    }).then(async (response) => ((await response.json()) as any).data[mutation]);
  /** A caller's trace, and the span of the caller. */
  const begin = (flags = '01') => {
    const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
    return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
  };
  /** All spans of a trace, once that of the request has come, which ends last. */
  const spansOf = async (traceId: string, parent: string): Promise<readonly ReceivedSpan[]> => {
    await until(
      () => receiver.spans.some((span) => span.traceId === traceId && span.parentSpanId === parent),
      `the request of trace ${traceId} has come`,
    );
    return receiver.spans.filter((span) => span.traceId === traceId);
  };

  it('a promotion: request, operation, command, call of the engine, one below the other', async () => {
    const { traceId, spanId, traceparent } = begin();
    const input = { cluster, nodes: [last()], reason, waitSeconds: 120 };
    const operation = await send('promoteNodes', input, { traceparent });
    expect(operation.state).toBe('SUCCEEDED');
    const spans = await spansOf(traceId, spanId);
    const below = (parent: ReceivedSpan | undefined) =>
      spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId);
    const named = (list: readonly ReceivedSpan[], name: string): ReceivedSpan => {
      const found = list.find((span) => span.name === name);
      if (!found) throw new Error(`no ${name} in ${list.map((span) => span.name).join(', ')}`);
      return found;
    };

    const request = spans.find(({ parentSpanId }) => parentSpanId === spanId);
    expect(request).toMatchObject({
      name: 'mutation promoteNodes',
      service: 'skep-server',
      kind: 2,
      failed: null,
    });
    const acting = named(below(request), 'promoteNodes');
    expect(acting.attributes).toEqual({
      'skep.operation': operation.id,
      'skep.cluster': cluster,
      'skep.operation.state': 'SUCCEEDED',
    });
    expect(named(below(named(below(acting), 'judge')), 'command ReadCluster').service).toBe('skep-server');
    const target = named(below(acting), 'target NODE');
    const step = named(below(target), 'step update');
    expect(step.attributes).toEqual({ 'skep.target': operation.targets[0].id });
    named(below(target), 'step observe');
    const command = named(below(step), 'command UpdateNode');
    const manager = system.members[0]?.hostId;
    expect(command).toMatchObject({
      kind: 3,
      attributes: { 'skep.host': manager, 'skep.command.kind': 'UpdateNode', 'skep.command.outcome': 'DONE' },
    });
    const calls = below(command).sort((a, b) => a.start - b.start);
    expect(calls.map(({ name }) => name)).toEqual([
      'GET /nodes/{id}',
      'POST /nodes/{id}/update',
      'GET /nodes/{id}',
    ]);
    for (const call of calls) {
      expect(call).toMatchObject({
        service: 'skep-agent',
        kind: 3,
        failed: null,
        attributes: { 'skep.host': manager, 'http.response.status_code': 200 },
      });
      expect(call.end).toBeGreaterThan(call.start);
    }
    // Each span lies within the one above it: also those of the agent, whose clock is its own.
    for (const span of spans)
      for (const child of below(span)) {
        expect(child.start, `${child.name} in ${span.name}`).toBeGreaterThanOrEqual(span.start - 0.01);
        expect(child.end, `${child.name} in ${span.name}`).toBeLessThanOrEqual(span.end + 0.01);
      }
    // Nothing stands beside the tree.
    const known = new Set([spanId, ...spans.map((span) => span.spanId)]);
    expect(spans.filter(({ parentSpanId }) => !known.has(parentSpanId))).toEqual([]);
    expect(receiver.headers()).toMatchObject({ 'x-canary': 'for-the-collector' });
  });

  it('what was refused and what failed says so by its code', async () => {
    const { traceId, spanId, traceparent } = begin();
    const manager = system.members[0]?.host.hostname;
    const refused = await send('removeNodes', { cluster, nodes: [manager] }, { traceparent });
    expect(refused.state).toBe('REFUSED');
    const spans = await spansOf(traceId, spanId);
    expect(refused.failure.code).toBe('NODE_IS_MANAGER');
    for (const name of ['judge', 'removeNodes'])
      expect(spans.find((span) => span.name === name)).toMatchObject({
        failed: refused.failure.code,
        attributes: { 'error.type': refused.failure.code },
      });
    const taken = begin();
    const gone = await send(
      'setNodeAvailability',
      { cluster, nodes: ['nosuch'], availability: 'DRAIN' },
      taken,
    );
    expect(gone.failure.code).toBe('NOT_FOUND');
    const [request, ...others] = await spansOf(taken.traceId, taken.spanId);
    expect({ name: request?.name, others }).toEqual({ name: 'mutation setNodeAvailability', others: [] });
  });

  it('a caller that does not sample is not traced, and one that writes nonsense begins a trace', async () => {
    const silent = begin('00');
    await send('renameHost', { id: system.members[0]?.hostId, name: 'silent' }, silent);
    const before = receiver.spans.length;
    for (const traceparent of ['nonsense', `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`, 'ff-1-1-01'])
      await send('renameHost', { id: system.members[0]?.hostId, name: 'told' }, { traceparent });
    await until(
      () => receiver.spans.slice(before).filter(({ name }) => name === 'mutation renameHost').length === 3,
      'the others have come',
    );
    for (const span of receiver.spans.slice(before).filter(({ name }) => name === 'mutation renameHost'))
      expect(span.parentSpanId).toBe('');
    expect(receiver.spans.filter(({ traceId }) => traceId === silent.traceId)).toEqual([]);
  });

  it('strangers, and documents that are refused, write into nobody’s trace', async () => {
    const [stranger, refused, after] = [begin(), begin(), begin()];
    const ask = async (query: string, key: string, { traceparent }: { traceparent: string }) => {
      const headers = {
        'content-type': 'application/json',
        ...{ authorization: `Bearer ${key}`, traceparent },
      };
      const body = JSON.stringify({ query });
      await (await fetch(system.server.url, { method: 'POST', headers, body })).text();
    };
    await ask('{ viewer { name } }', 'nosuch', stranger);
    await ask('{ nosuch }', system.server.adminKey, refused);
    await ask('{ viewer { name } }', system.server.adminKey, after);
    expect(await spansOf(after.traceId, after.spanId)).toMatchObject([{ name: 'query viewer' }]);
    for (const { traceId } of [stranger, refused])
      expect(receiver.spans.filter((span) => span.traceId === traceId)).toEqual([]);
  });

  it('over a socket a query is a trace of its own; a subscription is none, nor are the watchers', async () => {
    const client = connect(system.server.socketUrl, system.server.adminKey);
    const told = subscribe(client, 'subscription { hostChanged { cursor } }');
    const asked = subscribe(client, '{ viewer { name } }');
    await until(() => asked.received.length === 1, 'it is answered');
    await perform('renameHost', { id: system.members[0]?.hostId, name: 'heard' });
    await until(() => told.received.length === 1, 'the subscriber has heard');
    told.stop();
    await until(() => receiver.spans.some(({ name }) => name === 'query viewer'), 'the query has come');
    await client.dispose();
    expect(receiver.spans.filter(({ name }) => name.startsWith('subscription'))).toEqual([]);
    const roots = receiver.spans.filter(({ parentSpanId }) => parentSpanId === '');
    expect(roots.filter(({ name }) => !/^(query|mutation) \w+$/.test(name))).toEqual([]);
  });

  it('tells no argument, no reason and no secret', async () => {
    const value = Buffer.from(secretValue).toString('base64');
    const { traceId, spanId, traceparent } = begin();
    const made = await send(
      'createSecret',
      { cluster, name: 'named-in-a-trace', value, reason },
      { traceparent },
    );
    expect(made.state).toBe('SUCCEEDED');
    const spans = await spansOf(traceId, spanId);
    expect(spans.map(({ name }) => name)).toContain('POST /secrets/create');
    await perform('revealJoinToken', { cluster, role: 'WORKER', reason });
    await until(
      () => receiver.spans.some(({ name }) => name === 'mutation revealJoinToken'),
      'the reveal has come',
    );
    const { text } = receiver;
    for (const secret of [
      secretValue,
      value,
      'SWMTKN',
      'skep_key_',
      system.server.adminKey,
      reason,
      'named-in-a-trace',
    ])
      expect(text()).not.toContain(secret);
  });
});

// What is held for others has a limit: for agents that have not proved who they are, for those that have and send or leave
// too much, for keys that are counted, for documents that are remembered.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type Ask, createAsk } from '../../lab/client.ts';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { createTake, mostCounted } from '../../server/access/attempts.ts';
import { createReadDocument } from '../../server/graphql/document.ts';
import { schema } from '../../server/graphql/schema.ts';
import { agentLimits } from '../../server/hosts/agent-admission.ts';
import { createLink } from '../../server/hosts/links.ts';
import { type AgentKey, connectByHand, enrolByHand, newAgentKey } from '../support/hand-made-agent.ts';
import { until } from '../support/until.ts';

const dir = mkdtempSync(join(tmpdir(), 'skep-'));
let server: ServerProcess;
let ask: Ask;
let url: string;
let key: AgentKey;

beforeAll(async () => {
  server = await startServer({ dir, env: { SKEP_MUTATIONS_PER_MINUTE: '1000' } });
  ask = createAsk(() => server.url, server.adminKey);
  url = server.socketUrl.replace('/graphql', '/agent');
  const { createEnrolment } = await ask('mutation { createEnrolment(input: {}) { secret } }');
  key = await enrolByHand(url, newAgentKey(), createEnrolment.secret);
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

const attached = async () => {
  const agent = await connectByHand(url, key);
  await agent.attach();
  return agent;
};
const reportOf = (swarm: object | null, labels: string[] = []) => ({
  agentVersion: '1',
  hostname: 'by-hand',
  bootId: 'boot-1',
  allow: [],
  addresses: [],
  engine: {
    id: 'engine-1',
    version: '28.5.0',
    apiVersion: '1.51',
    minApiVersion: '1.24',
    operatingSystem: 'Debian',
    kernelVersion: '6.1',
    osType: 'linux',
    architecture: 'x86_64',
    cpus: 1,
    memoryBytes: 1,
    storageDriver: 'overlay2',
    labels,
  },
  swarm,
});
const reportDocument = 'mutation($input: ReportInput!) { report(input: $input) }';

describe('an agent that has not proved who it is', () => {
  it('is cut off once it has sent more than a greeting and a proof need', async () => {
    const agent = await connectByHand(url, key);
    // A piece of a message that never ends.
    agent.socket.send(' '.repeat(agentLimits.unattachedBytes), { fin: false });
    expect(await agent.closed).toBe(1006);
  });

  it('and may send as much as any once it has', async () => {
    const agent = await attached();
    const { report } = await agent.request(reportDocument, {
      input: reportOf(null, ['x'.repeat(2 * agentLimits.unattachedBytes)]),
    });
    expect(report).toBe(true);
    agent.socket.terminate();
  });

  it('is one of so many: the oldest goes for the next, and one that proves itself stays', async () => {
    const proved = await attached();
    const opened: WebSocket[] = [];
    let closed = 0;
    const open = () =>
      new Promise<void>((resolve, reject) => {
        const socket = new WebSocket(url, 'graphql-transport-ws');
        socket.once('open', () => resolve()).once('error', reject);
        socket.once('close', () => {
          closed += 1;
        });
        opened.push(socket);
      });
    while (opened.length < agentLimits.unidentified) await Promise.all(Array.from({ length: 50 }, open));
    expect(closed).toBe(0);
    await open();
    await until(() => closed === 1, 'the oldest is closed');
    expect(opened[0]?.readyState).toBeGreaterThan(WebSocket.OPEN);
    expect((await proved.request('{ server { id } }')).server.id).toEqual(expect.any(String));
    for (const socket of opened) socket.terminate();
    proved.socket.terminate();
  });
});

describe('an agent that has proved who it is', () => {
  it('has so many operations at a time and no more', async () => {
    const agent = await attached();
    const refused = new Promise<any>((resolve) =>
      agent.socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'error') resolve(message);
      }),
    );
    for (let n = 0; n <= agentLimits.operations; n += 1)
      agent.socket.send(
        JSON.stringify({
          id: `heads-${n}`,
          type: 'subscribe',
          payload: { query: 'subscription { commands { id } }' },
        }),
      );
    expect(await refused).toMatchObject({
      id: `heads-${agentLimits.operations}`,
      payload: [{ extensions: { code: 'RATE_LIMITED' } }],
    });
    agent.socket.terminate();
  });

  it('is not believed a report larger than what is kept of a host', async () => {
    const agent = await attached();
    const tooMuch = reportOf(
      null,
      Array.from({ length: 300 }, () => 'x'.repeat(1_000)),
    );
    await expect(agent.request(reportDocument, { input: tooMuch })).rejects.toThrow('BAD_USER_INPUT');
    const { hosts } = await ask('{ hosts { edges { node { engine { labels } } } } }');
    expect(JSON.stringify(hosts).length).toBeLessThan(100_000);
    agent.socket.terminate();
  });

  it('cannot bring up clusters without end', { timeout: 60_000 }, async () => {
    const agent = await attached();
    const report = (n: number) =>
      agent.request(reportDocument, {
        input: reportOf({
          localState: 'ACTIVE',
          nodeId: 'node-1',
          controlAvailable: true,
          // It is named after the beginning of its id.
          clusterId: `${String(n).padStart(8, '0')}-made-up`,
          remoteManagers: [],
        }),
      });
    const count = async (): Promise<number> => (await ask('{ clusters { id } }')).clusters.length;
    for (let n = 0; n < 110; n += 1) await report(n);
    await until(async () => (await count()) === 100, 'a hundred are known');
    await report(1_000);
    // A round trip later it would be there.
    await report(0);
    expect(await count()).toBe(100);
    agent.socket.terminate();
  });

  it('and lets its commands pile up is cut off', () => {
    const closes: [number, string][] = [];
    const link = createLink('host-1', 'boot-1', {
      close: (...how) => void closes.push(how),
      probe: async () => true,
    });
    const push = () =>
      link.push({
        id: 'c',
        operation: null,
        expiresInMs: 1,
        trace: false,
        body: { __typename: 'ReadCluster', fresh: true },
      });
    for (let n = 0; n < 1_000; n += 1) push();
    expect(closes).toEqual([]);
    push();
    expect(closes).toEqual([[4408, 'commands are not taken']]);
    expect(link.ended.aborted).toBe(true);
  });
});

describe('what is counted and what is remembered', () => {
  it('of more addresses than are counted, the one not heard of longest begins anew', async () => {
    const take = createTake({ most: 1, seconds: 3_600, what: 'too many' });
    await take('first');
    await take('second');
    await expect(take('first')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    for (let n = 0; n < mostCounted - 1; n += 1) await take(`other-${n}`);
    await expect(take('first')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await take('second');
  });

  it('documents are remembered up to so many characters of all together, the last asked for longest', () => {
    const read = createReadDocument(schema);
    const text = (n: number): string => `{ a${n}: __typename ${'#'.repeat(8_000)}\n}`;
    const first = read(text(0));
    const second = read(text(1));
    expect(read(text(0))).toBe(first);
    expect(first.document).toEqual(parse(text(0)));
    // 32 of 8,018 characters are remembered at most.
    for (let n = 2; n < 33; n += 1) read(text(n));
    expect(read(text(0))).toBe(first);
    expect(read(text(1))).not.toBe(second);
    const long = `{ __typename ${'#'.repeat(9_000)}\n}`;
    expect(read(long)).not.toBe(read(long));
  });
});

// The proxy that breaks the agents' way does what it says, and nothing when nothing is asked of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createFaultProxy, type FaultProxy, type MessageFault } from '../support/fault-proxy.ts';
import { createRandom } from '../support/random.ts';
import { until } from '../support/until.ts';

let dir: string;
let http: Server;
let proxy: FaultProxy;
let server: WebSocket[];
let atServer: string[];
let atAgent: string[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'skep-proxy-'));
  http = createServer();
  server = [];
  atServer = [];
  atAgent = [];
  new WebSocketServer({ server: http }).on('connection', (socket) => {
    server.push(socket);
    socket.on('message', (data) => atServer.push(data.toString()));
  });
  await new Promise<void>((resolve) => http.listen(join(dir, 'server.sock'), resolve));
  proxy = await createFaultProxy({
    path: join(dir, 'proxy.sock'),
    server: `ws+unix:${join(dir, 'server.sock')}:/agent`,
    random: createRandom(1),
    collect: /secret-\d+/g,
  });
});
afterEach(async () => {
  await proxy.close();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  rmSync(dir, { recursive: true });
});

const dial = async (): Promise<WebSocket> => {
  const agent = new WebSocket(proxy.url);
  agent.on('message', (data) => atAgent.push(data.toString()));
  agent.on('error', () => undefined);
  await new Promise((resolve, reject) => agent.once('open', resolve).once('error', reject));
  await until(() => server.length > 0, 'the server has it');
  return agent;
};
const command = (id: number): string => JSON.stringify({ type: 'next', id: String(id) });
const push = (text: string): void => server.at(-1)?.send(text);

describe('the fault proxy', () => {
  it('passes all messages, both ways and in order, and collects what it was told to', async () => {
    const agent = await dial();
    const sent = Array.from({ length: 50 }, (_, id) => command(id));
    for (const text of sent) {
      push(text);
      agent.send(text);
    }
    push('a secret-42');
    await until(() => atAgent.length === 51 && atServer.length === 50, 'all have come');
    expect(atAgent.slice(0, 50)).toEqual(sent);
    expect(atServer).toEqual(sent);
    expect([...proxy.collected()]).toEqual(['secret-42']);
  });

  it.each([
    ['cut', 1001],
    ['reset', 1006],
  ] as const)('%s ends a connection with %i, and the next is taken', async (how, code) => {
    const agent = await dial();
    const closed = new Promise((resolve) => agent.once('close', resolve));
    proxy[how]();
    expect(await closed).toBe(code);
    await dial();
  });

  it('refuses connections until it is healed', async () => {
    proxy.refuse(true);
    await expect(dial()).rejects.toThrow();
    proxy.heal();
    await dial();
  });

  it('freezes a connection without an end, and lets go of what was sent meanwhile', async () => {
    const agent = await dial();
    proxy.freeze(true);
    agent.send('up');
    push('down');
    let ponged = false;
    agent.once('pong', () => {
      ponged = true;
    });
    agent.ping();
    // That nothing comes can only be waited for.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([atServer, atAgent, ponged, agent.readyState]).toEqual([[], [], false, WebSocket.OPEN]);
    proxy.heal();
    await until(() => atServer.length === 1 && atAgent.length === 1 && ponged, 'all goes on');
  });

  it('delays and slows', async () => {
    await dial();
    let from = performance.now();
    proxy.delayBy(150);
    push('x');
    await until(() => atAgent.length === 1, 'it comes');
    expect(performance.now() - from).toBeGreaterThan(140);
    proxy.heal();
    proxy.slowTo(1_000);
    from = performance.now();
    push('y'.repeat(200));
    await until(() => atAgent.length === 2, 'it comes');
    expect(performance.now() - from).toBeGreaterThan(190);
  });

  it.each<[MessageFault, (sent: string[]) => void]>([
    ['duplicate', (sent) => expect(atAgent).toEqual(sent.flatMap((text) => [text, text]))],
    [
      'reorder',
      (sent) => {
        expect(atAgent).not.toEqual(sent);
        expect([...atAgent].sort()).toEqual([...sent].sort());
      },
    ],
    ['replay', (sent) => expect(atAgent.length).toBeGreaterThan(sent.length)],
    ['corrupt', () => expect(atAgent.filter((text) => text.endsWith('}'))).toEqual([])],
  ])('plays %s', async (fault, expectIt) => {
    const agent = await dial();
    proxy.disturb(fault, 1);
    const sent = Array.from({ length: 6 }, (_, id) => command(id));
    for (const text of sent) push(text);
    await until(() => proxy.counts().passed === sent.length, 'all have passed');
    proxy.heal();
    push('end');
    await until(() => atAgent.includes('end'), 'the end');
    atAgent.pop();
    expectIt(sent);
    expect(proxy.counts()[fault]).toBeGreaterThan(0);
    agent.terminate();
  });

  it('never plays a report again or out of order: no network does that to TLS', async () => {
    const agent = await dial();
    proxy.disturb('replay', 1);
    proxy.disturb('duplicate', 1);
    proxy.disturb('reorder', 1);
    const reports = Array.from({ length: 5 }, (_, id) => `mutation Report { report(${id}) }`);
    for (const report of reports) agent.send(report);
    await until(() => atServer.length === reports.length, 'all have come');
    expect(atServer).toEqual(reports);
  });
});

// Probes between agents: only who has the nonce answers and is answered, for as long as was asked, and no longer.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createProbeListener } from '../../agent/probe-listen.ts';
import { type Probe, sendProbes } from '../../agent/probe-send.ts';
import { type ProbePoint, probeBytes, probeWords } from '../../agent/probe-wire.ts';
import { freePort } from '../../lab/processes.ts';
import { until } from '../support/until.ts';

const nonce = 'nonce of one preflight';
const address = '127.0.0.2';
const timeoutMs = 300;
const listener = createProbeListener();
const cleanUps: (() => void)[] = [];

afterEach(async () => {
  await listener.close();
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

const bothAt = (port: number): ProbePoint[] => [
  { address, port, protocol: 'tcp' },
  { address, port, protocol: 'udp' },
];
const send = async (points: readonly ProbePoint[], more: Partial<Probe> & { with?: string } = {}) => {
  const { with: own = nonce, ...rest } = more;
  const probes = points.map((point) => ({ ...point, source: '127.0.0.3', greet: true, ...rest }));
  return (await sendProbes({ nonce: own, probes, timeoutMs })).map(({ outcome }) => outcome);
};

it('answers by TCP and UDP who has the nonce, on the address that was asked for and on no other', async () => {
  const points = bothAt(await freePort());
  const states = await listener.answer({ nonce, points, seconds: 5 });
  expect(states.map(({ state }) => state)).toEqual(['LISTENING', 'LISTENING']);
  expect(await send(points)).toEqual(['ANSWERED', 'ANSWERED']);
  const elsewhere = points.map((point) => ({ ...point, address: '127.0.0.4' }));
  expect(await send(elsewhere)).toEqual(['REFUSED', 'REFUSED']);
});

it('a stranger is not answered, and does not answer for the agent', async () => {
  const points = bothAt(await freePort());
  await listener.answer({ nonce, points, seconds: 5 });
  expect(await send(points, { with: 'another nonce' })).toEqual(['CONNECTED', 'SILENT']);

  const port = await freePort();
  const server = createServer((socket) => socket.write(Buffer.alloc(probeBytes)));
  const udp: UdpSocket = createSocket('udp4');
  cleanUps.push(
    () => server.close(),
    () => udp.close(),
  );
  udp.on('message', (_, from) => udp.send(Buffer.alloc(probeBytes), from.port, from.address));
  server.listen(port, address);
  udp.bind(port, address);
  await Promise.all([once(server, 'listening'), once(udp, 'listening')]);
  expect(await send(bothAt(port))).toEqual(['CONNECTED', 'SILENT']);
});

it('nothing is amplified, and the nonce itself does not cross the network', () => {
  for (const point of bothAt(7_946)) {
    const { ask, answer } = probeWords(nonce, point);
    expect([ask.length, answer.length]).toEqual([probeBytes, probeBytes]);
    expect(ask.equals(answer)).toBe(false);
    expect(Buffer.concat([ask, answer]).includes(nonce)).toBe(false);
  }
});

it('ends when the time is over, and when it is told to', async () => {
  const points = bothAt(await freePort());
  await listener.answer({ nonce, points, seconds: 0.2 });
  await until(
    async () => (await send(points)).every((outcome) => outcome === 'REFUSED'),
    'the ports are free again',
  );
  await listener.answer({ nonce, points, seconds: 5 });
  expect(await send(points)).toEqual(['ANSWERED', 'ANSWERED']);
  await listener.answer({ nonce, points: [], seconds: 0 });
  expect(await send(points)).toEqual(['REFUSED', 'REFUSED']);
});

it('two preflights ask of one port at once, and the end of one leaves the other', async () => {
  const points = bothAt(await freePort());
  const second = 'another preflight';
  for (const of of [nonce, second]) {
    const states = await listener.answer({ nonce: of, points, seconds: 5 });
    expect(states.map(({ state }) => state)).toEqual(['LISTENING', 'LISTENING']);
  }
  await listener.answer({ nonce, points: [], seconds: 0 });
  expect(await send(points)).toEqual(['CONNECTED', 'SILENT']);
  expect(await send(points, { with: second })).toEqual(['ANSWERED', 'ANSWERED']);
});

it('says what holds a port, and which address is not the host’s; a port that is held is connected to and told nothing', async () => {
  const port = await freePort();
  const heard: Buffer[] = [];
  const server = createServer((socket) => socket.on('data', (bytes) => heard.push(bytes)));
  cleanUps.push(() => server.close());
  server.listen(port, address);
  await once(server, 'listening');
  const points: ProbePoint[] = [
    { address, port, protocol: 'tcp' },
    { address: '203.0.113.5', port, protocol: 'udp' },
  ];
  const states = await listener.answer({ nonce, points, seconds: 5 });
  expect(states.map(({ state }) => state)).toEqual(['HELD', 'NOT_LOCAL']);
  expect(await send(points.slice(0, 1), { greet: false })).toEqual(['CONNECTED']);
  expect(heard).toEqual([]);
});

it('a probe from an address that is not the host’s fails with the system’s word', async () => {
  const points = bothAt(await freePort());
  const probes = points.map((point) => ({ ...point, source: '203.0.113.5', greet: true }));
  expect(await sendProbes({ nonce, probes, timeoutMs })).toEqual([
    { outcome: 'FAILED', detail: 'EADDRNOTAVAIL' },
    { outcome: 'FAILED', detail: 'EADDRNOTAVAIL' },
  ]);
});

it('who connects and talks nonsense is hung up on', async () => {
  const [point] = bothAt(await freePort());
  if (!point) throw new Error('no point');
  await listener.answer({ nonce, points: [point], seconds: 5 });
  const socket = connect({ host: point.address, port: point.port });
  const answered: Buffer[] = [];
  socket.on('data', (bytes) => answered.push(bytes));
  socket.on('error', () => undefined);
  socket.write(Buffer.alloc(4_096, 'x'));
  await once(socket, 'close');
  expect(answered).toEqual([]);
});

it('a refusal of an engine is believed only when it lasts: one that has just begun listens a moment later', async () => {
  const port = await freePort();
  const [point] = bothAt(port);
  if (!point) throw new Error('no point');
  const sent = sendProbes({
    nonce,
    probes: [{ ...point, source: null, greet: false }],
    timeoutMs: 1_500,
  });
  const refused = connect({ host: address, port });
  await once(refused, 'error');
  const server = createServer();
  cleanUps.push(() => server.close());
  server.listen(port, address);
  expect(await sent).toEqual([{ outcome: 'CONNECTED', detail: null }]);
});

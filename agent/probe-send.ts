// Sends probes to ports of other hosts and says what came back; what it means is judged by the server.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { codeOf, type ProbePoint, probeWords, udpOf } from './probe-wire.ts';

/** One port of another host. */
export type Probe = ProbePoint & {
  /** The local address that it is sent from; null: as the kernel chooses. */
  readonly source: string | null;
  /** Whether an agent answers there. Otherwise nothing is sent: a connection that is accepted says enough. */
  readonly greet: boolean;
};

/** ANSWERED by who has the nonce. CONNECTED: accepted, and no such answer. SILENT: nothing in time. */
export interface ProbeOutcome {
  readonly outcome: 'ANSWERED' | 'CONNECTED' | 'REFUSED' | 'SILENT' | 'FAILED';
  /** The system's word for it, such as EHOSTUNREACH. */
  readonly detail: string | null;
}

/** A packet may be lost without anybody having dropped it on purpose. */
const resendMs = 300;

/** Sends them all at once. */
export function sendProbes({
  nonce,
  probes,
  timeoutMs,
}: {
  nonce: string;
  probes: readonly Probe[];
  timeoutMs: number;
}): Promise<ProbeOutcome[]> {
  return Promise.all(
    probes.map((probe) =>
      probe.protocol === 'tcp' ? sendTcp(nonce, probe, timeoutMs) : sendUdp(nonce, probe, timeoutMs),
    ),
  );
}

function failed(error: unknown): ProbeOutcome {
  const detail = codeOf(error);
  return { outcome: detail === 'ECONNREFUSED' ? 'REFUSED' : 'FAILED', detail };
}

function sendTcp(nonce: string, probe: Probe, timeoutMs: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const until = performance.now() + timeoutMs;
    const attempt = (): void => {
      void tryTcp(nonce, probe, until - performance.now()).then((outcome) => {
        // An engine that began a moment ago listens a moment later.
        const isAgain = outcome.outcome === 'REFUSED' && !probe.greet && performance.now() + resendMs < until;
        if (isAgain) setTimeout(attempt, resendMs);
        else resolve(outcome);
      });
    };
    attempt();
  });
}

function tryTcp(nonce: string, probe: Probe, timeoutMs: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const { ask, answer } = probeWords(nonce, probe);
    let isConnected = false;
    let heard = Buffer.alloc(0);
    const socket = connect({
      host: probe.address,
      port: probe.port,
      ...(probe.source === null ? {} : { localAddress: probe.source }),
    });
    const end = (outcome: ProbeOutcome): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const accepted: ProbeOutcome = { outcome: 'CONNECTED', detail: null };
    const timer = setTimeout(
      () => end(isConnected ? accepted : { outcome: 'SILENT', detail: null }),
      timeoutMs,
    );
    socket.on('connect', () => {
      isConnected = true;
      if (probe.greet) socket.write(ask);
      else end(accepted);
    });
    socket.on('data', (bytes) => {
      heard = Buffer.concat([heard, bytes]);
      if (heard.length >= answer.length)
        end(heard.equals(answer) ? { outcome: 'ANSWERED', detail: null } : accepted);
    });
    socket.on('error', (error) => end(isConnected ? { ...accepted, detail: codeOf(error) } : failed(error)));
    socket.on('end', () => end(accepted));
  });
}

function sendUdp(nonce: string, probe: Probe, timeoutMs: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const { ask, answer } = probeWords(nonce, probe);
    const socket = createSocket({ type: udpOf(probe.address) });
    let isOver = false;
    const end = (outcome: ProbeOutcome): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      clearInterval(again);
      socket.close();
      resolve(outcome);
    };
    const send = (): void => socket.send(ask, (error) => error && end(failed(error)));
    const timer = setTimeout(() => end({ outcome: 'SILENT', detail: null }), timeoutMs);
    const again = setInterval(() => isConnected && send(), resendMs);
    let isConnected = false;
    socket.on('error', (error) => end(failed(error)));
    socket.on('message', (bytes) => bytes.equals(answer) && end({ outcome: 'ANSWERED', detail: null }));
    // Connected, so that the kernel tells of a refusal (ICMP) and takes packets of this address only.
    const reach = (): void => {
      socket.connect(probe.port, probe.address, () => {
        isConnected = true;
        if (!isOver) send();
      });
    };
    if (probe.source === null) reach();
    else socket.bind({ address: probe.source, port: 0 }, reach);
  });
}

// Preflight on this host: answering probes of its ports, and sending probes to those of others.
import type { BodyOf } from './contract.ts';
import { readInterfaceMtus } from './interface-mtu.ts';
import type { ProbeListener } from './probe-listen.ts';
import { sendProbes } from './probe-send.ts';

/** Opens the ports for a moment; also tells this host's clock and MTUs, which are asked for at the same time. */
export async function answerProbes(listener: ProbeListener, body: BodyOf<'AnswerProbes'>): Promise<object> {
  const points = await listener.answer(body);
  return { points, interfaces: readInterfaceMtus(), clockMs: Date.now() };
}

/** What came of each probe, in the order of the command. */
export async function probePorts(body: BodyOf<'SendProbes'>): Promise<object> {
  const probes = body.probes.map((probe) => ({ ...probe, source: probe.source ?? null }));
  return { outcomes: await sendProbes({ nonce: body.nonce, probes, timeoutMs: body.timeoutMs }) };
}

// Ports between hosts, asked of both ends: one agent answers for a few seconds while the others send.
import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { Failure } from '../platform/failure.ts';
import type { Commands } from './commands.ts';
import type { ProbePoint } from './links.ts';
import type { Hosts } from './registry.ts';

/** One end of a probe. */
export type ProbeEnd = {
  /** Null: no host with an agent, so nothing is sent by it; then it is a member. */
  hostId: string | null;
  name: string;
  /** Of 2377 and 7946; null: not known, so nothing is asked of it. */
  address: string | null;
  /** Of the data path. */
  dataPath: string | null;
  /** It is in a swarm: its engine or kernel may need a port at any moment, so no agent takes one. */
  isMember: boolean;
};

/** One direction of one port; ends by their place in the list. */
export type ProbeLink = {
  from: number;
  to: number;
  port: number;
  protocol: 'tcp' | 'udp';
  /** VXLAN: at the data path's address. */
  isData: boolean;
};

/**
 * CLOSED: refused. FILTERED: no answer in time. UNTESTABLE: nothing can be proven, as of a UDP port that the engine or
 * the kernel holds.
 */
export const probeResults = ['OPEN', 'CLOSED', 'FILTERED', 'UNTESTABLE'] as const;
export type ProbeResult = (typeof probeResults)[number];

/** `taken`: somebody holds the port of the target already. */
export type ProbedLink = ProbeLink & { result: ProbeResult; detail: string | null; taken: boolean };

const answering = z.object({
  points: z.array(
    z.object({
      address: z.string(),
      port: z.number(),
      protocol: z.enum(['tcp', 'udp']),
      state: z.enum(['LISTENING', 'HELD', 'NOT_LOCAL', 'FAILED']),
      detail: z.string().nullable(),
    }),
  ),
  interfaces: z.array(z.object({ name: z.string(), mtu: z.number() })),
  clockMs: z.number(),
});
const outcomesShape = z.object({
  outcomes: z.array(
    z.object({
      outcome: z.enum(['ANSWERED', 'CONNECTED', 'REFUSED', 'SILENT', 'FAILED']),
      detail: z.string().nullable(),
    }),
  ),
});
type Outcome = z.infer<typeof outcomesShape>['outcomes'][number];
type PointState = z.infer<typeof answering>['points'][number]['state'];

/** What an agent said of its host on the way; a failure: it could not be asked. */
export type EndSeen =
  | {
      interfaces: { name: string; mtu: number }[];
      /** By how much its clock is ahead of the server's; null when the way there was too slow to tell. */
      clockAheadMs: number | null;
    }
  | Failure;

export type Probed = { links: ProbedLink[]; seen: (EndSeen | null)[] };
/** @throws never: who cannot be asked is told in `seen`, and its links are UNTESTABLE. */
export type ProbePorts = (ends: readonly ProbeEnd[], links: readonly ProbeLink[]) => Promise<Probed>;

/** An open port answers in a round trip; a lost packet is sent again after 0.3 seconds. */
const probeTimeoutMs = 1_500;
const answerSeconds = 10;
const listenTimeoutMs = 3_000;
const sendTimeoutMs = 6_000;
/** Beyond it the middle of the round trip says too little. */
const slowRoundTripMs = 2_000;

const pointOf = (ends: readonly ProbeEnd[], { to, port, protocol, isData }: ProbeLink): ProbePoint | null => {
  const address = isData ? ends[to]?.dataPath : ends[to]?.address;
  return address ? { address, port, protocol } : null;
};
const keyOf = ({ address, port, protocol }: ProbePoint): string => `${address} ${port}/${protocol}`;

/** No way there, or a packet that the sender's own firewall threw away. */
const noWay: Readonly<Record<string, string>> = {
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  EPERM: 'the sender’s own firewall does not let it out',
  EACCES: 'the sender’s own firewall does not let it out',
};

type Said = { result: ProbeResult; detail: string | null };
/** What the target's state and what came back mean together. */
const judged = (state: PointState, { outcome, detail }: Outcome): Said => {
  if (outcome === 'REFUSED')
    return {
      result: 'CLOSED',
      detail:
        state === 'LISTENING'
          ? 'refused though the agent listens: a firewall rejects it'
          : 'refused: a firewall rejects it, or nobody listens',
    };
  if (outcome === 'SILENT') return { result: 'FILTERED', detail: 'no answer in time' };
  if (outcome === 'ANSWERED') return { result: 'OPEN', detail: null };
  if (outcome === 'FAILED')
    return detail !== null && detail in noWay
      ? { result: 'FILTERED', detail: noWay[detail] ?? detail }
      : {
          result: 'UNTESTABLE',
          detail: detail === 'EADDRNOTAVAIL' ? 'the sender’s address is not its own' : detail,
        };
  return state === 'LISTENING'
    ? { result: 'FILTERED', detail: 'something else than the host’s agent answers there' }
    : { result: 'OPEN', detail: null };
};

const whyUntestable = (state: PointState | null, protocol: string): string => {
  if (state === null) return 'the agent of one of the two could not be asked';
  if (state === 'NOT_LOCAL') return 'the target’s address is not its own, so its agent cannot listen there';
  return state === 'HELD' && protocol === 'udp'
    ? 'the engine or the kernel holds it, or may at any moment, and does not answer strangers'
    : 'the target’s agent could not listen there';
};

export const createProbePorts = ({ commands, hosts }: { commands: Commands; hosts: Hosts }): ProbePorts => {
  const failureOf = (error: unknown): Failure =>
    error instanceof Failure
      ? error
      : new Failure('ENGINE_BAD_ANSWER', 'the agent’s answer is not what was asked for');

  return async (ends, links) => {
    const nonce = randomBytes(32).toString('base64url');
    const states = new Map<string, PointState>();
    const listening: string[] = [];

    const open = async (end: ProbeEnd, index: number): Promise<EndSeen | null> => {
      if (end.hostId === null) return null;
      const host = hosts.find(end.hostId);
      if (host?.report && !host.report.allow.includes('AnswerProbes'))
        return new Failure(
          'NOT_ALLOWED',
          `the agent of host ${end.name} does not probe`,
          'bring it up to date',
        );
      const points = new Map(
        links
          .filter(({ to }) => to === index && !end.isMember)
          .flatMap((link) => pointOf(ends, link) ?? [])
          .map((point) => [keyOf(point), point]),
      );
      try {
        const asked = performance.now();
        const askedAt = Date.now();
        listening.push(end.hostId);
        const answer = answering.parse(
          await commands.read(
            end.hostId,
            { __typename: 'AnswerProbes', nonce, points: [...points.values()], seconds: answerSeconds },
            listenTimeoutMs,
          ),
        );
        const roundTripMs = performance.now() - asked;
        for (const point of answer.points) states.set(`${index} ${keyOf(point)}`, point.state);
        return {
          interfaces: answer.interfaces,
          clockAheadMs:
            roundTripMs > slowRoundTripMs ? null : Math.round(answer.clockMs - askedAt - roundTripMs / 2),
        };
      } catch (error) {
        return failureOf(error);
      }
    };

    const stateOf = (link: ProbeLink, seen: readonly (EndSeen | null)[]): PointState | null => {
      const point = pointOf(ends, link);
      const sender = seen[link.from];
      if (!point || !sender || sender instanceof Failure) return null;
      if (ends[link.to]?.isMember) return 'HELD';
      return states.get(`${link.to} ${keyOf(point)}`) ?? null;
    };
    const isSent = (state: PointState | null, { protocol }: ProbeLink): state is PointState =>
      state === 'LISTENING' || (state === 'HELD' && protocol === 'tcp');

    const send = async (
      index: number,
      own: readonly ProbeLink[],
      seen: readonly (EndSeen | null)[],
    ): Promise<(Outcome | null)[]> => {
      const end = ends[index];
      if (!end?.hostId || own.length === 0) return own.map(() => null);
      const probes = own.flatMap((link) => {
        const point = pointOf(ends, link);
        const source = link.isData ? end.dataPath : end.address;
        return point ? [{ ...point, source, greet: stateOf(link, seen) === 'LISTENING' }] : [];
      });
      try {
        const body = { __typename: 'SendProbes' as const, nonce, probes, timeoutMs: probeTimeoutMs };
        const { outcomes } = outcomesShape.parse(await commands.read(end.hostId, body, sendTimeoutMs));
        return own.map((_, at) => outcomes[at] ?? null);
      } catch {
        return own.map(() => null);
      }
    };

    try {
      const seen = await Promise.all(ends.map(open));
      const probed = await Promise.all(
        ends.map(async (_, index) => {
          const own = links.filter(({ from }) => from === index);
          const sent = own.filter((link) => isSent(stateOf(link, seen), link));
          const outcomes = await send(index, sent, seen);
          return own.map((link): ProbedLink => {
            const state = stateOf(link, seen);
            const outcome = outcomes[sent.indexOf(link)];
            const said: Said =
              state !== null && outcome
                ? judged(state, outcome)
                : {
                    result: 'UNTESTABLE',
                    detail: whyUntestable(sent.includes(link) ? null : state, link.protocol),
                  };
            return { ...link, ...said, taken: state === 'HELD' && ends[link.to]?.isMember === false };
          });
        }),
      );
      return { links: probed.flat(), seen };
    } finally {
      // An engine may be about to need the ports.
      await Promise.all(
        listening.map((hostId) =>
          commands
            .read(hostId, { __typename: 'AnswerProbes', nonce, points: [], seconds: 0 }, listenTimeoutMs)
            .catch(() => null),
        ),
      );
    }
  };
};

// The agent's way to its server: connect, prove, enrol or attach, listen for commands, and begin again when it breaks.
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod/mini';
import { type Binding, type Connection, ConnectionLost, ServerRefusal } from './connection.ts';
import { type CommandEnvelope, commandEnvelope, type Ending, type Notice, type Report } from './contract.ts';
import { type Dialled, dial } from './dial.ts';
import * as documents from './documents.ts';
import { failpoint } from './failpoints.ts';
import {
  type Acknowledgement,
  acknowledgementShape,
  agentProof,
  type Opening,
  UntrustedServer,
  verifyServer,
} from './handshake.ts';
import { type SignedHead, signedHead } from './heads.ts';
import type { Identity } from './identity.ts';
import type { Remembered } from './journal.ts';
import type { Log } from './log.ts';

/** What an attached connection can send. Each rejects when the connection ends before the server's answer. */
export interface Session {
  report(report: Report): Promise<void>;
  acknowledge(command: string): Promise<void>;
  complete(command: string, ending: Ending): Promise<void>;
  notice(notice: Notice): Promise<void>;
  witness(statement: Statement): Promise<void>;
}

/** A head to keep; `ask`: a question for all kept heads, to be answered under this id. */
export type HeadNotice = z.infer<typeof headNotice>;
const headNotice = z.object({ head: z.nullable(signedHead), ask: z.nullable(z.string()) });

/** Heads that are kept, newest last, and one that was refused because the last of them contradicts it. */
export interface Statement {
  readonly ask: string | null;
  readonly heads: readonly SignedHead[];
  readonly refused: SignedHead | null;
}

/** What the agent tells of its host when it enrols or attaches. */
export interface HostDescription {
  readonly hostname: string;
  readonly bootId: string;
  /** Null while the engine does not answer. */
  readonly engineId: string | null;
}

/** A one-time enrolment: the secret, and the pin of the server that may see it. */
export interface Enrolment {
  readonly secret: string;
  readonly pin: string;
}

/** How long the link waits before it tries again, in milliseconds. */
export interface LinkDelays {
  readonly shortestMs: number;
  readonly longestMs: number;
  /** After the server refused this identity, or proved another than the trusted one: trying fast would not help. */
  readonly refusedMs: number;
}

const defaultDelays: LinkDelays = { shortestMs: 200, longestMs: 10_000, refusedMs: 10_000 };
const firstHeartbeatMs = 10_000;

const attachAnswer = z.object({
  attach: z.object({ heartbeatSeconds: z.number().check(z.positive()), recall: z.boolean() }),
});
const recalledMost = 500;
const enrolAnswer = z.object({
  enrol: z.object({ host: z.string().check(z.minLength(1)), name: z.string() }),
});
const commandsData = z.object({ commands: commandEnvelope });
const headsData = z.object({ heads: headNotice });
const anyAnswer = z.looseObject({});

/**
 * Keeps the agent connected until `signal` aborts; then resolves.
 *
 * @param binding - whether the proofs are bound to the TLS connection
 * @param dialled - before there was a link
 * @param describe - what enrolment and attachment tell of the host
 * @param newestHead - of the server's history, as far as this agent knows it
 * @param remembered - effects that the journal holds, oldest first
 * @param onAttached - ends before the first command is asked for
 */
export async function runLink({
  url,
  binding,
  identity,
  enrolment,
  version,
  dialled,
  describe,
  newestHead,
  remembered,
  onAttached,
  onCommand,
  onHead,
  onDetached,
  log,
  signal,
  delays = defaultDelays,
}: {
  url: string;
  binding: Binding;
  identity: Identity;
  enrolment: Enrolment | undefined;
  version: string;
  dialled?: Dialled | undefined;
  describe: () => Promise<HostDescription>;
  newestHead: () => SignedHead | null;
  remembered: () => readonly Remembered[];
  onAttached: (session: Session) => Promise<void>;
  onCommand: (command: CommandEnvelope) => void;
  onHead: (notice: HeadNotice) => void;
  onDetached: () => void;
  log: Log;
  signal: AbortSignal;
  delays?: LinkDelays;
}): Promise<void> {
  let failures = 0;
  let waiting = dialled;

  const attach = async (
    connection: Connection,
    opening: Opening,
    { nonce: serverNonce, traces }: Acknowledgement,
  ): Promise<never> => {
    const { bootId, engineId } = await describe();
    const signature = identity.sign(agentProof(opening, serverNonce, { bootId, engineId }));
    const { attach: answer } = await connection.request(
      documents.attachDocument,
      { signature, bootId, engineId, head: newestHead() },
      attachAnswer,
    );
    connection.beat(answer.heartbeatSeconds * 1000);
    failures = 0;
    log.info({ host: opening.host }, 'attached to the server');
    await failpoint('link.attached');
    if (answer.recall) {
      log.warn('the server was restored: it is told what was carried out since');
      await connection.request(
        documents.recallDocument,
        { commands: remembered().slice(-recalledMost) },
        anyAnswer,
      );
    }
    await onAttached(sessionOf(connection));
    // An older server has none: that must not end the connection.
    connection
      .subscribe(documents.headsDocument, (data) => {
        const parsed = headsData.safeParse(data);
        if (parsed.success) onHead(parsed.data.heads);
      })
      .catch((error: unknown) => {
        if (error instanceof ServerRefusal)
          log.warn({ error: error.message }, 'the server sends no heads of its history');
      });
    const commands = traces === true ? documents.tracedCommandsDocument : documents.commandsDocument;
    return await connection.subscribe(commands, (data) => {
      const parsed = commandsData.safeParse(data);
      if (parsed.success) onCommand(parsed.data.commands);
      else log.error('the server sent a command that agent.graphql does not promise');
    });
  };

  const enrol = async (connection: Connection, { secret }: Enrolment, serverKey: string): Promise<void> => {
    const { hostname, engineId } = await describe();
    const input = { secret, publicKey: identity.publicKey, hostname, engineId };
    await failpoint('link.beforeEnrol');
    const { enrol: answer } = await connection.request(documents.enrolDocument, { input }, enrolAnswer);
    await failpoint('link.enrolled');
    identity.keep({ host: answer.host, serverKey });
    await failpoint('link.identityKept');
    log.info({ host: answer.host, name: answer.name }, 'enrolled');
  };

  // Another agent may have enrolled here since: then it was dialled under the wrong name.
  const takeDialled = (host: string): Dialled | undefined => {
    const taken = waiting;
    waiting = undefined;
    if (taken === undefined || taken.host === host) return taken;
    taken.connection.then((connection) => connection.close()).catch(() => {});
    return undefined;
  };

  const connectOnce = async (): Promise<void> => {
    const membership = identity.membership();
    const host = membership?.host ?? '';
    const trusted = membership ?? enrolment;
    if (trusted === undefined) throw new UntrustedServer('not enrolled, and no enrolment secret was given');
    const { nonce, connection: opening } = takeDialled(host) ?? dial({ url, binding, version, host });
    const connection = await opening;
    const close = (): void => connection.close();
    signal.addEventListener('abort', close);
    try {
      connection.beat(firstHeartbeatMs);
      const acknowledgement = acknowledgementShape.safeParse(connection.acknowledgement);
      if (!acknowledgement.success) throw new UntrustedServer('the server did not introduce itself');
      const known = { host, nonce, channel: channelOf(connection, acknowledgement.data, binding) };
      verifyServer(acknowledgement.data, trusted, known);
      if (membership !== undefined) await attach(connection, known, acknowledgement.data);
      else if (enrolment !== undefined) await enrol(connection, enrolment, acknowledgement.data.publicKey);
    } finally {
      signal.removeEventListener('abort', close);
      close();
      onDetached();
    }
  };

  while (!signal.aborted) {
    try {
      await connectOnce();
    } catch (error) {
      if (signal.aborted) break;
      const waitMs = isRefusal(error) ? delays.refusedMs : backOff(failures, delays);
      failures += 1;
      const text = { error: error instanceof Error ? error.message : String(error), waitMs };
      if (isRefusal(error)) log.error(text, 'the server refuses this agent, or is not the trusted one');
      else log.warn(text, 'no connection to the server');
      await delay(waitMs, undefined, { signal }).catch(() => {});
    }
  }
}

// Never what the server wishes: what this agent was told to insist on.
function channelOf(connection: Connection, acknowledgement: Acknowledgement, binding: Binding): string {
  if (acknowledgement.binding !== binding) {
    throw new UntrustedServer(
      'the server binds its proof otherwise than this agent asks: SKEP_AGENT_BINDING=none is for a proxy that ends the TLS',
    );
  }
  if (binding === 'none') return 'none';
  if (connection.channel === null) throw new UntrustedServer('there is no TLS connection to bind a proof to');
  return connection.channel;
}

function sessionOf(connection: Connection): Session {
  const send = async (document: string, variables: Record<string, unknown>): Promise<void> => {
    await connection.request(document, variables, anyAnswer);
  };
  return {
    report: (input) => send(documents.reportDocument, { input }),
    acknowledge: (command) => send(documents.acknowledgeDocument, { command }),
    complete: (command, ending) => send(documents.completeDocument, { input: { command, ...ending } }),
    notice: (input) => send(documents.noticeDocument, { input }),
    witness: (input) => send(documents.witnessDocument, { input }),
  };
}

// Full jitter would let some agents hammer: half of each wait is fixed.
function backOff(failures: number, { shortestMs, longestMs }: LinkDelays): number {
  const ceiling = Math.min(longestMs, shortestMs * 2 ** failures);
  return Math.round(ceiling * (0.5 + Math.random() / 2));
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof UntrustedServer ||
    error instanceof ServerRefusal ||
    (error instanceof ConnectionLost && (error.code === 4401 || error.code === 4403))
  );
}

// What happens to a command between its arrival and the server's confirmation of its result.
import { createHash } from 'node:crypto';
import { commandKinds } from './command-kinds.ts';
import {
  type CommandBody,
  type CommandEnvelope,
  type CommandName,
  type Completion,
  commandBody,
  type Ending,
} from './contract.ts';
import type { EngineTrace } from './engine-trace.ts';
import type { Execute } from './executors.ts';
import { failpoint } from './failpoints.ts';
import { CommandFailure, completionOf } from './failure.ts';
import type { Journal } from './journal.ts';
import { createLanes } from './lanes.ts';
import type { Session } from './link.ts';
import type { Log } from './log.ts';

const offerAgainMs = 1_000;

/** Takes commands from the link, carries them out and brings their results back. */
export interface Commands {
  /** A command arrived, for the first time or again. */
  receive(command: CommandEnvelope): void;
  /** The connection is attached: results not yet confirmed are sent again. */
  attached(session: Session): void;
  detached(): void;
  /** Resolves when the effects on this node that came so far have ended; undefined: there are none. */
  busy(node: string): Promise<void> | undefined;
  /** Begins no further command; resolves when the running effects have ended and their results were offered to the server. */
  stop(): Promise<void>;
}

/**
 * @param allow - command types that this agent carries out
 * @param traced - carries out, and tells of the calls of the engine, where the server asks for it
 * @param onEffect - called after each effect, whatever its outcome: the host may look different now, or with `isOfNode`
 * a node of the cluster, of which the result tells
 * @param now - monotonic milliseconds
 */
export function createCommands({
  journal,
  execute,
  allow,
  traced,
  log,
  onEffect,
  now = () => performance.now(),
}: {
  journal: Journal;
  execute: Execute;
  allow: ReadonlySet<CommandName>;
  traced: EngineTrace['during'];
  log: Log;
  onEffect: (isOfNode: boolean) => void;
  now?: () => number;
}): Commands {
  const results = new Map<string, Ending>();
  const pending = new Set<string>();
  let session: Session | undefined;
  const lanes = createLanes();
  let isStopping = false;

  for (const id of journal.interrupted()) journal.result(id, interruption());
  for (const { id, completion } of journal.unconfirmed()) results.set(id, completion);

  const offer = async (id: string): Promise<void> => {
    const completion = results.get(id);
    const receiver = session;
    if (receiver === undefined || completion === undefined) return;
    try {
      await failpoint('command.beforeReport');
      await receiver.complete(id, completion);
      await failpoint('command.reported');
      results.delete(id);
      if (journal.get(id) === undefined) return;
      journal.confirmed(id);
      await failpoint('command.confirmed');
    } catch (error) {
      log.warn({ command: id, error: messageOf(error) }, 'the server did not take a result yet');
      // Its disk may be full, or locked: the connection stands, and nobody else would bring the result.
      if (session === receiver && !isStopping) setTimeout(() => void offer(id), offerAgainMs).unref();
    }
  };

  const settle = async (id: string, completion: Ending): Promise<void> => {
    // Reads come every other second; what has an effect is worth a line.
    const level = journal.get(id) === undefined ? 'debug' : 'info';
    log[level]({ command: id, ...summaryOf(completion) }, 'command ended');
    results.set(id, completion);
    await offer(id);
  };

  const carryOut = (body: CommandBody, isTraced: boolean): Promise<Ending> =>
    isTraced ? traced(() => tryOut(body)) : tryOut(body);

  const tryOut = async (body: CommandBody): Promise<Ending> => {
    try {
      return { outcome: 'DONE', ...(await execute(body)) };
    } catch (error) {
      return completionOf(error, secretsOf(body));
    }
  };

  /** @param isFirstKept `accepted` is on the disk and was acknowledged; otherwise both come with `started`. */
  const runEffect = async (
    id: string,
    body: CommandBody,
    notAfter: number,
    isFirstKept: boolean,
    isTraced: boolean,
  ): Promise<void> => {
    if (isStopping) return;
    let completion: Ending | undefined = expiry(now(), notAfter);
    try {
      if (completion === undefined) {
        await failpoint('command.beforeStarted');
        journal.started(id);
        if (!isFirstKept) acknowledge(id);
        await failpoint('command.started');
        log.info({ command: id, kind: body.__typename }, 'command started');
        completion = await carryOut(body, isTraced);
        await failpoint('command.executed');
      }
      const { seen: _, engine: __, ...kept } = completion;
      journal.result(id, kept);
      await failpoint('command.resultWritten');
    } catch (error) {
      log.error({ command: id, error: messageOf(error) }, 'the journal could not be written');
      completion ??= journalFailure(error);
    }
    const settled = settle(id, completion);
    // The result comes first.
    onEffect(laneOf(body) !== null);
    await settled;
  };

  const receiveEffect = (id: string, body: CommandBody, expiresInMs: number, isTraced: boolean): void => {
    const notAfter = now() + expiresInMs;
    const known = journal.get(id);
    const lane = laneOf(body);
    // One that begins at once is on the disk as accepted when it is there as started.
    const isNext = lanes.isFree(lane);
    // Its result could not be written down, and the server has taken it: nothing is left to do.
    if (known?.state === 'started') return void settle(id, interruption());
    try {
      // Known and only accepted: an earlier process was stopped before it began. Nothing was sent: it may run now.
      failpoint('command.beforeAccepted');
      if (known === undefined) journal.accepted(id, journalled(body), !isNext);
      failpoint('command.accepted');
    } catch (error) {
      log.error({ command: id, error: messageOf(error) }, 'the journal could not be written');
      void settle(id, journalFailure(error));
      return;
    }
    if (!isNext) acknowledge(id);
    pending.add(id);
    void lanes
      .run(lane, () => runEffect(id, body, notAfter, !isNext, isTraced))
      .finally(() => pending.delete(id));
  };

  const receiveRead = async (
    id: string,
    body: CommandBody,
    expiresInMs: number,
    isTraced: boolean,
  ): Promise<void> => {
    pending.add(id);
    const completion = expiry(0, expiresInMs) ?? (await carryOut(body, isTraced));
    await settle(id, completion);
    // A read that nobody waits for any more is worth nothing, and its answer may be a secret.
    results.delete(id);
    pending.delete(id);
  };

  const acknowledge = (id: string): void => {
    session
      ?.acknowledge(id)
      .then(() => failpoint('command.acknowledged'))
      .catch((error: unknown) =>
        log.warn({ command: id, error: messageOf(error) }, 'acknowledgement not taken'),
      );
  };

  return {
    receive: ({ id, body, expiresInMs, trace: isTraced = false }) => {
      if (isStopping) return;
      failpoint('command.received');
      const known = journal.get(id)?.completion;
      if (known !== undefined) results.set(id, known);
      if (results.has(id)) return void offer(id);
      if (pending.has(id)) return acknowledge(id);
      const parsed = commandBody.safeParse(body);
      const kind = parsed.data?.__typename;
      if (!parsed.success && body.__typename in commandKinds) {
        return void settle(id, refusal('INVALID_ARGUMENT', `arguments of ${body.__typename} not understood`));
      }
      if (!parsed.success || kind === undefined || !allow.has(kind)) {
        return void settle(id, refusal('NOT_ALLOWED', `this agent does not carry out ${body.__typename}`));
      }
      if (commandKinds[kind] === 'effect') receiveEffect(id, parsed.data, expiresInMs, isTraced);
      else void receiveRead(id, parsed.data, expiresInMs, isTraced);
    },
    attached: (next) => {
      session = next;
      for (const id of results.keys()) void offer(id);
    },
    detached: () => {
      session = undefined;
    },
    busy: (node) => lanes.busy(node),
    stop: async () => {
      isStopping = true;
      await lanes.idle();
    },
  };
}

function laneOf(body: CommandBody): string | null {
  if ('service' in body) return `service:${body.service}`;
  if (body.__typename === 'CreateService') return `service:${body.serviceName}`;
  return body.__typename === 'UpdateNode' || body.__typename === 'RemoveNode' ? body.node : null;
}

function refusal(code: 'NOT_ALLOWED' | 'INVALID_ARGUMENT' | 'EXPIRED', message: string): Completion {
  return completionOf(new CommandFailure('REFUSED', code, message), []);
}

function interruption(): Completion {
  return completionOf(
    new CommandFailure('UNKNOWN', 'INTERRUPTED', 'the agent was stopped before it heard the answer'),
    [],
  );
}

function expiry(now: number, notAfter: number): Completion | undefined {
  return now < notAfter ? undefined : refusal('EXPIRED', 'the command waited longer than it may');
}

function journalFailure(error: unknown): Completion {
  const message = `the agent cannot write its journal: ${messageOf(error)}`;
  return completionOf(new CommandFailure('REFUSED', 'JOURNAL_FAILED', message), []);
}

function secretsOf(body: CommandBody): string[] {
  if ('env' in body) return (body.env ?? []).map(afterEquals).filter((value) => value.length > 3);
  if (body.__typename === 'JoinSwarm') return [body.token];
  // As it is sent, and as somebody may write it in a message: it is no longer than 1 MB.
  if (body.__typename === 'CreateSecret' || body.__typename === 'CreateConfig')
    return [body.value, Buffer.from(body.value, 'base64').toString('utf8')];
  return body.__typename === 'UnlockSwarm' ? [body.unlockKey] : [];
}

function withoutSecrets(body: CommandBody): object {
  if ('env' in body) return { ...body, env: undefined };
  if (body.__typename === 'JoinSwarm') return { ...body, token: undefined };
  if (body.__typename === 'CreateSecret' || body.__typename === 'CreateConfig')
    return { ...body, value: undefined };
  return body.__typename === 'UnlockSwarm' ? { ...body, unlockKey: undefined } : body;
}

/** Of `NAME=value`. */
function afterEquals(variable: string): string {
  return variable.slice(variable.indexOf('=') + 1);
}

function journalled(body: CommandBody): { kind: string; argsHash: string; args: unknown } {
  const { __typename: kind, ...args } = { ...withoutSecrets(body), __typename: body.__typename };
  const argsHash = createHash('sha256')
    .update(JSON.stringify({ kind, ...args }))
    .digest('hex');
  return { kind, argsHash, args };
}

function summaryOf(completion: Completion): object {
  return completion.outcome === 'DONE'
    ? { outcome: completion.outcome }
    : { outcome: completion.outcome, ...completion.failure };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

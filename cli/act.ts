// A change from asking for it to knowing how it ended.
import { randomUUID } from 'node:crypto';
import { Complaint } from './complaint.ts';
import { type Ending, endingOf, endingOfError, isFinal } from './exit-codes.ts';
import { follow, isAway, pauseForServer } from './follow.ts';
import type { Guard, OperationToldFragment, TypedDocumentString } from './generated/documents.ts';
import { createProgress } from './progress.ts';
import { describeDryRun, describeTrouble, printWarnings } from './report.ts';
import type { Session } from './session.ts';

/** What every act takes. */
export type ActOptions = {
  reason?: string;
  dryRun?: boolean;
  /** Seconds; false: not at all; undefined: until it has ended. */
  wait?: number | false;
  override?: Guard[];
  idempotencyKey?: string;
};

type CommonInput = {
  reason?: string | null | undefined;
  dryRun?: boolean | null | undefined;
  waitSeconds?: number | null | undefined;
  override?: Guard[] | null | undefined;
  idempotencyKey?: string | null | undefined;
};

type Answered = OperationToldFragment | { operation: OperationToldFragment };
/** A mutation of one field that gives an operation, or an operation with more beside it. */
export type ActDocument<Input, Answer extends Answered> = TypedDocumentString<
  Record<string, Answer>,
  { input: Input }
>;

export type Done<Answer> = { operation: OperationToldFragment; answer: Answer };

const operationOf = (answer: Answered): OperationToldFragment =>
  'operation' in answer ? answer.operation : answer;

/** Longest wait of one request when nobody says how long: proxies cut longer ones. The rest is waited by events. */
const requestSeconds = 45;
const longestRequestSeconds = 120;
/** After this long the operation is looked for, so that its progress can be shown and a Ctrl-C can name it. */
const lookAfterMs = 1_000;

/**
 * Sends one mutation and waits as long as was wanted. Ctrl-C ends the wait and names the operation, which goes on.
 *
 * @param secret the answer holds what is told once: it is not asked for a second time
 */
export const perform = async <Input extends CommonInput, Answer extends Answered>(
  session: Session,
  document: ActDocument<Input, Answer>,
  own: Omit<Input, keyof CommonInput>,
  options: ActOptions,
  { secret = false } = {},
): Promise<Done<Answer>> => {
  const began = Date.now();
  const limitMs =
    options.wait === false ? 0 : options.wait === undefined ? Number.POSITIVE_INFINITY : options.wait * 1_000;
  const dryRun = options.dryRun === true;
  const idempotencyKey = dryRun ? undefined : (options.idempotencyKey ?? randomUUID());
  const send = async (waitSeconds: number): Promise<Answer> => {
    const input = {
      ...own,
      reason: options.reason,
      dryRun: dryRun || undefined,
      override: options.override,
      idempotencyKey,
      waitSeconds,
    } as unknown as Input;
    const [answer] = Object.values(await session.ask(document, { input }));
    if (answer === undefined) throw new Complaint('failed', 'INTERNAL', 'the answer holds no operation');
    return answer;
  };
  const sendUntilAnswered = async (first: unknown): Promise<Answer> => {
    let why = first;
    while (!session.signal.aborted && Date.now() - began < limitMs) {
      await pauseForServer(session.signal);
      try {
        return await send(0);
      } catch (error) {
        if (!isAway(error)) throw error;
        why = error;
      }
    }
    throw why;
  };
  // The same key stands for the same operation, so asking again only looks at it.
  const look = async (): Promise<OperationToldFragment> => operationOf(await send(0));

  const progress = createProgress(session);
  let known: OperationToldFragment | null = null;
  const interrupted = new Promise<'interrupted'>((resolve) => {
    if (session.signal.aborted) resolve('interrupted');
    session.signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
  });
  const ended = new AbortController();
  const watchProgress = async (): Promise<void> => {
    known = await look();
    for await (const seen of follow(session, known.id, { signal: ended.signal })) {
      known = seen;
      progress.show(seen);
    }
  };
  const looking =
    dryRun || secret || limitMs === 0
      ? undefined
      : setTimeout(() => void watchProgress().catch(() => undefined), lookAfterMs);
  try {
    const first = send(
      limitMs === Number.POSITIVE_INFINITY
        ? requestSeconds
        : Math.min(limitMs / 1_000, longestRequestSeconds),
    ).catch(async (error: unknown) => {
      // It was taken on: a server that starts again knows it by its key.
      if (known === null || !isAway(error)) throw error;
      return sendUntilAnswered(error);
    });
    const answer = await Promise.race([first, interrupted]);
    if (answer === 'interrupted') {
      first.catch(() => undefined);
      throw await interruption(known ?? (dryRun ? null : await look().catch(() => null)));
    }
    known = operationOf(answer);
    const leftMs = limitMs - (Date.now() - began);
    if (!isFinal(known.state) && leftMs > 0) {
      const deadline = new AbortController();
      const timer =
        leftMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(() => deadline.abort(), leftMs);
      try {
        for await (const seen of follow(session, known.id, {
          signal: AbortSignal.any([deadline.signal, session.signal]),
          seen: true,
        })) {
          known = seen;
          progress.show(seen);
        }
      } catch (error) {
        if (!session.signal.aborted) throw error;
      } finally {
        clearTimeout(timer);
      }
      if (session.signal.aborted && !isFinal(known.state)) throw await interruption(known);
    }
    return { operation: known, answer };
  } finally {
    clearTimeout(looking);
    ended.abort();
    progress.end();
  }
};

const interruption = async (operation: OperationToldFragment | null): Promise<Complaint> =>
  operation === null
    ? new Complaint(
        'interrupted',
        'INTERRUPTED',
        'the wait was ended; the act may have been taken on',
        'see what is open: skep op ls --open',
      )
    : new Complaint(
        'interrupted',
        'INTERRUPTED',
        `the wait was ended; operation ${operation.id} goes on (${operation.state})`,
        `follow it: skep op wait ${operation.id}; cancel it: skep op cancel ${operation.id}`,
      );

/** Tells how it ended. @param lines what Docker would print; only when it succeeded */
export const tell = <Answer>(
  session: Session,
  { operation, answer }: Done<Answer>,
  lines: (operation: OperationToldFragment, answer: Answer) => readonly string[] = () => [],
): Ending => {
  const ending = endingOf(operation);
  printWarnings(session, operation);
  if (session.format === 'json') session.out(JSON.stringify(answer, null, 2));
  else if (ending === 'succeeded') {
    if (operation.dryRun) session.out(describeDryRun(operation));
    else for (const line of lines(operation, answer)) session.out(line);
  }
  if (ending !== 'succeeded') session.err(describeTrouble(operation));
  return ending;
};

/** Asks and tells. */
export const act = async <Input extends CommonInput, Answer extends Answered>(
  session: Session,
  document: ActDocument<Input, Answer>,
  own: Omit<Input, keyof CommonInput>,
  options: ActOptions,
  lines?: (operation: OperationToldFragment, answer: Answer) => readonly string[],
): Promise<Ending> => tell(session, await perform(session, document, own, options), lines);

/** What says that nothing was changed. */
const unchanged: readonly Ending[] = ['usage', 'refused', 'denied'];

/**
 * One after the other, until one does not succeed. What went before it is done: from then on nothing ends with an exit
 * code that says that nothing was changed.
 */
export const inTurn = async (
  session: Session,
  { dryRun }: ActOptions,
  acts: readonly (() => Promise<Ending>)[],
): Promise<Ending> => {
  for (const [done, next] of acts.entries()) {
    const isPart = done > 0 && !dryRun;
    const tellPart = (): void => session.err(`Done before it: ${done} of ${acts.length}.`);
    try {
      const ending = await next();
      if (ending === 'succeeded') continue;
      if (isPart) tellPart();
      return isPart && unchanged.includes(ending) ? 'failed' : ending;
    } catch (error) {
      if (!isPart) throw error;
      tellPart();
      throw inPart(error);
    }
  }
  return 'succeeded';
};

const inPart = (error: unknown): unknown => {
  const { name, message, code = 'INTERNAL', hint = null, ending } = error as Partial<Complaint>;
  const ended = name === 'SkepError' ? endingOfError(code) : ending;
  return ended !== undefined && unchanged.includes(ended)
    ? new Complaint('failed', code, message ?? '', hint)
    : error;
};

/** The same act on each of several, each with an idempotency key of its own, made of the one that was given. */
export const onEach = (
  session: Session,
  names: readonly string[],
  options: ActOptions,
  once: (name: string, options: ActOptions) => Promise<Ending>,
): Promise<Ending> =>
  inTurn(
    session,
    options,
    names.map((name) => () => {
      const { idempotencyKey: key } = options;
      const isOwn = key === undefined || names.length === 1;
      return once(name, isOwn ? options : { ...options, idempotencyKey: `${key} ${name}` });
    }),
  );

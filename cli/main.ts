// `skep`: from a command line to an exit code.
import { CommanderError } from 'commander';
import type { Outcome } from './command.ts';
import { codeOf } from './command.ts';
import { Complaint } from './complaint.ts';
import { type Ending, endingOfError } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { scrub } from './scrub.ts';

const say = (text: string): void => void process.stderr.write(`${scrub(text)}\n`);

/** What the client throws, known by name: its code is loaded only when a server is asked. */
type FromClient = Error & { code?: string; hint?: string | null; requestId?: string | null };

/** GraphQL's words for what a contract does not have. */
const isOfAnotherContract = (message: string): boolean =>
  /^Cannot query field |^Unknown (argument|type) |Field "\w+" is not defined by type /.test(message);

const because = (error: Error): string => {
  const cause = error.cause instanceof Error ? error.cause : null;
  if (!cause) return '';
  const inner = cause.cause instanceof Error ? cause.cause : cause;
  const code = (inner as NodeJS.ErrnoException).code;
  return ` (${code ?? inner.message})`;
};

const explain = (error: unknown): Ending => {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 'succeeded';
    return 'usage';
  }
  if (error instanceof Complaint) {
    say(`Error: ${error.code}: ${error.message}`);
    if (error.hint) say(`Hint: ${error.hint}`);
    return error.ending;
  }
  const { name, message, code = 'INTERNAL', hint, requestId } = error as FromClient;
  if (name === 'SkepUnreachable') {
    say(`Error: UNREACHABLE: ${message}${because(error as Error)}`);
    say(
      'Hint: is the server up, and the address right, http or https? skep context show; an act that was sent may be done: skep op ls',
    );
    return 'unreachable';
  }
  if (name === 'SkepError') {
    say(`Error: ${code}: ${message}`);
    // The contract's own hint is about a header.
    if (code === 'UNAUTHENTICATED')
      say('Hint: is the key right, and neither expired nor revoked? Where it is from: skep context show');
    else if (hint) say(`Hint: ${hint}`);
    // What this command asks is right for the server that it was built with.
    if (isOfAnotherContract(message)) {
      say('Hint: the server is of another version than this command, and does not know that: skep version');
      return 'failed';
    }
    if (code === 'INTERNAL' && requestId) say(`Request: ${requestId}`);
    return endingOfError(code);
  }
  if (name === 'AbortError') return 'interrupted';
  say(`Error: INTERNAL: ${error instanceof Error ? error.message : String(error)}`);
  return 'failed';
};

const interrupt = new AbortController();
const outcome: Outcome = { ending: 'succeeded' };
// The first Ctrl-C ends a wait in order; the second one ends the process.
process.once('SIGINT', () => {
  interrupt.abort();
  process.once('SIGINT', () => process.exit(codeOf('interrupted')));
});
// `skep node ls | head -1`: who reads has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  say(`Error: OUTPUT_LOST: what was to be printed could not be written (${error.code})`);
  say('Hint: an act is done all the same: skep op ls');
  process.exit(codeOf('failed'));
});

const run = async (): Promise<Ending> => {
  try {
    const program = createProgram({ outcome, signal: interrupt.signal, env: process.env }, process.argv[2]);
    if (process.argv[2] === 'complete' && process.argv[3] === '--') {
      const { complete } = await import('./complete.ts');
      await complete(program, process.argv.slice(4), process.env);
    } else await program.parseAsync(process.argv);
    return outcome.ending;
  } catch (error) {
    return explain(error);
  }
};

run().then((ending) => {
  process.exitCode = codeOf(ending);
  // A write that failed is told of in a later turn.
  process.stdout.write('', () => setImmediate(() => process.exit()));
});

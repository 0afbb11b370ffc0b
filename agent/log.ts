// The agent's log: JSON lines on standard output, every line scrubbed of secrets as a whole.
import { type Logger, pino } from 'pino';
import { scrub } from './scrub.ts';

/** What the agent logs to. */
export type Log = Logger;

/**
 * A pino logger whose finished lines pass `scrub`: pino's redact paths miss a token inside a message or an error text.
 *
 * @param write - takes one line with its newline; standard output by default
 */
export function createLog({
  level = 'info',
  write = (line) => process.stdout.write(line),
}: {
  level?: string;
  write?: (line: string) => void;
} = {}): Log {
  return pino({ level, base: { service: 'skep-agent' } }, { write: (line: string) => write(scrub(line)) });
}

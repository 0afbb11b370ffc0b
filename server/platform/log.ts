// The server's log: JSON lines by pino, with secrets taken out on the way to their destination.
import { pino } from 'pino';
import { scrub } from './secrets.ts';

/** A pino logger. Levels are pino's: trace, debug, info, warn, error, fatal. */
export type Log = pino.Logger;

/** What {@link createLog} takes. */
export type LogOptions = {
  /** The lowest level that is written; `silent` for none. */
  readonly level: pino.LevelWithSilent;
  /** One readable line instead of JSON, for a terminal. Default false. */
  readonly pretty?: boolean;
  /** Where lines go, each with its line end. Default: standard output. */
  readonly destination?: pino.DestinationStream;
};

/** Makes the log. Every line passes {@link scrub} as a whole, whichever field, message or stack it came from. */
export const createLog = ({ level, pretty = false, destination = pino.destination(1) }: LogOptions): Log =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => destination.write(scrub(pretty ? readable(line) : line)) },
  );

const readable = (line: string): string => {
  const { time, level, msg, err, ...rest }: Record<string, unknown> = JSON.parse(line);
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${err.stack}` : '';
  const details = Object.entries(rest).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  return `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${msg ?? ''}${details.join('')}${stack}\n`;
};

// What the demo can be told on the command line.
import { parseArgs } from 'node:util';

export const usage = `npm run demo -- [options]: a swarm formed and managed through Skep, on this machine.

  --hosts N     how many hosts, 1 to 50; default 3
  --idle        stop before a swarm is formed
  --port PORT   of the server; default 4000, or a free one where that is taken
  --keep        keep the history of the demo before (data/demo); by default each starts empty
  --help        this

SKEP_ENGINES=simulated takes simulated engines also where real ones can run.
SKEP_DEMO_DATA=FOLDER is where data and demo.json go, instead of data/.`;

/** @property port null: 4000, or a free one. */
export type DemoOptions = { hosts: number; idle: boolean; port: number | null; keep: boolean; help: boolean };

const wholeNumber = (name: string, text: string, least: number, most: number): number => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`--${name} is a whole number from ${least} to ${most}, not «${text}»`);
};

/** @throws Error with a sentence for the person at the keyboard. */
export const readOptions = (args: readonly string[]): DemoOptions => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      hosts: { type: 'string', default: '3' },
      idle: { type: 'boolean', default: false },
      port: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    hosts: wholeNumber('hosts', values.hosts, 1, 50),
    idle: values.idle,
    port: values.port === undefined ? null : wholeNumber('port', values.port, 1, 65_535),
    keep: values.keep,
    help: values.help,
  };
};

// What the agent says about itself instead of starting.
import { flags } from './config.ts';

const help = (): string => {
  const rows = Object.keys(flags).map(
    (flag) => `  --${flag.padEnd(16)} SKEP_AGENT_${flag.toUpperCase().replaceAll('-', '_')}`,
  );
  return `The agent of Skep: joins this host's Docker Engine to a Skep server, and runs until it is told to end (SIGTERM).

  skep-agent [--FLAG VALUE …]
  skep-agent --version | --help

A flag goes before its variable; SKEP_AGENT_SERVER has to be given, and at the first start an enrolment:
SKEP_AGENT_ENROLMENT, or a file that holds it. docs/configuration.md says what each is.

${rows.join('\n')}
`;
};

/** What to print and end with 0; null: the agent is to start. */
export function readUsage(args: readonly string[], version: string): string | null {
  if (args.length !== 1) return null;
  if (args[0] === '--version') return `skep-agent ${version}\n`;
  return args[0] === '--help' ? help() : null;
}

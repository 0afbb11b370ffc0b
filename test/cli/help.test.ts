// The help of every command: its flags are all there, and its examples are command lines that it takes.
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../cli/program.ts';

const program = createProgram({
  outcome: { ending: 'succeeded' },
  signal: new AbortController().signal,
  env: {},
});

const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
const commandsOf = (command: Command): Command[] => [command, ...command.commands.flatMap(commandsOf)];
const all = commandsOf(program);
const leaves = all.filter((command) => command.commands.length === 0 || command.name() === 'audit');

/** As `--help` prints it, with the text after it. */
const helpOf = (command: Command): string => {
  let text = '';
  const earlier = process.stdout.write;
  process.stdout.write = (chunk) => {
    text += chunk;
    return true;
  };
  try {
    command.outputHelp();
  } finally {
    process.stdout.write = earlier;
  }
  return text;
};

const examplesIn = (help: string): string[] =>
  [...(help.split('\nExamples:\n')[1] ?? '').matchAll(/^ {2}skep (.*)$/gm)].map(([, line = '']) => line);

describe('help', () => {
  it('is there for all commands', () => {
    expect(leaves.length).toBeGreaterThan(85);
  });

  it.each(all.map((command) => [pathOf(command), command] as const))('%s', (path, command) => {
    const help = helpOf(command);
    expect(help).toContain(`Usage: ${path}`);
    expect(command.description()).not.toBe('');
    for (const { long } of command.options) expect(help).toContain(long);
    for (const child of command.commands) expect(help).toContain(child.name());
    if (!leaves.includes(command)) return;
    const examples = examplesIn(help);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const words = [...example.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));
      const named = all.find(
        (each) => pathOf(each) === `skep ${words.slice(0, 2).join(' ')}` && each.commands.length === 0,
      );
      const asked = named ?? all.find((each) => pathOf(each) === `skep ${words[0]}`);
      expect(asked, example).toBeDefined();
      for (const flag of words.filter((word) => /^--?[a-z]/.test(word)))
        if (!example.includes('|'))
          expect(
            asked?.options.some(({ long, short }) => [long, short].includes(flag)),
            `${flag} of ${example}`,
          ).toBe(true);
    }
  });

  it('acts have all that every act takes', () => {
    const acts = leaves.filter(({ options }) => options.some(({ long }) => long === '--dry-run'));
    expect(acts.length).toBeGreaterThan(48);
    for (const { options } of acts)
      expect(options.map(({ long }) => long)).toEqual(
        expect.arrayContaining(['--reason', '--wait', '--no-wait', '--override', '--idempotency-key']),
      );
  });
});

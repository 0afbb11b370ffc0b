// What the agents were told to do, by their own journals: how tests find a command that took effect twice.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Member } from './system.ts';

export type JournalLine = {
  state: 'accepted' | 'started' | 'result' | 'confirmed';
  id: string;
  at: number;
  kind?: string;
  args?: Record<string, unknown>;
  completion?: { outcome: string; result?: any; failure?: { code: string; message: string } };
};

/** All lines of an agent's journal, oldest first. */
export const readJournal = ({ agent }: Member): JournalLine[] => {
  const path = join(agent.stateDir, 'journal.jsonl');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
};

/** Ids of commands that an agent began more than once. */
export const begunTwice = (members: readonly Member[]): string[] => {
  const begun = members.flatMap((member) =>
    readJournal(member)
      .filter(({ state }) => state === 'started')
      .map(({ id }) => id),
  );
  return begun.filter((id, index) => begun.indexOf(id) !== index);
};

/** Commands that changed something, by what they did: kind, arguments, answer. */
export const effects = (
  members: readonly Member[],
): { kind: string; args: any; outcome: string; result: any }[] =>
  members.flatMap((member) => {
    const lines = readJournal(member);
    return lines.flatMap(({ state, id, kind, args }) => {
      const completion = lines.find((line) => line.id === id && line.state === 'result')?.completion;
      return state === 'accepted' && kind !== undefined
        ? [{ kind, args, outcome: completion?.outcome ?? 'NONE', result: completion?.result }]
        : [];
    });
  });

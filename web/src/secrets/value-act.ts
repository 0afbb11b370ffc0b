// Acts that take a value which is kept nowhere: the dry run gets as many zeros instead.
import type { Act, ActMutation } from '../acting/act.ts';
import type { Ask } from '../live/transport.ts';

/** As the server counts it: in bytes. */
export const sizeOf = (value: string): number => new TextEncoder().encode(value).length;

/** A value, and how often it was changed: of the two the act's key has the second alone. */
export type Given = { value: string; edits: number };

/** @param onSent the value is not needed any longer. */
export const createValueAct = <Input extends object>(
  ask: Ask,
  document: ActMutation<Input & { value: string }>,
  input: Input,
  { value, edits }: Given,
  onSent: () => void,
  about: Pick<Act, 'title' | 'subject' | 'meaning' | 'permission'>,
): Act => ({
  ...about,
  key: JSON.stringify([input, edits]),
  run: async (asked) => {
    // What is judged is its size; the value goes over the line once, when it is meant.
    const sent = asked.dryRun ? '0'.repeat(sizeOf(value)) : value;
    const { act } = await ask(document, { input: { ...input, value: sent, ...asked } });
    if (!asked.dryRun) onSent();
    return act;
  },
});

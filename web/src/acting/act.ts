// What the console can do, as values: one dialog asks for all of them.
import type { Guard } from '../../generated/documents.ts';
import type { LiveOperation } from '../live/store.ts';
import type { Ask, TypedDocument } from '../live/transport.ts';

/** The arguments that every mutation takes. */
export type ActArguments = {
  reason?: string | null;
  dryRun?: boolean | null;
  waitSeconds?: number | null;
  override?: Guard[] | null;
  idempotencyKey?: string | null;
};

export type ActMutation<Input> = TypedDocument<{ act: LiveOperation }, { input: Input & ActArguments }>;

/** One act, ready to be asked for: its input is complete but for what the dialog asks. */
export type Act = {
  /** Of the menu and the dialog: `Drain`. */
  title: string;
  /** Upon what: `worker-1`, `3 nodes`. */
  subject: string;
  /** What it means, in a sentence. */
  meaning: string;
  permission: string;
  /** Other text: another act, whose dry run is asked for anew. */
  key: string;
  /** Runs the mutation with the dialog's arguments; with dryRun nothing is done. */
  run: (asked: ActArguments) => Promise<LiveOperation>;
  /** To be typed before it is done: the hostname of what is destroyed. */
  confirm?: string | null;
};

/** Refused by guards, which an operator may override with a reason, and by nothing else. */
export const isOverridable = ({ state, guards }: LiveOperation): boolean =>
  state === 'REFUSED' && guards.length > 0;

/** An act upon one mutation's input. */
export const createAct = <Input extends object>(
  ask: Ask,
  document: ActMutation<Input>,
  input: Input,
  about: Pick<Act, 'title' | 'subject' | 'meaning' | 'permission' | 'confirm'>,
): Act => ({
  ...about,
  key: JSON.stringify(input),
  run: async (asked) => (await ask(document, { input: { ...input, ...asked } })).act,
});

// Keeps what a test asked for and how it ended, to be found again in the audit log.
import { expect } from 'vitest';
import type { Ask } from '../../lab/client.ts';
import type { Perform, Performed } from './perform.ts';

export type Said = {
  action: string;
  reason: string;
  targets: (string | null)[];
  outcome: string;
  failure: { code: string } | null;
};

export type Transcript = {
  readonly said: readonly Said[];
  /** Asks, with a reason of its own, and checks how it ended. */
  act(
    mutation: string,
    input: Record<string, unknown>,
    expected: { targets: (string | null)[]; outcome?: string; code?: string },
  ): Promise<Performed>;
};

export const createTranscript = (perform: Perform): Transcript => {
  const said: Said[] = [];
  return {
    said,
    act: async (mutation, input, { targets, outcome = 'SUCCEEDED', code }) => {
      const reason = `step ${said.length + 1}`;
      const failure = code === undefined ? null : { code };
      said.push({ action: mutation, reason, targets, outcome, failure });
      const done = await perform(mutation, { ...input, reason });
      expect(done, `${mutation} ended otherwise`).toMatchObject({ state: outcome, failure, reason });
      return done;
    },
  };
};

const recordFields =
  'seq at phase action outcome actor { kind id name } cluster { id } targets { kind id name } reason failure { code message } durationMs operationId requestId sourceAddress changes { path old new } input hash previousHash';

/** The history that fits, oldest first; at most 10,000 records. */
export const readHistory = async (
  ask: Ask,
  filter: Record<string, unknown> = {},
): Promise<Record<string, any>[]> => {
  const records: Record<string, any>[] = [];
  let after: string | null = null;
  for (let page = 0; page < 100; page += 1) {
    const { auditLog }: Record<string, any> = await ask(
      `query($filter: AuditFilter, $after: String) { auditLog(filter: $filter, first: 100, after: $after) { edges { node { ${recordFields} } } pageInfo { hasNextPage endCursor } } }`,
      { filter, after },
    );
    records.push(...auditLog.edges.map(({ node }: { node: Record<string, any> }) => node));
    if (!auditLog.pageInfo.hasNextPage) break;
    after = auditLog.pageInfo.endCursor;
  }
  return records.reverse();
};

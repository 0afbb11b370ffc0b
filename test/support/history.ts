// The audit and the operations, asked through the API: what tests of promises look at.
import type { Ask } from '../../lab/client.ts';

export type AuditRecord = {
  seq: number;
  at: string;
  phase: string;
  action: string;
  outcome: string | null;
  actor: { kind: string };
  operationId: string | null;
  targets: { kind: string; id: string | null; name: string }[];
  changes: { path: string; old: unknown; new: unknown }[];
  input: any;
  failure: { code: string } | null;
};

const recordFields =
  'seq at phase action outcome actor { kind } operationId targets { kind id name } changes { path old new } input failure { code }';

/** All records that fit, oldest first; pages as any client does. */
export const readAudit = async (ask: Ask, filter: Record<string, unknown> = {}): Promise<AuditRecord[]> => {
  const records: AuditRecord[] = [];
  let after: string | null = null;
  do {
    const { auditLog }: Record<string, any> = await ask(
      `query($filter: AuditFilter, $after: String) { auditLog(filter: $filter, first: 100, after: $after) { edges { node { ${recordFields} } } pageInfo { hasNextPage endCursor } } }`,
      { filter, after },
    );
    records.push(...auditLog.edges.map(({ node }: { node: AuditRecord }) => node));
    after = auditLog.pageInfo.hasNextPage ? auditLog.pageInfo.endCursor : null;
  } while (after !== null);
  return records.reverse();
};

/** What somebody did without Skep, oldest first. */
export const readExternal = async (ask: Ask, afterSeq = 0): Promise<AuditRecord[]> =>
  (await readAudit(ask, { phase: ['OBSERVED'] })).filter(
    ({ actor, action, seq }) => actor.kind === 'EXTERNAL' && action !== 'clusterDiscovered' && seq > afterSeq,
  );

/** The newest record's number. */
export const auditHead = async (ask: Ask): Promise<number> =>
  (await ask('{ verifyAudit { ok checked head { seq } fault { seq message } } }')).verifyAudit.head?.seq ?? 0;

/**
 * What is wrong with the history, in sentences; empty: the chain holds, and each intent has exactly one outcome, which
 * is its operation's final state.
 */
export const faultsOfHistory = async (ask: Ask): Promise<string[]> => {
  const { verifyAudit } = await ask('{ verifyAudit { ok checked fault { seq message } } }');
  const faults: string[] = verifyAudit.ok ? [] : [`the chain breaks: ${JSON.stringify(verifyAudit.fault)}`];
  const records = await readAudit(ask);
  records.forEach(({ seq }, index) => {
    if (seq !== index + 1) faults.push(`record ${index + 1} has number ${seq}`);
  });
  const intents = records.filter(({ phase }) => phase === 'INTENT');
  const outcomes = records.filter(({ phase }) => phase === 'OUTCOME');
  for (const { operationId, action } of intents) {
    const own = outcomes.filter((outcome) => outcome.operationId === operationId);
    if (own.length !== 1) faults.push(`${action} ${operationId} has ${own.length} outcomes`);
    const { operation } = await ask('query($id: ID!) { operation(id: $id) { state endedAt } }', {
      id: operationId,
    });
    if (operation.state !== own[0]?.outcome)
      faults.push(`${action} ${operationId} is ${operation.state}, its outcome says ${own[0]?.outcome}`);
  }
  for (const { operationId, action } of outcomes)
    if (!intents.some((intent) => intent.operationId === operationId))
      faults.push(`${action} ${operationId} has an outcome and no intent`);
  return faults;
};

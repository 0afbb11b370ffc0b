// Held against one another: what clients were told, the operations, the audit records, the commands. Empty: no fault.
import type { Ask } from '../../lab/client.ts';
import type { Call } from './clients.ts';
import type { Stored } from './database.ts';

const finals = new Set(['SUCCEEDED', 'FAILED', 'REFUSED', 'CANCELLED', 'UNRESOLVED']);

/** The chain holds, without a gap; each intent has one outcome, which is its operation's state (promises 1, 2 and 8). */
export const checkAudit = async (ask: Ask, { records, operations }: Stored): Promise<string[]> => {
  const faults: string[] = [];
  const { verifyAudit } = await ask('{ verifyAudit { ok fault { seq message } } }');
  if (!verifyAudit.ok) faults.push(`the audit chain breaks: ${JSON.stringify(verifyAudit.fault)}`);
  records.forEach(({ seq }, index) => {
    if (seq !== index + 1) faults.push(`audit record ${index + 1} has number ${seq}`);
  });
  const intents = new Map<string, number>();
  const outcomes = new Map<string, string[]>();
  for (const { phase, operationId, outcome } of records) {
    if (operationId === null) continue;
    if (phase === 'INTENT') intents.set(operationId, (intents.get(operationId) ?? 0) + 1);
    if (phase === 'OUTCOME') outcomes.set(operationId, [...(outcomes.get(operationId) ?? []), `${outcome}`]);
  }
  for (const { id, action, state } of operations) {
    if (intents.get(id) !== 1) faults.push(`${action} ${id} has ${intents.get(id) ?? 0} intents on record`);
    const told = outcomes.get(id) ?? [];
    if (finals.has(state) && (told.length !== 1 || told[0] !== state))
      faults.push(`${action} ${id} is ${state}, its outcomes on record are [${told.join(', ')}]`);
    if (!finals.has(state) && told.length > 0) faults.push(`${action} ${id} is ${state} and has an outcome`);
  }
  const known = new Set(operations.map(({ id }) => id));
  for (const id of [...intents.keys(), ...outcomes.keys()])
    if (!known.has(id)) faults.push(`a record speaks of operation ${id}, which does not exist`);
  return faults;
};

/** Every answer that a client got is on record, says the same, and each intent was one operation (promises 1 and 2). */
export const checkAnswers = (calls: readonly Call[], { operations, records }: Stored): string[] => {
  const faults: string[] = [];
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  const recorded = new Set(records.map(({ operationId, phase }) => `${phase} ${operationId}`));
  for (const { mutation, input, operation, error, until } of calls) {
    if (until === 0) continue;
    const what = `${mutation} (${input.idempotencyKey})`;
    if (error?.code === 'INTERNAL') faults.push(`${what} was answered INTERNAL: ${error.message}`);
    if (!operation) {
      if (!error) faults.push(`${what} was never answered`);
      continue;
    }
    const stored = byId.get(operation.id);
    if (!stored || !recorded.has(`INTENT ${operation.id}`)) {
      faults.push(`${what} was answered with operation ${operation.id}, which is not on record`);
      continue;
    }
    if (finals.has(operation.state) && stored.state !== operation.state)
      faults.push(`${what} was told ${operation.state}, on record it is ${stored.state}`);
    if (stored.idempotencyKey !== input.idempotencyKey)
      faults.push(`${what} was answered with the operation of ${stored.idempotencyKey}`);
  }
  return faults;
};

/** All have ended; a refused one has sent nothing; one whose effect is not known says so (promises 2 and 4). */
export const checkEnds = ({ operations, commands }: Stored): string[] => {
  const faults: string[] = [];
  const sent = new Set(commands.map(({ operationId }) => operationId));
  for (const { id, action, state, failure, targets } of operations) {
    const what = `${action} ${id}`;
    if (!finals.has(state)) faults.push(`${what} has not ended: ${state}`);
    if (state === 'REFUSED' && sent.has(id)) faults.push(`${what} is REFUSED and has sent a command`);
    if (failure?.code === 'INTERNAL') faults.push(`${what} ended ${state} by a defect: ${failure.message}`);
    if (state === 'SUCCEEDED')
      for (const target of targets)
        if (target.state !== 'SUCCEEDED' && target.state !== 'SKIPPED')
          faults.push(`${what} SUCCEEDED, its target ${target.name} is ${target.state}`);
    if (state === 'UNRESOLVED' && !targets.some((target) => target.state === 'UNKNOWN'))
      faults.push(`${what} is UNRESOLVED and names no target that is not known`);
  }
  return faults;
};

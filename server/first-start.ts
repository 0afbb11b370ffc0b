// The first key of a new database.
import { type ApiKeys, firstKey, newKeyId } from './access/api-keys.ts';
import { system } from './audit/actor.ts';
import type { Audit } from './audit/record.ts';
import type { Events } from './platform/events.ts';

/** @param show told the key once, as soon as it is stored. */
export const makeFirstKey = async (
  { apiKeys, events, audit }: { apiKeys: ApiKeys; events: Events; audit: Audit },
  show: (key: string) => void,
): Promise<void> => {
  if (apiKeys.list().length > 0) return;
  const made = await apiKeys.create(newKeyId(), firstKey);
  show(made.secret);
  await events.transact(async (tx, emit) => {
    const targets = [{ kind: 'API_KEY', id: made.key.id, name: made.key.name }];
    await audit.append(tx, emit, { phase: 'OBSERVED', action: 'firstStart', actor: system, targets });
  });
};

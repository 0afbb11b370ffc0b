// sealAudit: takes the older part of the history out of the database, into sealed files.
import * as z from 'zod';
import type { SealHistory } from '../audit/seal-history.ts';
import { Failure } from '../platform/failure.ts';
import { type Action, allClear } from './action.ts';

type Input = { before: Date };
type Plan = { upTo: number };

export const sealAuditAction = (sealHistory: SealHistory): Action<Input, Plan> => ({
  name: 'sealAudit',
  permission: 'audit:seal',
  input: z.object({ before: z.coerce.date() }),
  resolve: async ({ before }) => {
    const upTo = await sealHistory.lastBefore(before);
    if (upTo === null)
      throw new Failure('NOT_FOUND', 'no record that is not sealed is older', 'name a later moment');
    return {
      clusterId: null,
      plan: { upTo },
      targets: [{ kind: 'AUDIT', id: null, name: `records up to ${upTo}` }],
      locks: ['audit'],
    };
  },
  judge: async () => allClear,
  // Run again from the top it goes on: what is sealed is not sealed again, only deleted.
  act: (run, { upTo }) =>
    run.each(
      async () =>
        void (await run.step(
          'seal',
          null,
          () => sealHistory.upTo(upTo),
          (seals) => `${seals.length} files: ${seals.map(({ file }) => file).join(', ')}`,
        )),
    ),
});

// A delivery that cannot even be tried waits like one that was not taken.
import { expect, it } from 'vitest';
import { createClock } from '../../server/platform/clock.ts';
import { createLog } from '../../server/platform/log.ts';
import { createDeliver } from '../../server/webhooks/deliver.ts';
import { newSecret } from '../../server/webhooks/webhook.ts';
import { until } from '../support/until.ts';

it('that fails in an unforeseen way is tried once, and put off', async () => {
  const webhook = {
    id: 'w',
    url: 'https://x',
    secrets: [{ text: newSecret(), until: null }],
    disabled: null,
    clusters: null,
  };
  const delivery = { id: 'msg_1', webhookId: 'w', clusterId: null, body: '{}', tries: 0, attempts: [] };
  let isDue = true;
  let tried = 0;
  let looks = 0;
  const changes: Record<string, unknown>[] = [];
  const deliver = createDeliver({
    webhooks: {
      list: () => [webhook],
      find: () => webhook,
      onChange: () => undefined,
      change: async (_: string, change: (of: object) => unknown, also: (...args: unknown[]) => unknown) => {
        change({ ...webhook, failingSince: null });
        await also(null, null, webhook);
      },
    } as never,
    deliveries: {
      prune: async () => undefined,
      due: async () => {
        looks += 1;
        return isDue ? [delivery] : [];
      },
      nextDue: async () => null,
      change: (_: unknown, id: string, changed: object) => {
        isDue = false;
        changes.push({ id, ...changed });
      },
    } as never,
    post: async () => {
      tried += 1;
      throw new TypeError('unforeseen');
    },
    audit: {} as never,
    retrySeconds: [5],
    disableAfterMs: 1_000,
    clock: createClock(),
    log: createLog({ level: 'silent' }),
  });
  await until(() => changes.length > 0 && looks > 1, 'it is on record, and was looked for again', 3_000);
  await deliver.stop();
  expect(tried).toBe(1);
  expect(changes).toMatchObject([
    { id: 'msg_1', state: 'PENDING', tries: 1, attempts: [{ error: 'BROKEN' }] },
  ]);
});

// `skep webhook`, what was sent: a test, the log of deliveries, and sending one again.
import type { Command } from 'commander';
import { act, perform, tell } from '../act.ts';
import { leaf, manyParsed, parsed, plain, type Setting } from '../command.ts';
import { webhookNamed } from '../find.ts';
import {
  DeliveriesDocument,
  type DeliveryToldFragment,
  RedeliverDocument,
  TestWebhookDocument,
  type WebhookDeliveryState,
} from '../generated/documents.ts';
import { ago, type Column, capitalised, printList } from '../print.ts';
import { parseCountFromOne, parseWord } from '../values.ts';

type Attempt = DeliveryToldFragment['attempts'][number];

/** The status, or why there was none. */
const outcomeOf = (attempt: Attempt | undefined): string =>
  attempt ? String(attempt.status ?? capitalised(attempt.error ?? '')) : '';

const columns: Column<DeliveryToldFragment>[] = [
  ['ID', ({ id }) => id],
  ['TYPE', ({ type }) => type],
  ['STATE', ({ state }) => capitalised(state)],
  ['CREATED', ({ createdAt }) => ago(createdAt)],
  ['ATTEMPTS', ({ attempts }) => String(attempts.length)],
  ['LAST ANSWER', ({ attempts }) => outcomeOf(attempts.at(-1))],
  ['NEXT', ({ nextAttemptAt }) => nextAttemptAt ?? ''],
];

/** @param webhook the group of `skep webhook` */
export const addWebhookDeliveries = (setting: Setting, webhook: Command): void => {
  leaf(
    setting,
    webhook,
    'test <webhook>',
    {
      summary: 'Post one message of the type webhook.test, and tell how it went',
      acts: true,
      examples: ['webhook test pager'],
    },
    plain,
    async (session, [ref = ''], options) => {
      const { id } = await webhookNamed(session, ref);
      const done = await perform(session, TestWebhookDocument, { id }, options);
      return tell(session, done, (_, { delivery }) => {
        const last = delivery?.attempts.at(-1);
        if (session.quiet) return delivery ? [delivery.id] : [];
        return [last ? `It was taken: ${outcomeOf(last)}, after ${last.durationMs} ms.` : 'It was taken.'];
      });
    },
  );

  leaf<{ state?: WebhookDeliveryState[]; last?: number }>(
    setting,
    webhook,
    'deliveries <webhook>',
    {
      summary: 'List what was sent to a webhook, the newest first',
      examples: ['webhook deliveries pager', 'webhook deliveries pager --state failed -q'],
    },
    (command) =>
      command
        .addOption(
          manyParsed(
            '--state <state>',
            'only pending, failed or succeeded; may be repeated',
            parseWord('PENDING', 'FAILED', 'SUCCEEDED'),
          ),
        )
        .addOption(parsed('-n, --last <count>', 'so many, at most 100; default 20', parseCountFromOne)),
    async (session, [ref = ''], { state, last = 20 }) => {
      const { id } = await webhookNamed(session, ref);
      const { webhook: found } = await session.ask(DeliveriesDocument, { id, first: last, state });
      printList(session, found?.deliveries.edges.map(({ node }) => node) ?? [], columns);
      return 'succeeded';
    },
  );

  leaf(
    setting,
    webhook,
    'redeliver <delivery>',
    {
      summary: 'Send a delivery again, by the same id and with all its tries',
      acts: true,
      examples: ["webhook redeliver 0194f0e2-6cb8-7d3c-8f0a-1f2e3d4c5b6a --reason 'the receiver was down'"],
    },
    plain,
    async (session, [delivery = ''], options) =>
      act(session, RedeliverDocument, { delivery }, options, () => [delivery]),
  );
};

// `skep webhook`: who is told of alarms. An address may hold a secret: it comes from a file or standard input.
import { type Command, Option } from 'commander';
import { act, onEach, perform, tell } from '../act.ts';
import { group, leaf, parsed, plain, repeated, type Setting } from '../command.ts';
import { misuse } from '../complaint.ts';
import { theCluster, webhookNamed } from '../find.ts';
import {
  type AlarmKind,
  CreateWebhookDocument,
  DeleteWebhookDocument,
  RotateWebhookSecretDocument,
  UpdateWebhookDocument,
  WebhooksDocument,
  type WebhookToldFragment,
} from '../generated/documents.ts';
import { checkOutput, keepSecret } from '../keep-secret.ts';
import { ago, type Column, capitalised, printList } from '../print.ts';
import { kebab } from '../report.ts';
import type { Session } from '../session.ts';
import { parseDuration, parseWord, readKey } from '../values.ts';
import { addWebhookDeliveries } from './webhook-deliveries.ts';

/** All that --alarm takes. */
export const alarmKinds = [
  'AGENT_SILENT',
  'AUDIT_UNAVAILABLE',
  'CLUSTER_SPLIT',
  'FLEET_DRIFT',
  'NODE_DOWN',
  'OPERATION_FAILED',
  'QUORUM_AT_RISK',
  'QUORUM_LOST',
  'TOKEN_OVERDUE',
] as const satisfies readonly AlarmKind[];

const columns: Column<WebhookToldFragment>[] = [
  ['ID', ({ id }) => id],
  ['NAME', ({ name }) => name],
  ['HOST', ({ host }) => host],
  ['ALARMS', ({ alarms }) => alarms.map(kebab).join(',')],
  ['CLUSTERS', ({ clusters }) => clusters?.join(',') ?? 'all'],
  ['CREATED', ({ createdAt }) => ago(createdAt)],
  ['FAILING', ({ failingSince }) => (failingSince === null ? 'no' : `since ${ago(failingSince)}`)],
  [
    'STATE',
    ({ disabledAt, disabledReason }) =>
      disabledAt === null ? 'Enabled' : `Disabled (${capitalised(disabledReason ?? '')})`,
  ],
];

type Flags = { urlFile?: string; alarm?: AlarmKind[]; forCluster?: string[] };

const parseAlarms = (text: string, earlier: AlarmKind[] | undefined): AlarmKind[] => [
  ...(earlier ?? []),
  ...text.split(',').map(parseWord(...alarmKinds)),
];

const withFlags = (command: Command): Command =>
  command
    .option('--url-file <file>', 'file that holds the address, which may hold a secret; - for standard input')
    .addOption(
      new Option('--alarm <kind,…>', `of what it is told: ${alarmKinds.map(kebab).join(', ')}`).argParser(
        parseAlarms,
      ),
    )
    .addOption(repeated('--for-cluster <cluster>', 'only alarms of this cluster; may be repeated'));

const outputFlag = (command: Command): Command =>
  command.option('-o, --output <file>', 'write the secret into a file that only you can read');

const readAddress = (path: string): string => {
  // Not said again: the command line is seen by all, and what is said may be kept.
  if (/^\w+:\/\//.test(path))
    throw misuse(
      '--url-file takes a file: an address may hold a secret, which all users of this machine would see here',
      'put it into a file that only you can read, or pipe it: --url-file -',
    );
  return readKey(path, 'address');
};

const clusterIds = async (session: Session, refs: readonly string[] | undefined) =>
  refs && (await Promise.all(refs.map(async (ref) => (await theCluster(session, ref)).id)));

export const addWebhook = (setting: Setting, program: Command): void => {
  const webhook = group(program, 'webhook', 'Manage webhooks: addresses that alarms are posted to');

  leaf(
    setting,
    webhook,
    'ls',
    {
      summary: 'List webhooks; of addresses their hosts alone are shown',
      aliases: ['list'],
      examples: ['webhook ls', 'webhook ls --format json'],
    },
    plain,
    async (session) => {
      const { webhooks } = await session.ask(WebhooksDocument, {});
      printList(session, webhooks, columns);
      return 'succeeded';
    },
  );

  leaf<Flags & { output?: string }>(
    setting,
    webhook,
    'create <name>',
    {
      summary: 'Make a webhook; the secret that its messages are signed by is shown once',
      acts: true,
      examples: [
        'webhook create pager --url-file address --alarm node-down,quorum-lost --output pager.secret',
        'webhook create shop --url-file - --alarm operation-failed --for-cluster shop < address',
      ],
    },
    (command) => outputFlag(withFlags(command)),
    async (session, [name = ''], options) => {
      const { alarm: alarms, urlFile } = options;
      if (urlFile === undefined)
        throw misuse('its address is not said', 'give the file that holds it: --url-file FILE');
      if (!alarms) throw misuse('of what it is told is not said', '--alarm node-down,quorum-lost …');
      checkOutput(session, options.output);
      const url = readAddress(urlFile);
      const clusters = await clusterIds(session, options.forCluster);
      const input = { name, url, alarms, clusters };
      const done = await perform(session, CreateWebhookDocument, input, options, { secret: true });
      return tell(session, done, (_, { secret, webhook: made }) =>
        keepSecret(session, secret, options.output, [
          `The webhook ${made?.name} (${made?.id}) posts to ${made?.host}; its secret is not shown again.`,
        ]),
      );
    },
  );

  leaf<Flags & { name?: string; allClusters?: boolean; enable?: boolean; disable?: boolean }>(
    setting,
    webhook,
    'update <webhook>',
    {
      summary: 'Change a webhook, disable or enable it',
      acts: true,
      examples: [
        "webhook update pager --disable --reason 'the receiver moves'",
        'webhook update pager --url-file address --enable',
      ],
    },
    (command) =>
      withFlags(command)
        .option('--name <name>', 'its new name')
        .option('--all-clusters', 'alarms of all clusters, and of what is of none')
        .option('--enable', 'begin anew after it was disabled')
        .option('--disable', 'tell it of nothing; what was to be sent is given up'),
    async (session, [ref = ''], options) => {
      const { name, alarm: alarms, allClusters, urlFile, enable, disable } = options;
      if (enable && disable) throw misuse('give --enable or --disable, not both');
      const changes = {
        name,
        alarms,
        allClusters,
        url: urlFile === undefined ? undefined : readAddress(urlFile),
        enabled: enable || (disable ? false : undefined),
        clusters: await clusterIds(session, options.forCluster),
      };
      if (Object.values(changes).every((value) => value === undefined))
        throw misuse('nothing is to be changed', 'see skep webhook update --help');
      const found = await webhookNamed(session, ref);
      return act(session, UpdateWebhookDocument, { id: found.id, ...changes }, options, () => [
        name ?? found.name,
      ]);
    },
  );

  leaf(
    setting,
    webhook,
    'rm <webhook...>',
    {
      summary: 'Remove webhooks with their deliveries; what was to be sent is not',
      acts: true,
      aliases: ['remove'],
      examples: ["webhook rm pager --reason 'another one pages us'"],
    },
    plain,
    async (session, names, options) =>
      onEach(session, names, options, async (ref, own) => {
        const { id, name } = await webhookNamed(session, ref);
        return act(session, DeleteWebhookDocument, { id }, own, () => [name]);
      }),
  );

  leaf<{ overlap?: number; output?: string }>(
    setting,
    webhook,
    'rotate <webhook>',
    {
      summary: 'Make another secret; for a while messages are signed by both',
      acts: true,
      examples: [
        'webhook rotate pager --overlap 48h --output pager.secret',
        "webhook rotate pager --overlap 0 -q --reason 'it was in a log'",
      ],
    },
    (command) =>
      outputFlag(
        command.addOption(
          parsed('--overlap <duration>', 'how long the old one signs too; default 24h', parseDuration),
        ),
      ),
    async (session, [ref = ''], options) => {
      checkOutput(session, options.output);
      const { id } = await webhookNamed(session, ref);
      const overlapHours = options.overlap === undefined ? undefined : options.overlap / 3_600;
      const input = { id, overlapHours };
      const done = await perform(session, RotateWebhookSecretDocument, input, options, { secret: true });
      return tell(session, done, (_, { secret, webhook: made }) =>
        keepSecret(session, secret, options.output, [
          `The webhook ${made?.name} has another secret; it is not shown again.`,
          ...(made?.secretsUntil ?? []).map((until) => `One of before signs too, until ${until}.`),
        ]),
      );
    },
  );

  addWebhookDeliveries(setting, webhook);
};

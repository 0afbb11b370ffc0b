// `skep audit`: who did what, to what, what came of it, and whether the history is whole.
import type { Command } from 'commander';
import { leaf, parsed, plain, type Setting } from '../command.ts';
import { notFound } from '../complaint.ts';
import { chosenCluster, hostNamed } from '../find.ts';
import {
  ApiKeysDocument,
  AuditLogDocument,
  AuditRecordedDocument,
  type AuditToldFragment,
  EventCursorDocument,
  NodeInFullDocument,
  VerifyAuditDocument,
} from '../generated/documents.ts';
import { type Column, printList, shownValue } from '../print.ts';
import { inOneLine } from '../printable.ts';
import type { Session } from '../session.ts';
import { parseCount, parseTime } from '../values.ts';

const columns: Column<AuditToldFragment>[] = [
  ['SEQ', ({ seq }) => String(seq)],
  ['AT', ({ at }) => at],
  ['WHO', ({ actor }) => actor.name],
  ['ACTION', ({ action }) => action],
  ['TARGETS', ({ targets }) => targets.map(({ name }) => name).join(',')],
  ['PHASE', ({ phase }) => phase],
  ['OUTCOME', ({ outcome, failure }) => [outcome, failure?.code].filter(Boolean).join(' ')],
  [
    'REASON',
    ({ reason, changes }) =>
      reason ?? changes.map(({ path, new: now }) => `${path}=${shownValue(now)}`).join(', '),
  ],
];

const inALine = (record: AuditToldFragment): string =>
  columns
    .map(([, cell]) => inOneLine(cell(record)))
    .filter((text) => text !== '')
    .join('  ');

/** A node by reference, or by the id of one that is gone. */
const nodeId = async (session: Session, ref: string, cluster: string | undefined): Promise<string> => {
  const { node } = await session.ask(NodeInFullDocument, { ref, cluster });
  if (node) return node.id;
  if (/^[a-z\d]{25}$/.test(ref)) return ref;
  throw notFound(`there is no node ${ref}`, 'list them: skep node ls; of one that is gone give the full id');
};

/** A key by name where the caller may list keys, else an actor's id. */
const actorId = async (session: Session, name: string): Promise<string> => {
  if (/^[\da-f-]{36}$/i.test(name)) return name;
  const { apiKeys } = await session.ask(ApiKeysDocument, {}).catch((error: { code?: string }) => {
    if (error.code !== 'FORBIDDEN') throw error;
    return { apiKeys: [] };
  });
  const found = apiKeys.find((key) => key.name === name || key.id === name);
  if (!found) session.err(`Warning: no key that may be seen here is called ${name}; taken as an actor’s id`);
  return found?.id ?? name;
};

type Options = {
  node?: string;
  host?: string;
  actor?: string;
  action?: string;
  operation?: string;
  outcome?: string;
  since?: string;
  until?: string;
  last?: number;
  follow?: boolean;
};

export const addAudit = (setting: Setting, program: Command): void => {
  const audit = leaf<Options>(
    setting,
    program,
    'audit',
    {
      summary: 'Show the history, the oldest of the shown first',
      examples: [
        'audit --node cloud02 --since 2h',
        'audit --action promoteNodes --outcome REFUSED',
        'audit -f --format json',
        'audit verify',
      ],
    },
    (command) =>
      command
        .option('--node <node>', 'of this node')
        .option('--host <host>', 'of this host')
        .option('--actor <actor>', 'by this key, by name or id')
        .option('--action <action>', 'of this mutation or observation')
        .option('--operation <operation>', 'of this operation')
        .option('--outcome <state>', 'with this outcome, such as REFUSED')
        .addOption(parsed('--since <time>', 'at or after: 2h, or 2026-11-30T08:00:00Z', parseTime))
        .addOption(parsed('--until <time>', 'before', parseTime))
        .addOption(parsed('-n, --last <count>', 'the newest so many, at most 100; default 50', parseCount))
        .option('-f, --follow', 'go on with what comes, until Ctrl-C'),
    async (session, _, options) => {
      const cluster = await chosenCluster(session);
      const { node, host, actor, action, operation, outcome, since: from, until: to } = options;
      const filter = {
        cluster,
        action,
        operation,
        outcome: outcome?.toUpperCase(),
        from,
        to,
        actor: actor === undefined ? undefined : await actorId(session, actor),
        target:
          node !== undefined
            ? await nodeId(session, node, cluster)
            : host !== undefined
              ? (await hostNamed(session, host)).id
              : undefined,
      };
      const { eventCursor } = options.follow
        ? await session.ask(EventCursorDocument, {})
        : { eventCursor: undefined };
      const { auditLog } = await session.ask(AuditLogDocument, { filter, first: options.last ?? 50 });
      const records = auditLog.edges.map(({ node: record }) => record).reverse();
      if (eventCursor === undefined) {
        printList(session, records, columns);
        return 'succeeded';
      }
      const show = (record: AuditToldFragment): void =>
        session.out(session.format === 'json' ? JSON.stringify(record) : inALine(record));
      for (const record of records) show(record);
      let shown = records.at(-1)?.seq ?? 0;
      for await (const { auditRecorded } of session.listen(
        AuditRecordedDocument,
        { filter },
        { after: eventCursor },
      )) {
        if (auditRecorded.record.seq <= shown) continue;
        shown = auditRecorded.record.seq;
        show(auditRecorded.record);
      }
      return 'succeeded';
    },
  );

  leaf(
    setting,
    audit,
    'verify',
    {
      summary: 'Read the whole history and hold it against its hashes, seals and witnesses',
      examples: ['audit verify', 'audit verify --format json'],
    },
    plain,
    async (session) => {
      const { verifyAudit: verdict } = await session.ask(VerifyAuditDocument, {});
      if (session.format === 'json') session.out(JSON.stringify(verdict, null, 2));
      else if (!session.quiet) {
        session.out(`${verdict.checked} records and ${verdict.signedHeads} signed heads were read.`);
        for (const { hostName, held, contradiction } of verdict.witnesses)
          session.out(
            contradiction
              ? `Witness ${hostName}: contradicts record ${contradiction.seq}`
              : `Witness ${hostName}: ${held} heads, all fit`,
          );
        if (verdict.ok) session.out('The history is whole.');
      }
      if (!verdict.ok)
        session.err(
          `Error: HISTORY_CHANGED: ${verdict.fault ? `record ${verdict.fault.seq}: ${verdict.fault.message}` : 'it does not fit'}`,
        );
      return verdict.ok ? 'succeeded' : 'failed';
    },
  );
};

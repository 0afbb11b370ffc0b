// Queries of the audit log.
import type { AuditRecord as Row } from '../../../prisma/generated/client.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { keysetPage } from '../../graphql/connection.ts';
import { readRecords } from '../read-records.ts';
import { AuditFilter } from './filter.ts';
import { SignedHeadRef } from './head.ts';
import { AuditRecordRef } from './record.ts';
import { VerificationRef } from './verification.ts';

const AuditRecordConnection = builder.connectionObject({
  type: AuditRecordRef,
  name: 'AuditRecordConnection',
});

const isSeq = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);

builder.queryFields((t) => ({
  auditLog: t.field({
    type: AuditRecordConnection,
    ...guarded('audit:read', 'The history, newest first. `first` or `last` 1 to 100, default 50; no count.'),
    args: {
      filter: t.arg({ type: AuditFilter }),
      first: t.arg.int(),
      after: t.arg.string(),
      last: t.arg.int(),
      before: t.arg.string(),
    },
    resolve: (_, { filter, ...page }, { db, scopeOf, requester }) => {
      const scope = scopeOf(requester);
      return keysetPage(
        page,
        100,
        ({ seq }: Row) => seq,
        isSeq,
        async (range) => readRecords(db.sql, { filter, scope, ...range }),
      );
    },
  }),
  verifyAudit: t.field({
    type: VerificationRef,
    ...guarded(
      'audit:read',
      'Reads the whole history, checks each link and each signed head, and asks the connected agents for the heads that they keep.',
    ),
    extensions: { cost: 50_000 },
    resolve: async (_, __, { verifyAudit, scopeOf, requester }) => {
      const found = await verifyAudit();
      if (scopeOf(requester) === null) return found;
      // Agents are of hosts: which of them keeps what is told to those who see all hosts.
      const byAgent = found.witnesses.some(({ contradiction }) => contradiction !== null);
      const fault = found.fault && {
        seq: found.fault.seq,
        message: byAgent ? 'what is kept outside says otherwise' : found.fault.message,
      };
      return { ...found, fault, witnesses: [] };
    },
  }),
  auditHead: t.field({
    type: SignedHeadRef,
    nullable: true,
    ...guarded('audit:read', 'The newest signed head, to be kept outside. Null in an empty history.'),
    resolve: (_, __, { heads }) => heads.newest(),
  }),
  eventCursor: t.string({
    ...guarded('operation:read', 'Where the event stream stands now: subscribe with it as `after`.'),
    resolve: (_, __, { events }) => events.head(),
  }),
}));

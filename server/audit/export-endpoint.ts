// GET /audit/export: the history as a download, outside GraphQL because it may be a million records.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import * as z from 'zod';
import { answerFailure } from '../platform/answer-failure.ts';
import type { Database } from '../platform/database.ts';
import type { Events } from '../platform/events.ts';
import { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import { scrub } from '../platform/secrets.ts';
import type { Requester } from './actor.ts';
import { exportLines, recordPages, type Wanted } from './export.ts';
import type { Audit } from './record.ts';

/** Who may export, and what of it. @throws Failure UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED */
export type AdmitExport = (request: IncomingMessage) => Promise<{
  requester: Requester;
  scope: readonly string[] | null;
  /** Calls when the key is revoked or expires. @returns what forgets the call. */
  onEnd: (listener: () => void) => () => void;
}>;

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const id = z.string().min(1).max(255);
const parameters = z.strictObject({
  format: z.enum(['ndjson', 'csv']).default('ndjson'),
  cluster: id.optional(),
  actor: id.optional(),
  action: id.optional(),
  outcome: id.optional(),
  phase: id.transform((text) => text.split(',')).optional(),
  target: id.optional(),
  operation: id.optional(),
  from: moment.optional(),
  to: moment.optional(),
});

/** At a time: each reads the whole history. */
const mostExports = 4;
/** A reader that takes nothing for so long is left. */
const idleMs = 60_000;

const columns = [
  ...['seq', 'at', 'phase', 'action', 'outcome', 'actorKind', 'actorId', 'actorName', 'clusterId'],
  ...['targetsJson', 'reason', 'inputJson', 'changesJson', 'failureJson', 'durationMs', 'requestId'],
  ...['sourceAddress', 'operationId', 'previousHash', 'hash'],
];

const parse = (url: string | undefined): z.infer<typeof parameters> => {
  const asked = new URL(url ?? '/', 'http://localhost').searchParams;
  const parsed = parameters.safeParse(Object.fromEntries(asked));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const names = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : (issue?.path.join('.') ?? '');
  throw new Failure(
    'BAD_USER_INPUT',
    `${scrub(names)}: ${scrub(issue?.message ?? 'not as it should be')}`,
    `take format=ndjson or csv, and ${Object.keys(parameters.shape).slice(1).join(', ')}`,
  );
};

/** @param server id and key of the installation, for whoever verifies the export. */
export const createExportEndpoint = ({
  db,
  events,
  audit,
  admit,
  server,
  log,
}: {
  db: Database;
  events: Events;
  audit: Audit;
  admit: AdmitExport;
  server: { server: string; generation: string; publicKey: string };
  log: Log;
}): ((request: IncomingMessage, response: ServerResponse) => void) => {
  let running = 0;

  /** On record before the first byte. @returns the last record of the export, which is this one. */
  const record = async (requester: Requester, asked: z.infer<typeof parameters>): Promise<number> => {
    try {
      return await events.transact(
        async (tx, emit) =>
          (
            await audit.append(tx, emit, {
              ...requester,
              phase: 'AUDIT_EXPORT',
              action: 'exportAudit',
              input: asked,
            })
          ).seq,
      );
    } catch (error) {
      log.error({ err: error }, 'an export could not be recorded');
      throw new Failure(
        'AUDIT_UNAVAILABLE',
        'the export could not be put on record, so nothing was told',
        'try again; look at the server’s disk',
      );
    }
  };

  async function* csvRows(wanted: Wanted): AsyncGenerator<Record<string, unknown>> {
    for await (const rows of recordPages(db, wanted))
      for (const row of rows) yield { ...row, at: row.at.toISOString() };
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'GET') {
      response.writeHead(405, { allow: 'GET', 'cache-control': 'no-store' }).end();
      return;
    }
    const { requester, scope, onEnd } = await admit(request);
    const asked = parse(request.url);
    if (running >= mostExports)
      throw new Failure('RATE_LIMITED', `${mostExports} exports are running`, 'wait for one of them', {
        retryAfterSeconds: 10,
      });
    running += 1;
    const forget = onEnd(() => response.destroy());
    try {
      const { format, ...filter } = asked;
      const wanted = { filter, scope, toSeq: await record(requester, asked) };
      response.writeHead(200, {
        'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
        'content-disposition': `attachment; filename="skep-audit-${wanted.toSeq}.${format}"`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      response.setTimeout(idleMs, () => response.destroy());
      if (format === 'ndjson')
        await pipeline(
          Readable.from(exportLines(db, wanted, { ...server, at: new Date() }), {
            objectMode: true,
            highWaterMark: 1,
          }),
          response,
        );
      else
        await pipeline(
          Readable.from(csvRows(wanted)),
          // A spreadsheet takes a cell that begins with = + - or @ for a formula.
          stringify({ header: true, columns, escape_formulas: true, bom: true }),
          response,
        );
    } finally {
      running -= 1;
      forget();
    }
  };

  return (request, response) =>
    void answer(request, response).catch((error: unknown) => {
      if (response.headersSent) {
        log.info({ err: error }, 'an export ended early');
        response.destroy();
      } else answerFailure(response, error, 'an export', log);
    });
};

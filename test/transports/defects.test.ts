// A defect inside: its words stay in the log, over every transport, also where NODE_ENV says development.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAsk } from '../../lab/client.ts';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { transports } from '../support/transports.ts';
import { until } from '../support/until.ts';
import { ways } from './ways.ts';

const told = {
  message: 'a defect of Skep; the log has it',
  extensions: { code: 'INTERNAL', retryable: false },
};

describe.each(['development', 'production', 'test'])('with NODE_ENV=%s', (environment) => {
  const dir = mkdtempSync(join(tmpdir(), 'skep-'));
  let server: ServerProcess;
  /** The table is there under another name: what the server knows of its database is no longer true. */
  const rename = (from: string, to: string): void => {
    const database = new Database(join(dir, 'data/skep.db'));
    database.exec(`ALTER TABLE "${from}" RENAME TO "${to}"`);
    database.close();
  };

  beforeAll(async () => {
    server = await startServer({ dir, env: { NODE_ENV: environment } });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it.each(ways)('a query’s is masked over $way', async ({ ask }) => {
    rename('Enrolment', 'Gone');
    const { text, data } = await ask(server, '{ enrolments { id } }');
    rename('Gone', 'Enrolment');
    const answer = JSON.parse(text);
    const [error] = (answer.payload ?? answer).errors;
    expect(error).toMatchObject(told);
    expect(Object.keys(error.extensions).sort()).toEqual(['code', 'retryable']);
    expect(text).not.toMatch(/Gone|no such table|[Pp]risma| at /);
    expect(data).toBeNull();
    const logged = () => readFileSync(server.logPath, 'utf8').includes('a request failed unexpectedly');
    await until(logged, 'the log has it');
  });

  it.each(transports)('a subscription’s is masked over $transport', async ({ listen }) => {
    const ask = createAsk(() => server.url, server.adminKey);
    const { eventCursor } = await ask('{ eventCursor }');
    await ask('mutation { cancelOperation(input: { id: "none" }) { state } }');
    // Those that a server wrote itself it has in memory: another one reads them from the table.
    await server.stop();
    const database = new Database(join(dir, 'data/skep.db'));
    database.exec(`UPDATE "Event" SET "afterJson" = '{ no JSON: canary'`);
    database.close();
    await server.start();
    const listener = listen(
      { server },
      `subscription { operationChanged(after: "${eventCursor}") { cursor operation { id } } }`,
    );
    await until(() => listener.errors.length > 0, 'it is told');
    expect(listener.errors[0]).toMatchObject(told);
    expect(JSON.stringify(listener.errors)).not.toMatch(/canary|JSON/);
    listener.stop();
  });
});

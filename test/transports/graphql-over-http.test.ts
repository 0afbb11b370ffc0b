// The audits of graphql-http: what the specification of GraphQL over HTTP says a server must and should do.
// https://github.com/graphql/graphql-http#audits
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Audit, serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../../lab/processes.ts';

const dir = mkdtempSync(join(tmpdir(), 'skep-'));
let server: ServerProcess;
let audits: Audit[];

beforeAll(async () => {
  server = await startServer({ dir });
  const withKey: typeof fetch = (input, init) =>
    fetch(input, {
      ...init,
      headers: { ...(init?.headers as Record<string, string>), authorization: `Bearer ${server.adminKey}` },
    });
  audits = serverAudits({ url: server.url, fetchFn: withKey });
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

const failures = async (level: 'MUST' | 'SHOULD' | 'MAY'): Promise<{ ran: number; failed: string[] }> => {
  const chosen = audits.filter(({ name }) => name.startsWith(`${level} `));
  const results = await Promise.all(chosen.map((audit) => audit.fn()));
  return {
    ran: results.length,
    failed: results.flatMap((result) =>
      result.status === 'ok' ? [] : [`${result.id} ${result.name}: ${result.reason}`],
    ),
  };
};

it.each(['MUST', 'SHOULD'] as const)('every %s of GraphQL over HTTP holds', async (level) => {
  const { ran, failed } = await failures(level);
  expect(failed).toEqual([]);
  expect(ran).toBeGreaterThan(10);
});

it('of what a server MAY do, only GET is not done', async () => {
  const { failed } = await failures('MAY');
  expect(failed.map((line) => line.slice(0, 4)).sort()).toEqual(['5A70', '6A70', 'D6D5']);
});

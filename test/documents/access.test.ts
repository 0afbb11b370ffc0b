// The snippets about who is let in: a link and its end, a key for Prometheus. They need no engines.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, createAsk } from '../../lab/client.ts';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { askSession, originOf, signIn } from '../support/console.ts';
import { scrape } from '../support/metrics.ts';
import { snippet } from '../support/snippets.ts';
import { send } from '../transports/raw.ts';

describe('access as documented, on no engines', () => {
  let dir: string;
  let server: ServerProcess;
  let ask: Ask;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'skep-'));
    server = await startServer({ dir });
    ask = createAsk(() => server.url, server.adminKey);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('docs/console.md and docs/sign-in.md: a link signs in once, until its session is revoked', async () => {
    const { createSignInLink } = await ask(snippet('docs/console.md', 'SignIn'));
    expect(createSignInLink.operation).toEqual({ state: 'SUCCEEDED', failure: null });
    const link = new URL(createSignInLink.link);
    expect(link.origin).toBe(originOf(server));
    const left = Date.parse(createSignInLink.expiresAt) - Date.now();
    expect(left).toBeLessThanOrEqual(300_000);
    const [ticket = ''] = /skep_ticket_[\w-]+/.exec(link.href) ?? [];
    const cookie = await signIn(server, { ticket });
    expect((await askSession(server, { body: { ticket } })).code).toBe('UNAUTHENTICATED');

    const query = () =>
      send(server, {
        key: null,
        body: JSON.stringify({ query: '{ viewer { name } }' }),
        headers: { cookie, origin: originOf(server) },
      });
    expect((await query()).status).toBe(200);
    const { sessions } = await ask('{ sessions { id } }');
    expect(sessions).toHaveLength(1);
    const { revokeSession } = await ask(snippet('docs/sign-in.md', 'Revoke'), sessions[0]);
    expect(revokeSession).toEqual({ state: 'SUCCEEDED', failure: null });
    expect((await query()).status).toBe(401);
    expect((await ask('{ sessions { id } }')).sessions).toEqual([]);
  });

  it('docs/numbers.md: the key reads the metrics, and changes nothing', async () => {
    const { createApiKey } = await ask(snippet('docs/numbers.md', 'KeyForPrometheus'));
    expect(createApiKey.operation).toEqual({ state: 'SUCCEEDED', failure: null });
    const told = await scrape(server.url, createApiKey.key);
    expect(told.status).toBe(200);
    expect(told.types.size).toBeGreaterThan(10);
    const { viewer } = await createAsk(
      () => server.url,
      createApiKey.key,
    )('{ viewer { name role permissions } }');
    expect(viewer).toMatchObject({ name: 'prometheus', role: 'VIEWER' });
    expect(viewer.permissions.filter((each: string) => /:(write|run|join|init)$/.test(each))).toEqual([]);
  });
});

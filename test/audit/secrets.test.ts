// No secret is kept or told again: not in the database, the logs, the agents' journals, the history, the events or errors.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from '../../lab/client.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { subscribeSse } from '../support/sse.ts';
import { type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

/** Whatever looks like a secret of ours or Docker's, found or not in `secrets`. */
const shapes = [
  /whsec_[\w+/=]{20,}/,
  /SWMTKN-1-[a-z0-9]{50}-[a-z0-9]{25}/,
  /SWMKEY-1-[\w+/]{20,}/,
  /skep_key_[a-z0-9]{8}_[\w-]{43}/,
  /skep_enr_[0-9a-f]{12}\.[\w-]{43}/,
  /skep_ticket_[\w-]{43}/,
  /skep_session_[\w-]{43}/,
];
/** Tokens that somebody wrote where they do not belong. */
const pasted = `SWMTKN-1-${'a'.repeat(50)}-${'b'.repeat(25)}`;

const filesIn = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe(`secrets (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cursor: string;
  const secrets: Record<string, string> = {};
  const everSaid: unknown[] = [];

  const found = (text: string): string[] => [
    ...Object.entries(secrets)
      .filter(([, secret]) => text.includes(secret))
      .map(([name]) => name),
    ...shapes.filter((shape) => shape.test(text)).map(String),
  ];

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    perform = createPerform(system.server.url, system.server.adminKey);
    ({ eventCursor: cursor } = await system.ask('{ eventCursor }'));
    secrets['the admin key'] = system.server.adminKey;
  });
  afterAll(() => system?.stop());

  it('each is told once, by its own mutation, and is the right one', async () => {
    const [first, ...others] = system.members;
    if (!first) throw new Error('a host is needed');
    const api = engineOf(first.host);
    const made = await perform('initCluster', { host: first.hostId, name: 'locked', autolock: true });
    const cluster = made.clusterId.id;
    await perform('joinHosts', {
      cluster,
      hosts: others.slice(0, 1).map(({ hostId }) => ({ host: hostId })),
    });
    await perform('joinHosts', {
      cluster,
      hosts: others.slice(1).map(({ hostId }) => ({ host: hostId })),
      role: 'MANAGER',
    });
    const unlock = await perform('revealUnlockKey', { cluster, reason: 'to look at' });
    secrets['the unlock key'] = unlock.payload.unlockKey;
    expect(unlock.payload.unlockKey).toBe((await api.get('/swarm/unlockkey')).UnlockKey);
    for (const role of ['WORKER', 'MANAGER']) {
      const told = async () => {
        const { payload } = await perform('revealJoinToken', { cluster, role, reason: 'to look at' });
        secrets[`a ${role} token ${payload.token.slice(-4)}`] = payload.token;
        return payload.token;
      };
      const old = await told();
      await perform('rotateJoinToken', { cluster, role });
      expect(await told()).not.toBe(old);
    }
    const { JoinTokens } = await api.get('/swarm');
    expect(Object.values(secrets)).toEqual(expect.arrayContaining(Object.values(JoinTokens)));
    const key = await perform('createApiKey', { name: 'another', role: 'ADMIN' });
    secrets['another key'] = key.payload.key;
    const link = await perform('createSignInLink', { reason: 'for a browser' });
    secrets['a ticket'] = link.payload.ticket;
    const enrolment = await perform('createEnrolment', { name: 'never used' });
    secrets['an enrolment'] = enrolment.payload.secret;
    secrets['the address of a webhook'] = 'address-of-a-webhook-that-nobody-may-see';
    const webhook = await perform('createWebhook', {
      name: 'pager',
      url: `http://127.0.0.1:9/${secrets['the address of a webhook']}`,
      alarms: ['NODE_DOWN', 'OPERATION_FAILED'],
    });
    secrets['a secret of a webhook'] = webhook.payload.secret;
    const { id } = webhook.payload.webhook;
    secrets['another secret of it'] = (await perform('rotateWebhookSecret', { id })).payload.secret;
    await perform('updateWebhook', { id, url: `http://127.0.0.1:9/${secrets['the address of a webhook']}2` });
    expect(await perform('testWebhook', { id })).toMatchObject({ failure: { code: 'DELIVERY_FAILED' } });
    // A command line is read by others and kept by the shell.
    expect(enrolment.payload.command).not.toContain(enrolment.payload.secret);
    expect(Object.values(secrets).every((secret) => secret.length > 30)).toBe(true);
    await perform('updateNodeLabels', { nodes: [first.host.hostname], set: [{ key: 'k', value: 'v' }] });
    await perform('leaveSwarm', { hosts: [first.hostId], dryRun: true });
  });

  it('one that somebody wrote where it does not belong is struck out', async () => {
    const done = await perform('renameCluster', { cluster: pasted, name: 'x', reason: `it was ${pasted}` });
    everSaid.push(done, await perform.error('createApiKey', { name: pasted, role: pasted }));
    for (const query of [
      `{ ${pasted} }`,
      `{ cluster(id: "${pasted}") { ${pasted.replaceAll('-', '_')} } }`,
      `{ "${pasted}`,
    ])
      everSaid.push((await post(system.server.url, system.server.adminKey, query)).body);
    everSaid.push((await post(system.server.url, `${system.server.adminKey}x`, '{ viewer { id } }')).body);
    await fetch(`${system.server.url}?query=${encodeURIComponent(`{ cluster(id: "${pasted}") { id } }`)}`, {
      headers: { authorization: `Bearer ${system.server.adminKey}` },
    });
    expect(found(JSON.stringify(everSaid))).toEqual([]);
    const [intent] = await readHistory(system.ask, { operation: done.id });
    expect(intent?.reason).toMatch(/^it was SWMTKN-1-\[redacted\]$/);
  });

  it('the API tells none again: not in the history, operations, hosts, clusters or events', async () => {
    const history = await readHistory(system.ask);
    const answer = await system.ask(
      `{ operations(first: 100) { edges { node { id action reason failure { message hint } steps { name detail } targets { id name failure { message } } warnings { message } auditRecords { input reason } } } }
         hosts { edges { node { id name engineFailure swarm { error } engine { labels } } } }
         clusters { id name spec joinTokens { role fingerprint rotatedAt revealedAt } watcher { trouble } }
         apiKeys { id name } enrolments { id hostName } }`,
    );
    const heard = ['nodeChanged', 'hostChanged', 'clusterChanged', 'operationChanged', 'auditRecorded'].map(
      (field) =>
        subscribeSse(
          system.server.url,
          system.server.adminKey,
          `subscription($after: String) { ${field}(after: $after) { ${
            field === 'auditRecorded'
              ? 'record { seq input reason changes { path old new } failure { message } }'
              : field === 'operationChanged'
                ? 'operation { reason failure { message } targets { name } } changes { path old new }'
                : 'changes { path old new }'
          } } }`,
          { after: cursor },
        ),
    );
    await until(() => heard.every(({ received }) => received.length > 0), 'every stream tells');
    await heard[4]?.next(({ record }) => record.seq === history.at(-1)?.seq, 'the last record');
    expect(found(JSON.stringify([history, answer, heard.map(({ received }) => received)]))).toEqual([]);
    for (const stream of heard) stream.stop();
    expect(answer.clusters[0].joinTokens).toMatchObject([
      { fingerprint: expect.any(String), rotatedAt: expect.any(String), revealedAt: expect.any(String) },
      { fingerprint: expect.any(String), rotatedAt: expect.any(String), revealedAt: expect.any(String) },
    ]);
  });

  it('no file that the server or an agent keeps or writes has one, but for the line of the first start', () => {
    const files = filesIn(system.dir);
    const names = files.map((file) => relative(system.dir, file));
    expect(names).toEqual(expect.arrayContaining(['server.log', 'data/skep.db']));
    expect(names.filter((name) => name.startsWith('agent-')).length).toBeGreaterThan(3);
    const texts = files.map((file) => ({
      name: relative(system.dir, file),
      text: readFileSync(file, 'latin1').replace(
        `First start. This admin key is shown once:\n\n  ${system.server.adminKey}\n`,
        '',
      ),
    }));
    // What is not secret is found: the files are the right ones.
    expect(texts.some(({ name, text }) => name.startsWith('data/') && text.includes('to look at'))).toBe(
      true,
    );
    expect(texts.some(({ name, text }) => name.startsWith('agent-') && text.includes('JoinSwarm'))).toBe(
      true,
    );
    const leaks = texts
      .map(({ name, text }) => ({ name, secrets: found(text) }))
      .filter(({ secrets: leaked }) => leaked.length > 0);
    expect(leaks).toEqual([]);
  });
});

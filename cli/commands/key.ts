// `skep key`: the API keys of frontends, scripts and people.
import type { Command } from 'commander';
import { act, perform, tell } from '../act.ts';
import { group, leaf, parsed, plain, repeated, type Setting } from '../command.ts';
import { notFound } from '../complaint.ts';
import { theCluster } from '../find.ts';
import {
  ApiKeysDocument,
  type ApiKeyToldFragment,
  CreateApiKeyDocument,
  RevokeApiKeyDocument,
  type Role,
} from '../generated/documents.ts';
import { checkOutput, keepSecret } from '../keep-secret.ts';
import { ago, type Column, printList } from '../print.ts';
import { parseDuration, parseWord } from '../values.ts';

const columns: Column<ApiKeyToldFragment>[] = [
  ['ID', ({ id }) => id],
  ['NAME', ({ name }) => name],
  ['ROLE', ({ role }) => role.toLowerCase()],
  ['CLUSTERS', ({ clusters }) => clusters?.join(',') ?? 'all'],
  ['CREATED', ({ createdAt }) => ago(createdAt)],
  ['USED', ({ lastUsedAt }) => ago(lastUsedAt)],
  ['EXPIRES', ({ expiresAt }) => expiresAt ?? 'never'],
  ['REVOKED', ({ revokedAt }) => ago(revokedAt)],
];

export const addKey = (setting: Setting, program: Command): void => {
  const key = group(program, 'key', 'Manage API keys');

  leaf<{ role?: Role; forCluster?: string[]; permission?: string[]; expires?: number; output?: string }>(
    setting,
    key,
    'create <name>',
    {
      summary: 'Make a key; it is shown once',
      acts: true,
      examples: [
        'key create deploy --role operator --output deploy.key',
        'key create dashboard --expires 30d -q | skep context create dashboard --server https://skep.example.org',
      ],
    },
    (command) =>
      command
        .addOption(
          parsed(
            '--role <role>',
            'viewer, operator or admin; default viewer',
            parseWord('VIEWER', 'OPERATOR', 'ADMIN'),
          ),
        )
        .addOption(repeated('--for-cluster <cluster>', 'only for this cluster; may be repeated'))
        .addOption(repeated('--permission <permission>', 'beyond the role; may be repeated'))
        .addOption(parsed('--expires <duration>', 'after this; default and at most 365d', parseDuration))
        .option('-o, --output <file>', 'write it into a file that only you can read'),
    async (session, [name = ''], options) => {
      const { role = 'VIEWER', permission: permissions, expires, forCluster } = options;
      checkOutput(session, options.output);
      const clusters =
        forCluster && (await Promise.all(forCluster.map(async (ref) => (await theCluster(session, ref)).id)));
      const expiresAt =
        expires === undefined ? undefined : new Date(Date.now() + expires * 1_000).toISOString();
      const input = { name, role, clusters, permissions, expiresAt };
      const done = await perform(session, CreateApiKeyDocument, input, options, { secret: true });
      return tell(session, done, (_, { key: made, apiKey }) =>
        keepSecret(session, made, options.output, [
          `The key ${apiKey?.name} (${apiKey?.id}) is good until ${apiKey?.expiresAt}; it is not shown again.`,
        ]),
      );
    },
  );

  leaf(
    setting,
    key,
    'ls',
    { summary: 'List keys; none is shown', aliases: ['list'], examples: ['key ls'] },
    plain,
    async (session) => {
      const { apiKeys } = await session.ask(ApiKeysDocument, {});
      printList(session, apiKeys, columns);
      return 'succeeded';
    },
  );

  leaf(
    setting,
    key,
    'revoke <key>',
    {
      summary: 'End a key, by id or name',
      acts: true,
      examples: ["key revoke deploy --reason 'it was in a log'"],
    },
    plain,
    async (session, [ref], options) => {
      const { apiKeys } = await session.ask(ApiKeysDocument, {});
      const found =
        apiKeys.find(({ id }) => id === ref) ??
        apiKeys.find(({ name, revokedAt }) => name === ref && revokedAt === null);
      if (!found) throw notFound(`there is no key ${ref}`, 'list them: skep key ls');
      return act(session, RevokeApiKeyDocument, { id: found.id }, options, () => [found.name]);
    },
  );
};

// `skep secret` and `skep config`: what a swarm keeps for its services. A value comes from a file or standard input.
import type { Command } from 'commander';
import { act, onEach } from '../act.ts';
import { group, leaf, manyParsed, plain, type Setting } from '../command.ts';
import { theCluster } from '../find.ts';
import {
  ConfigsDocument,
  CreateConfigDocument,
  CreateSecretDocument,
  RemoveConfigDocument,
  RemoveSecretDocument,
  SecretsDocument,
  type SecretsQuery,
} from '../generated/documents.ts';
import { allOf } from '../pages.ts';
import { ago, type Column, printList } from '../print.ts';
import type { Session } from '../session.ts';
import { parseLabel, readSecret } from '../values.ts';

type Kept = SecretsQuery['secrets']['edges'][number]['node'];
type Label = { key: string; value: string };

const columns: Column<Kept>[] = [
  ['ID', ({ id }) => id],
  ['NAME', ({ name }) => name],
  ['CREATED', ({ createdAt }) => ago(createdAt)],
  ['UPDATED', ({ updatedAt }) => ago(updatedAt)],
  ['SERVICES', ({ services }) => services.map(({ name }) => name).join(',')],
];

const listOf = {
  secret: (session: Session, cluster: string): Promise<Kept[]> =>
    allOf(async (after) => (await session.ask(SecretsDocument, { cluster, after })).secrets),
  config: (session: Session, cluster: string): Promise<Kept[]> =>
    allOf(async (after) => (await session.ask(ConfigsDocument, { cluster, after })).configs),
};

const add = (kind: 'secret' | 'config', setting: Setting, program: Command): void => {
  const parent = group(
    program,
    kind,
    kind === 'secret' ? 'Manage what services keep secret' : 'Manage files that services share',
  );

  leaf(
    setting,
    parent,
    'ls',
    { summary: `List ${kind}s; no value is shown`, aliases: ['list'], examples: [`${kind} ls`] },
    plain,
    async (session) => {
      const { id } = await theCluster(session);
      printList(session, await listOf[kind](session, id), columns);
      return 'succeeded';
    },
  );

  leaf<{ label?: Label[] }>(
    setting,
    parent,
    'create <name> [file]',
    {
      summary: `Make a ${kind} of a file, or of standard input (-, which is the default)`,
      acts: true,
      examples: [`${kind} create db-password password.txt`, `${kind} create db-password - < password.txt`],
    },
    (command) => command.addOption(manyParsed('-l, --label <key[=value]>', 'label', parseLabel)),
    async (session, [name = '', file = '-'], options) => {
      const { id: cluster } = await theCluster(session);
      const value = readSecret(file).toString('base64');
      const input = { cluster, name, value, encoding: 'BASE64', labels: options.label } as const;
      const document = kind === 'secret' ? CreateSecretDocument : CreateConfigDocument;
      return act(session, document, input, options, (operation) => [operation.targets[0]?.id ?? name]);
    },
  );

  leaf(
    setting,
    parent,
    `rm <${kind}...>`,
    { summary: `Remove ${kind}s`, acts: true, aliases: ['remove'], examples: [`${kind} rm db-password`] },
    plain,
    async (session, names, options) => {
      const { id: cluster } = await theCluster(session);
      return onEach(session, names, options, (name, own) =>
        kind === 'secret'
          ? act(session, RemoveSecretDocument, { cluster, secret: name }, own, () => [name])
          : act(session, RemoveConfigDocument, { cluster, config: name }, own, () => [name]),
      );
    },
  );
};

export const addSecret = (setting: Setting, program: Command): void => add('secret', setting, program);
export const addConfig = (setting: Setting, program: Command): void => add('config', setting, program);

// `skep cluster`: the swarms that a server knows.
import type { Command } from 'commander';
import { act } from '../act.ts';
import { group, leaf, plain, type Setting } from '../command.ts';
import { notFound } from '../complaint.ts';
import { theCluster } from '../find.ts';
import {
  AdoptClusterDocument,
  ClusterInFullDocument,
  type ClusterInFullQuery,
  ClustersDocument,
  type ClusterToldFragment,
  DissolveClusterDocument,
  ForgetClusterDocument,
  RenameClusterDocument,
} from '../generated/documents.ts';
import { ago, type Column, capitalised, printList } from '../print.ts';
import { addClusterRecovery } from './cluster-recovery.ts';

const columns: Column<ClusterToldFragment>[] = [
  ['ID', ({ id }) => id],
  ['NAME', ({ name }) => name],
  ['STATE', ({ state }) => capitalised(state)],
  ['NODES', ({ counts }) => `${counts.ready}/${counts.nodes}`],
  ['MANAGERS', ({ quorum }) => `${quorum.reachable}/${quorum.managers}`],
  ['MAY LOSE', ({ quorum }) => String(quorum.tolerates)],
  ['ADOPTED', ({ adoptedAt }) => (adoptedAt === null ? 'no' : ago(adoptedAt))],
];

type Full = NonNullable<ClusterInFullQuery['cluster']>;

const page = (cluster: Full): string =>
  [
    `ID:\t\t\t${cluster.id}`,
    `Name:\t\t\t${cluster.name}`,
    `State:\t\t\t${capitalised(cluster.state)}`,
    `Nodes:\t\t\t${cluster.counts.nodes}, ${cluster.counts.ready} ready, ${cluster.counts.active} active`,
    `Managers:\t\t${cluster.quorum.managers}, ${cluster.quorum.reachable} reachable, ${cluster.quorum.tolerates} may be lost`,
    ...(cluster.quorum.advice ? [`Advice:\t\t\t${cluster.quorum.advice}`] : []),
    `Root CA:\t\t${cluster.caDigest ?? 'not seen'}${cluster.rootRotationInProgress ? ' (rotation goes on)' : ''}`,
    `Autolock:\t\t${cluster.settings?.autolock ? 'on' : 'off'}`,
    ...(cluster.watcher.stale ? [`As last seen:\t\t${cluster.watcher.trouble}`] : []),
    ...cluster.reminders.map(({ code, message, hint }) => `Reminder:\t\t${message}; ${hint} (${code})`),
    ...cluster.cleanup.map(
      ({ kind, advice, node }) => `Left over:\t\t${node?.hostname ?? ''} ${advice} (${kind})`,
    ),
  ].join('\n');

export const addCluster = (setting: Setting, program: Command): void => {
  const cluster = group(program, 'cluster', 'Manage the swarms that the server knows');

  leaf(
    setting,
    cluster,
    'ls',
    { summary: 'List clusters', aliases: ['list'], examples: ['cluster ls', 'cluster ls -q'] },
    plain,
    async (session) => {
      const { clusters } = await session.ask(ClustersDocument, {});
      printList(session, clusters, columns);
      return 'succeeded';
    },
  );

  leaf(
    setting,
    cluster,
    'show [cluster]',
    {
      summary: 'Show a cluster: quorum, reminders, what is left over',
      aliases: ['inspect'],
      examples: ['cluster show', 'cluster show shop --format json'],
    },
    plain,
    async (session, [name]) => {
      const { id } = await theCluster(session, name);
      const { cluster: found } = await session.ask(ClusterInFullDocument, { id });
      if (!found) throw notFound(`there is no cluster ${name ?? id}`);
      session.out(session.format === 'json' ? JSON.stringify(found, null, 2) : page(found));
      return 'succeeded';
    },
  );

  leaf<{ name?: string; caDigest?: string }>(
    setting,
    cluster,
    'adopt <cluster>',
    {
      summary: 'Let Skep change a cluster that it found',
      acts: true,
      examples: ['cluster adopt ou2j1kz7yt0lw7i9x5f3hnq8v --name shop'],
    },
    (command) =>
      command
        .option('--name <name>', 'its new name')
        .option('--ca-digest <digest>', 'SHA-256, hex, of the root certificate that it must have'),
    async (session, [ref], options) => {
      const { id, name } = await theCluster(session, ref);
      const { caDigest } = options;
      return act(
        session,
        AdoptClusterDocument,
        { cluster: id, name: options.name, caDigest },
        options,
        () => [options.name ?? name],
      );
    },
  );

  leaf(
    setting,
    cluster,
    'rename <cluster> <name>',
    { summary: 'Give a cluster another name', acts: true, examples: ['cluster rename shop shop-eu'] },
    plain,
    async (session, [ref, name = ''], options) => {
      const { id } = await theCluster(session, ref);
      return act(session, RenameClusterDocument, { cluster: id, name }, options, () => [name]);
    },
  );

  leaf(
    setting,
    cluster,
    'forget <cluster>',
    { summary: 'Take a cluster out of the list', acts: true, examples: ['cluster forget shop'] },
    plain,
    async (session, [ref], options) => {
      const { id, name } = await theCluster(session, ref);
      return act(session, ForgetClusterDocument, { cluster: id }, options, () => [name]);
    },
  );

  leaf<{ confirm?: string }>(
    setting,
    cluster,
    'dissolve <cluster>',
    {
      summary: 'Let every host leave a cluster, down to the last manager',
      acts: true,
      examples: ["cluster dissolve shop --confirm shop --reason 'it has moved'"],
    },
    (command) => command.requiredOption('--confirm <name>', 'the cluster’s name once more'),
    async (session, [ref], options) => {
      const { id, name } = await theCluster(session, ref);
      const input = { cluster: id, confirm: options.confirm ?? '' };
      return act(session, DissolveClusterDocument, input, options, () => [name]);
    },
  );

  addClusterRecovery(setting, cluster);
};

// `skep cluster`, when its quorum is in danger or gone: what to do about it, and the last resort.
import type { Command } from 'commander';
import { act } from '../act.ts';
import { leaf, plain, type Setting } from '../command.ts';
import { misuse, notFound } from '../complaint.ts';
import { hostsMeant, theCluster } from '../find.ts';
import { ClusterAdviceDocument, RecoverClusterDocument } from '../generated/documents.ts';

type Addresses = { advertiseAddr?: string; listenAddr?: string; dataPathAddr?: string };

/** @param cluster the group of `skep cluster` */
export const addClusterRecovery = (setting: Setting, cluster: Command): void => {
  leaf(
    setting,
    cluster,
    'advice [cluster]',
    {
      summary: 'Show what to do about the quorum, as agents see the managers now',
      examples: ['cluster advice', 'cluster advice shop --format json'],
    },
    plain,
    async (session, [ref]) => {
      const { id } = await theCluster(session, ref);
      const { cluster: found } = await session.ask(ClusterAdviceDocument, { id });
      if (!found) throw notFound(`there is no cluster ${ref ?? id}`, 'list them: skep cluster ls');
      const { advice } = found.quorum;
      if (session.format === 'json') session.out(JSON.stringify(found, null, 2));
      else if (advice !== null) session.out(advice);
      else if (!session.quiet) session.out('Nothing is to be done.');
      return advice === null ? 'succeeded' : 'differs';
    },
  );

  leaf<Addresses & { host?: string; confirm?: string }>(
    setting,
    cluster,
    'recover <cluster>',
    {
      summary:
        'Begin anew with one manager where the majority is gone for good; see skep cluster advice before',
      acts: true,
      examples: [
        "cluster recover shop --host cloud01 --confirm shop --reason 'two disks died'",
        'cluster recover shop --host cloud01 --confirm shop --dry-run',
      ],
    },
    (command) =>
      command
        .requiredOption('--confirm <name>', 'the cluster’s name once more')
        .option('--host <host>', 'of the manager whose state goes on; default: the one of --on')
        .option('--advertise-addr <address>', 'address that others reach it by; default: as before')
        .option('--listen-addr <address>', 'address to listen on')
        .option('--data-path-addr <address>', 'address for the traffic of containers'),
    async (session, [ref], options) => {
      const { confirm = '', advertiseAddr, listenAddr, dataPathAddr } = options;
      if (options.reason === undefined && !options.dryRun)
        throw misuse('a recovery needs a reason', "add --reason '…': it stands on record");
      const { id, name } = await theCluster(session, ref);
      const [host] = await hostsMeant(session, options.host === undefined ? undefined : [options.host]);
      const input = {
        cluster: id,
        host: host?.id ?? '',
        confirm,
        advertiseAddr,
        listenAddr,
        dataPathAddr,
      };
      return act(session, RecoverClusterDocument, input, options, () => [name]);
    },
  );
};

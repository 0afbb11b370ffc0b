// `skep preflight`: whether hosts are fit for a swarm, before one is made or joined.
import type { Command } from 'commander';
import { perform, tell } from '../act.ts';
import { leaf, manyParsed, parsed, type Setting } from '../command.ts';
import { misuse, notFound } from '../complaint.ts';
import { allHosts, hostsNamed, theClusterIfAny } from '../find.ts';
import {
  type HostToldFragment,
  PreflightDocument,
  type PreflightRole,
  ReadinessOfDocument,
} from '../generated/documents.ts';
import { closedWays, preflightPage } from '../preflight-page.ts';
import type { Session } from '../session.ts';
import { parseCount, parseWord } from '../values.ts';

type OfHost = { host: string; address: string };

const parseOfHost = (text: string): OfHost => {
  const [, host = '', address = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (host === '') throw misuse(`${text} names no host`, 'write it as HOST=ADDRESS');
  return { host, address };
};

/** Without names: all that are connected, and members of no other swarm than the one that is meant. */
const meant = async (
  session: Session,
  names: readonly string[],
  cluster: string | undefined,
): Promise<HostToldFragment[]> => {
  if (names.length > 0) return hostsNamed(session, names);
  const hosts = (await allHosts(session)).filter(
    ({ status, swarm, node }) =>
      status === 'CONNECTED' &&
      (cluster === undefined || swarm?.localState === 'INACTIVE' || node?.cluster.id === cluster),
  );
  if (hosts.length === 0) throw notFound('no host is connected', 'list them: skep host ls');
  return hosts;
};

const addressOf = (given: readonly OfHost[] | undefined, { name, hostname, id }: HostToldFragment) =>
  given?.findLast(({ host }) => [name, hostname, id].includes(host))?.address;

export const addPreflight = (setting: Setting, program: Command): void => {
  leaf<{ role?: PreflightRole; advertiseAddr?: OfHost[]; dataPathAddr?: OfHost[]; dataPathPort?: number }>(
    setting,
    program,
    'preflight [host...]',
    {
      summary:
        'Prove whether hosts are fit for a swarm: ports between each two, clocks, engines; default: all that are connected',
      acts: true,
      examples: [
        'preflight',
        'preflight cloud04 cloud05 --role manager',
        'preflight cloud04 --advertise-addr cloud04=10.0.0.4 --cluster shop',
      ],
    },
    (command) =>
      command
        .addOption(
          parsed(
            '--role <role>',
            'what they are to become, worker or manager; default worker where there is a swarm',
            parseWord('WORKER', 'MANAGER'),
          ),
        )
        .addOption(
          manyParsed('--advertise-addr <host=address>', 'address that others reach it by', parseOfHost),
        )
        .addOption(
          manyParsed('--data-path-addr <host=address>', 'address for the traffic of containers', parseOfHost),
        )
        .addOption(parsed('--data-path-port <port>', 'UDP port of that traffic', parseCount)),
    async (session, names, options) => {
      const { role, advertiseAddr, dataPathAddr, dataPathPort } = options;
      const cluster = (await theClusterIfAny(session))?.id;
      const hosts = await meant(session, names, cluster);
      for (const { host } of [...(advertiseAddr ?? []), ...(dataPathAddr ?? [])])
        if (!hosts.some(({ name, hostname, id }) => [name, hostname, id].includes(host)))
          throw misuse(`${host} has an address, and is none of the hosts that are asked`);
      const input = {
        cluster,
        role,
        dataPathPort,
        hosts: hosts.map((host) => ({
          host: host.id,
          advertiseAddr: addressOf(advertiseAddr, host),
          dataPathAddr: addressOf(dataPathAddr, host),
        })),
      };
      const { operation, answer } = await perform(session, PreflightDocument, input, options);
      // It may have ended after the request was answered.
      const readiness =
        answer.readiness ??
        (options.dryRun || operation.state !== 'SUCCEEDED'
          ? null
          : ((await session.ask(ReadinessOfDocument, { id: operation.id })).operation?.readiness ?? null));
      const ending = tell(session, { operation, answer: { readiness, operation } }, () => {
        if (!readiness) return [];
        return session.quiet ? closedWays(readiness) : [preflightPage(readiness)];
      });
      if (ending !== 'succeeded' || !readiness) return ending;
      return readiness.ready && closedWays(readiness).length === 0 ? 'succeeded' : 'differs';
    },
  );
};

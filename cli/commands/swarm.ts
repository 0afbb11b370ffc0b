// `skep swarm`, who is in it, in Docker’s words; what happens on a host is done by its agent.
import type { Command } from 'commander';
import { act, inTurn, perform, tell } from '../act.ts';
import { group, leaf, manyParsed, parsed, repeated, type Setting } from '../command.ts';
import { misuse, toldBefore } from '../complaint.ts';
import { allHosts, hostNamed, hostsMeant, theCluster } from '../find.ts';
import {
  type Availability,
  type HostToldFragment,
  InitClusterDocument,
  JoinHostsDocument,
  LeaveSwarmDocument,
  type NodeRole,
  RevealJoinTokenDocument,
  RotateJoinTokenDocument,
} from '../generated/documents.ts';
import { isWarned } from '../report.ts';
import type { Session } from '../session.ts';
import { asText, parseCount, parseLabel, parseWord } from '../values.ts';
import { addSwarmUpkeep } from './swarm-upkeep.ts';

/** Where a swarm is to begin: the host that was named, or the one that has the address. */
const firstHost = async (
  session: Session,
  named: string | undefined,
  address: string | undefined,
): Promise<HostToldFragment> => {
  const name = named ?? session.settings.on;
  if (name !== null && name !== undefined) return hostNamed(session, name);
  const hosts = await allHosts(session);
  const wanted = address?.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^([^:]+):\d+$/, '$1');
  const fits =
    wanted === undefined
      ? hosts.filter(({ status, swarm }) => status === 'CONNECTED' && swarm?.localState === 'INACTIVE')
      : hosts.filter(({ addresses }) =>
          addresses.some((one) => one.address === wanted || one.interface === wanted),
        );
  const [only, second] = fits;
  if (only && !second) return only;
  const hint = 'name it: --host HOST; skep host ls lists them';
  if (wanted === undefined) throw misuse('on which host the swarm is to begin is not said', hint);
  throw misuse(`${only ? 'several hosts have' : 'no host has'} the address ${wanted}`, hint);
};

const joinLines = (role: NodeRole, command: string): string[] => [
  `To add a ${role.toLowerCase()} to this swarm, run the following command:`,
  '',
  `    ${command}`,
  '',
];

export const addSwarm = (setting: Setting, program: Command): void => {
  const swarm = group(program, 'swarm', 'Make, join, leave and change swarms');

  leaf<{
    host?: string;
    name?: string;
    advertiseAddr?: string;
    listenAddr?: string;
    dataPathAddr?: string;
    dataPathPort?: number;
    defaultAddrPool?: string[];
    defaultAddrPoolMaskLength?: number;
    autolock?: boolean;
  }>(
    setting,
    swarm,
    'init',
    {
      summary: 'Make a swarm; its first manager is the host with the advertised address',
      acts: true,
      examples: ['swarm init --advertise-addr 172.19.6.222', 'swarm init --host cloud01 --name shop'],
    },
    (command) =>
      command
        .option('--host <host>', 'host to begin on; default: the one with --advertise-addr')
        .option('--name <name>', 'Skep’s name of the cluster')
        .option('--advertise-addr <address>', 'address that other nodes reach it by')
        .option('--listen-addr <address>', 'address to listen on')
        .option('--data-path-addr <address>', 'address for the traffic of containers')
        .addOption(parsed('--data-path-port <port>', 'UDP port of that traffic', parseCount))
        .addOption(repeated('--default-addr-pool <subnet>', 'pool that networks’ subnets are of'))
        .addOption(parsed('--default-addr-pool-mask-length <bits>', 'size of those subnets', parseCount))
        .option('--autolock', 'managers that start again wait for a key'),
    async (session, _, options) => {
      const { name, advertiseAddr, listenAddr, dataPathAddr, dataPathPort, defaultAddrPool, autolock } =
        options;
      const host = await firstHost(session, options.host, advertiseAddr);
      const input = {
        host: host.id,
        name,
        advertiseAddr,
        listenAddr,
        dataPathAddr,
        dataPathPort,
        defaultAddrPool,
        subnetSize: options.defaultAddrPoolMaskLength,
        autolock,
      };
      const done = await perform(session, InitClusterDocument, input, options);
      const node =
        done.operation.state === 'SUCCEEDED' && !options.dryRun
          ? ((await hostNamed(session, host.id)).swarm?.nodeId ?? '')
          : '';
      return tell(session, done, () =>
        session.quiet
          ? [node]
          : [
              `Swarm initialized: current node (${node}) is now a manager.`,
              '',
              ...joinLines('WORKER', 'skep swarm join --host HOST'),
              "To add a manager to this swarm, run 'skep swarm join --host HOST --role manager'.",
              "A machine without an agent joins by Docker's own command: see 'skep swarm join-token worker'.",
            ],
      );
    },
  );

  leaf<{
    host?: string[];
    role?: NodeRole;
    availability?: Availability;
    advertiseAddr?: string;
    listenAddr?: string;
    dataPathAddr?: string;
    labelAdd?: { key: string; value: string }[];
    token?: string;
  }>(
    setting,
    swarm,
    'join [address]',
    {
      summary: 'Let hosts join the swarm; their agents do it, and nobody handles a token',
      acts: true,
      examples: ['swarm join --host cloud02 --host cloud03', 'swarm join --host cloud04 --role manager'],
    },
    (command) =>
      command
        .addOption(repeated('--host <host>', 'host that joins; may be repeated'))
        .addOption(
          parsed('--role <role>', 'worker or manager; default worker', parseWord('WORKER', 'MANAGER')),
        )
        .addOption(
          parsed('--availability <word>', 'active, pause or drain', parseWord('ACTIVE', 'PAUSE', 'DRAIN')),
        )
        .option('--advertise-addr <address>', 'address that other nodes reach it by')
        .option('--listen-addr <address>', 'address to listen on')
        .option('--data-path-addr <address>', 'address for the traffic of containers')
        .addOption(manyParsed('--label-add <key[=value]>', 'label of the new nodes', parseLabel))
        .addOption(
          parsed('--token <token>', 'refused: an agent needs none, and arguments are seen by all', asText),
        ),
    async (session, [address], options) => {
      const { role, availability, advertiseAddr, listenAddr, dataPathAddr, labelAdd: labels } = options;
      if (options.token !== undefined || address)
        throw misuse(
          'the agent of a host joins without a token, which all users of this machine would see here',
          'skep swarm join --host HOST [--role manager]; that token was shown to all: skep swarm join-token --rotate worker',
        );
      const hosts = await hostsMeant(session, options.host);
      if (hosts.length > 1 && (advertiseAddr || listenAddr || dataPathAddr))
        throw misuse('an address is one host’s', 'let hosts with addresses of their own join one by one');
      const cluster = await theCluster(session);
      const input = {
        cluster: cluster.id,
        role,
        availability,
        hosts: hosts.map(({ id }) => ({ host: id, advertiseAddr, listenAddr, dataPathAddr, labels })),
      };
      return act(session, JoinHostsDocument, input, options, (operation) =>
        hosts.map(({ id, name }) => {
          const who = hosts.length > 1 ? name : 'This node';
          return isWarned(operation, 'ALREADY_MEMBER', id)
            ? `${who} is already part of the swarm.`
            : `${who} joined a swarm as a ${(role ?? 'WORKER').toLowerCase()}.`;
        }),
      );
    },
  );

  leaf<{ rotate?: boolean }>(
    setting,
    swarm,
    'join-token <role>',
    {
      summary: 'Show the token by which a machine without an agent joins; on record',
      acts: true,
      examples: ['swarm join-token worker', 'swarm join-token --rotate -q manager'],
    },
    (command) => command.option('--rotate', 'make another one first; the old one is worth nothing then'),
    async (session, [word = ''], options) => {
      const role = parseWord('WORKER', 'MANAGER')(word);
      const cluster = (await theCluster(session)).id;
      const tellToken = async () => {
        const done = await perform(session, RevealJoinTokenDocument, { cluster, role }, options, {
          secret: true,
        });
        return tell(session, done, (_, { token, command }) => {
          if (token === null || command === null) throw toldBefore(done.operation.id);
          return session.quiet ? [token] : joinLines(role, command);
        });
      };
      if (!options.rotate) return tellToken();
      return inTurn(session, options, [
        () =>
          act(session, RotateJoinTokenDocument, { cluster, role }, options, () =>
            session.quiet ? [] : [`Successfully rotated ${role.toLowerCase()} join token.`, ''],
          ),
        ...(options.dryRun ? [] : [tellToken]),
      ]);
    },
  );

  leaf<{ host?: string[]; force?: boolean }>(
    setting,
    swarm,
    'leave',
    {
      summary: 'Let hosts leave their swarm',
      acts: true,
      examples: ['swarm leave --host cloud02', "swarm leave --host cloud01 --force --reason 'it is gone'"],
    },
    (command) =>
      command
        .addOption(repeated('--host <host>', 'host that leaves; may be repeated; default: --on'))
        .option('-f, --force', 'without the consent of its cluster'),
    async (session, _, options) => {
      const hosts = await hostsMeant(session, options.host);
      const input = { hosts: hosts.map(({ id }) => id), force: options.force };
      return act(session, LeaveSwarmDocument, input, options, () =>
        hosts.map(({ name }) => (hosts.length > 1 ? `${name} left the swarm.` : 'Node left the swarm.')),
      );
    },
  );

  addSwarmUpkeep(setting, swarm);
};
